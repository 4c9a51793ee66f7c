"""Where a record is, and what to say when it cannot be used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from braess.errors import StoreError

Place: TypeAlias = "str | Path | None"

_REASONS = {
    "full": "there is no space left; what was recorded before is safe",
    "readonly": "it cannot be written: the file or its folder is read-only",
    "unable to open": "it cannot be opened: is the folder there and may it be written?",
    "not a database": "it is not a record of braess",
    "malformed": "it is damaged",
    "locked": "another program keeps it locked",
    "disk I/O": "the disk cannot be read or written (is it full?); what was recorded before is safe",
    "UNIQUE constraint": "another process was first",
    "duplicate key": "another process was first",
    "no such table": "it is not a record of braess",
    "no such column": "it is not a record of this version of braess",
}


def url_of(place: Place) -> URL | None:
    """Return the URL of a store given by URL, with the driver that braess brings for PostgreSQL; else ``None``.

    Raises
    ------
    StoreError
        It looks like a URL and is none.
    """
    if not isinstance(place, str) or "://" not in place:
        return None
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise StoreError("the URL of the record cannot be read") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def file_of(place: Place) -> Path | None:
    """Return the file of a store in SQLite; ``None`` for one in memory or on a server; `StoreError` for no path at all."""
    if "\0" in str(place):
        raise StoreError(f"the record {str(place)!r}: no path holds a null character")
    url = url_of(place)
    if url is None:
        return None if place is None else Path(place)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def describe(place: Place) -> str:
    """Name a store in messages; a URL without its password."""
    if place is None:
        return "the record in memory"
    url = url_of(place)
    return f"the record {place}" if url is None else url.render_as_string(hide_password=True)


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Turn what a database raises into a `StoreError` that says what to do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{describe(place)}: {_reason(error)}") from error
    except ModuleNotFoundError as error:
        raise StoreError(f"{describe(place)}: the package {error.name} is missing (PostgreSQL: braess[postgresql])") from error
    except UnicodeError as error:
        raise StoreError(f"{describe(place)}: a text cannot be written: {error}") from error
    except OSError as error:
        raise StoreError(f"{describe(place)}: {error.strerror or error}") from error


def _reason(error: Exception) -> str:
    text = str(getattr(error, "orig", None) or error)
    return next((reason for sign, reason in _REASONS.items() if sign in text), text)
