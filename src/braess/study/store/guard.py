"""Tells records of braess from other databases, and from records made to do harm."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, select, text

from braess.errors import StoreError
from braess.study.store.place import Place, describe
from braess.study.store.schema import APPLICATION, VERSION, about, metadata


def prepare_tables(connection: Connection, place: Place) -> None:
    """Make the tables in an empty database; leave any other as it is.

    Raises
    ------
    StoreError
        It is no record of this version.
    """
    there = set(inspect(connection).get_table_names())
    own = set(metadata.tables)
    if about.name in there:
        require_record(connection, place)
    elif there & own or (there and connection.dialect.name == "sqlite"):
        raise StoreError(f"{describe(place)}: it is not a record of braess but a database of something else")
    else:
        metadata.create_all(connection)
        connection.execute(about.insert().values(application=APPLICATION, version=VERSION))


def require_record(connection: Connection, place: Place) -> None:
    """Refuse what is no record of this version, and what would run when it is read, with `StoreError`."""
    if connection.dialect.name == "sqlite":
        _require_plain(connection, place)
    version = connection.execute(select(about.c.version).where(about.c.application == APPLICATION)).scalar()
    if version != VERSION:
        raise StoreError(f"{describe(place)}: it has layout {version!r}, this braess reads and writes layout {VERSION}")


def _require_plain(connection: Connection, place: Place) -> None:
    """Refuse a file in which our tables are views, computed, or have triggers: reading would run what they say."""
    rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master")).all()
    kinds = {_word(row.name): row for row in rows if row.type == "table"}
    if about.name not in kinds:
        raise StoreError(f"{describe(place)}: it is not a record of braess")
    plain = all(row.type in ("table", "index") for row in rows)
    for name in metadata.tables:
        made = _word(kinds[name].sql).split(maxsplit=2)[:2] if name in kinds else []
        hidden = [row.hidden for row in connection.execute(text(f"PRAGMA table_xinfo({name})"))]
        plain = plain and made == ["create", "table"] and not any(hidden)
    if not plain:
        raise StoreError(f"{describe(place)}: its tables are not plain tables of a record; it is not read")


def _word(value: Any) -> str:
    return str(value).lower()
