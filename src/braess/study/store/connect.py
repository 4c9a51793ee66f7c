"""Opens records for writing, and for reading without changing anything."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool, Pool, QueuePool, StaticPool

from braess.errors import StoreError
from braess.study.store.guard import prepare_tables, require_record
from braess.study.store.place import Place, describe, file_of, translated, url_of

__all__ = ["Place", "close", "describe", "open_for_reading", "open_for_writing", "translated"]

_PATIENCE = 60.0  # seconds to wait for another study's transaction
_PAUSE = 0.01  # seconds between two attempts
_HEADER = b"SQLite format 3\x00"
_WAL_FORMAT = 2  # byte 18 of the header, where readers must look into a log beside the file


def open_for_writing(place: Place) -> Engine:
    """Open a store, with its tables made where it is new; a file of something else stays as it is.

    Raises
    ------
    StoreError
        It cannot be written, or it is something else than a record of this version.
    """
    with translated(place):
        engine = _engine(place)
        try:
            with engine.begin() as connection:
                prepare_tables(connection, place)
            if engine.dialect.name == "sqlite":
                _write_ahead(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


def close(engine: Engine) -> None:
    """Close a store; the last one to close leaves a single plain file, which can be read on read-only media."""
    if engine.dialect.name == "sqlite":
        with suppress(sqlite3.Error):  # others are at work in it, or the disk is full: the log stays beside the file
            _pragma(engine, "busy_timeout=0")
            _pragma(engine, "journal_mode=DELETE")
    engine.dispose()


def open_for_reading(place: Place) -> Engine:
    """Open a store that is never changed, not even by side files; works on read-only media.

    Raises
    ------
    StoreError
        There is no store, or it is something else than a record of this version.
    """
    with translated(place):
        path = file_of(place)
        engine = _reader(place, path) if path is not None else _engine(place, pool=NullPool)
        try:
            with engine.connect() as connection:
                require_record(connection, place)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _engine(place: Place, pool: type[Pool] = QueuePool) -> Engine:
    url, path = url_of(place), file_of(place)
    if url is not None and url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=pool)
    name = ":memory:" if path is None else str(path)
    engine = _sqlite(lambda: sqlite3.connect(name, timeout=_PATIENCE, check_same_thread=False), keep=True)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _sqlite(connect: Callable[[], sqlite3.Connection], *, keep: bool) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool if keep else NullPool)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun explicitly, and at once for writing
    for setting in ("trusted_schema=OFF", "cell_size_check=ON", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _write_ahead(engine: Engine) -> None:
    """Keep a log beside the file. Where others begin the same store, SQLite may say at once that it is locked, and not wait."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return _pragma(engine, "journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


def _pragma(engine: Engine, setting: str) -> None:
    """Change a setting outside of any transaction."""
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute(f"PRAGMA {setting}")


def _reader(place: Place, path: Path) -> Engine:
    with path.open("rb") as file:
        header = file.read(20)
    if not header.startswith(_HEADER) or len(header) < 20:
        raise StoreError(f"{describe(place)}: it is not a record of braess")
    log = path.with_name(path.name + "-wal")
    if header[18] == _WAL_FORMAT and not log.exists():
        return _read_only(path, "immutable=1")  # nobody has it open: reading it otherwise would make side files
    try:
        with closing(_connect(path, "mode=ro")) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        if not log.exists():
            raise
        return _copy(path, log)
    return _read_only(path, "mode=ro")


def _read_only(path: Path, mode: str) -> Engine:
    return _sqlite(lambda: _connect(path, mode), keep=False)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True, timeout=_PATIENCE)


def _copy(path: Path, log: Path) -> Engine:
    """Read a killed study's record into memory, with its log, where the side files for reading it cannot be made."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with tempfile.TemporaryDirectory() as folder:
        for source, name in ((path, "record"), (log, "record-wal")):
            shutil.copyfile(source, Path(folder) / name)
        with closing(sqlite3.connect(Path(folder) / "record")) as copied:
            copied.backup(memory)
    return _sqlite(lambda: memory, keep=True)
