"""Opens records for writing and for reading, and says in plain words why one cannot be used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from braess.errors import StoreError
from braess.study.store.schema import APPLICATION, VERSION, about, metadata

Place: TypeAlias = "str | Path | None"

_PATIENCE = 60.0  # seconds to wait for another study's transaction
_SQLITE_HEADER = b"SQLite format 3\x00"


def describe(place: Place) -> str:
    """Name a store in messages; a URL without its password."""
    if place is None:
        return "the record in memory"
    return make_url(str(place)).render_as_string(hide_password=True) if _is_url(place) else f"the record {place}"


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Turn what a database raises into a `StoreError` that says what to do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{describe(place)}: {_reason(error)}") from error
    except OSError as error:
        raise StoreError(f"{describe(place)}: {error.strerror or error}") from error


def _reason(error: Exception) -> str:
    text = str(getattr(error, "orig", None) or error)
    known = {
        "full": "there is no space left; what was recorded before is safe",
        "readonly": "it cannot be written: the file or its folder is read-only",
        "unable to open": "it cannot be opened: is the folder there and may it be written?",
        "not a database": "it is not a record of braess",
        "malformed": "it is damaged",
        "locked": "another program keeps it locked",
        "disk I/O": "the disk cannot be read or written (is it full?); what was recorded before is safe",
        "no such table": "it is not a record of braess",
        "no such column": "it is not a record of this version of braess",
    }
    return next((reason for sign, reason in known.items() if sign in text), text)


def open_for_writing(place: Place) -> Engine:
    """Open a store, with its tables made where it is new.

    Raises
    ------
    StoreError
        It cannot be written, or it is something else than a record of this version.
    """
    with translated(place):
        engine = _engine(place)
        with engine.begin() as connection:
            metadata.create_all(connection, tables=[about])
            version = connection.execute(select(about.c.version).where(about.c.application == APPLICATION)).scalar()
            if version is None:
                connection.execute(about.insert().values(application=APPLICATION, version=VERSION))
                metadata.create_all(connection)
            require_version(place, VERSION if version is None else version)
    return engine


def open_for_reading(place: Place) -> Engine:
    """Open a store that is never changed, not even by side files; works on read-only media.

    Raises
    ------
    StoreError
        There is no store, or it is something else than a record of this version.
    """
    if place is None or _is_url(place):
        engine = create_engine(str(place), poolclass=NullPool)
        _require_record(place, engine)
        return engine
    with translated(place):
        path = Path(place)
        with path.open("rb") as file:
            if file.read(len(_SQLITE_HEADER)) != _SQLITE_HEADER:
                raise StoreError(f"{describe(place)}: it is not a record of braess")
    try:
        engine = _read_only(path, "mode=ro")
        _require_record(place, engine)
    except StoreError:
        engine = _read_only(path, "immutable=1")  # on read-only media the side files of a log cannot be made
        _require_record(place, engine)
    return engine


def _require_record(place: Place, engine: Engine) -> None:
    with translated(place), engine.connect() as connection:
        version = connection.execute(select(about.c.version).where(about.c.application == APPLICATION)).scalar()
    require_version(place, version)


def require_version(place: Place, version: Any) -> None:
    """Refuse a record of another version with `StoreError`."""
    if version != VERSION:
        raise StoreError(f"{describe(place)}: it has layout {version!r}, this braess reads and writes layout {VERSION}")


def _is_url(place: str | Path | None) -> bool:
    return isinstance(place, str) and "://" in place


def _engine(place: Place) -> Engine:
    if place is not None and _is_url(place) and not str(place).startswith("sqlite"):
        return create_engine(str(place))
    if place is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    elif _is_url(place):
        engine = create_engine(str(place), poolclass=NullPool, connect_args={"timeout": _PATIENCE})
    else:
        path = Path(place)
        engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False),
            poolclass=StaticPool,
        )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun explicitly, and at once for writing
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _read_only(path: Path, mode: str) -> Engine:
    uri = f"file:{quote(str(path.resolve()))}?{mode}"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool)
