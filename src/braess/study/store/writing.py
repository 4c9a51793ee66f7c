"""Writes one study into a record: in small transactions, by one process at a time, so that a kill damages nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Insert, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from braess.errors import InputError, StoreError
from braess.problem import Artifact, Evaluations, Problem
from braess.space import Designs
from braess.study.progress import log
from braess.study.status import Status
from braess.study.store import codec
from braess.study.store.claims import Claim, Heartbeat
from braess.study.store.connect import Place, close, describe, open_for_writing, translated
from braess.study.store.reading import Recorded, read_study
from braess.study.store.schema import artifact, evaluation, study

_PATIENCE = 0.5  # seconds that an evaluation may wait to be written
_CROWD = 5000  # evaluations that may wait to be written


class Session:
    """One process at work on one study of a record, made by `open_session`; use it as a context manager.

    Leaving the context gives the study free for others.
    """

    def __init__(self, place: Place, engine: Engine, name: str, claim: Claim) -> None:
        self._place = place
        self._engine = engine
        self._name = name
        self._claim = claim
        self._heartbeat = Heartbeat(engine, claim, name)
        self._id = claim.study_id
        self._waiting: list[tuple[Any, ...]] = []
        self._written = time.monotonic()

    def __enter__(self) -> Session:
        """Begin to work."""
        self._heartbeat.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the study free and close the store, which folds its log into the file."""
        self._heartbeat.stop()
        try:
            with self._writing() as connection:
                self._claim.release(connection)
        except StoreError as error:  # the claim lapses with this process, and what is recorded is there
            log.warning("%s", error)
        finally:
            self._claim.forget()
            close(self._engine)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction; `StoreError` where the claim was lost."""
        with translated(self._place), self._engine.begin() as connection:
            self._claim.renew(connection, self._name)
            yield connection

    def load(self) -> Recorded:
        """Read what is recorded so far."""
        with translated(self._place), self._engine.connect() as connection:
            return read_study(connection, self._place, self._name)

    def add(self, positions: Sequence[int], designs: Designs, evaluations: Evaluations, elapsed: float) -> None:
        """Take evaluations to write: at once if others have waited long, else a little later with more."""
        self._waiting += codec.encode(self._id, positions, designs, evaluations, elapsed)
        if time.monotonic() - self._written > _PATIENCE or len(self._waiting) > _CROWD:
            self.flush(elapsed)

    def flush(self, elapsed: float) -> None:
        """Write what waits, with the seconds spent so far; what is already there stays."""
        with self._writing() as connection:
            if self._waiting:
                _insert(connection, self._waiting)
            connection.execute(update(study).where(study.c.id == self._id).values(elapsed=elapsed))
        self._waiting.clear()
        self._written = time.monotonic()

    def set_status(self, status: Status, message: str) -> None:
        """Write why the study ended, or that it has not."""
        with self._writing() as connection:
            connection.execute(
                update(study).where(study.c.id == self._id).values(status=status.name, message=codec.writable(message))
            )

    def keep(self, artifacts: Sequence[Artifact]) -> None:
        """Replace the artifacts of the study."""
        with self._writing() as connection:
            connection.execute(delete(artifact).where(artifact.c.study_id == self._id))
            if artifacts:
                connection.execute(artifact.insert(), [self._row(one) for one in artifacts])

    def add_artifact(self, one: Artifact) -> None:
        """Keep one more artifact, in place of one of its name."""
        with self._writing() as connection:
            connection.execute(delete(artifact).where(artifact.c.study_id == self._id, artifact.c.name == one.name))
            connection.execute(artifact.insert(), [self._row(one)])

    def _row(self, one: Artifact) -> dict[str, Any]:
        return {"study_id": self._id, "name": one.name, "media_type": one.media_type, "data": one.data}


def _insert(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Write rows of the table; those that are there stay. Past SQLAlchemy's handling of values, which takes longest."""
    names = [column.name for column in evaluation.columns]
    written = insertion(connection.dialect).compile(dialect=connection.dialect, column_keys=names)
    values: list[Any] = rows if written.positiontup == names else [dict(zip(names, row, strict=True)) for row in rows]
    connection.exec_driver_sql(str(written), values)


def insertion(dialect: Dialect) -> Insert:
    """Return the statement that writes evaluations and leaves those that are there, in SQLite's or PostgreSQL's words."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    return insert(evaluation).on_conflict_do_nothing()


def open_session(place: Place, facts: dict[str, Any], problem: Problem, *, resume: bool) -> Session:
    """Open a study for writing: a new one, or with ``resume`` the recorded one.

    Parameters
    ----------
    place
        Path, URL, or ``None`` for memory.
    facts
        Name, seed, batch, search, budget, study file and folder, as the columns of the record.
    problem
        Whose space, objectives and constraints the study has.
    resume
        Whether the study must be there already.

    Raises
    ------
    StoreError
        The store cannot be written, or another process carries the study out.
    InputError
        A new study has the name of a recorded one, or a resumed one is not there or is another study.
    """
    engine = open_for_writing(place)
    row = facts | {
        "problem": codec.to_json(problem.describe()),
        "space": codec.to_json(problem.space.describe()),
        "objectives": codec.to_json([{"name": o.name, "sense": o.sense, "unit": o.unit} for o in problem.objectives]),
        "constraints": codec.to_json([{"name": c.name, "unit": c.unit} for c in problem.constraints]),
    }
    try:
        with translated(place), engine.begin() as connection:
            claim = Claim(_recall(connection, row, place) if resume else _create(connection, row, place))
            claim.acquire(connection, facts["name"])
            if resume:
                connection.execute(update(study).where(study.c.id == claim.study_id).values(budget=row["budget"]))
    except BaseException:
        engine.dispose()
        raise
    return Session(place, engine, facts["name"], claim)


def _create(connection: Connection, row: dict[str, Any], place: Place) -> int:
    if _find(connection, row) is not None:
        raise InputError(
            f"{describe(place)} already holds this study; resume it, or give this one another name",
            field="name",
            found=row["name"],
        )
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    values = row | {
        "created": created,
        "braess": version("braess"),
        "status": Status.UNFINISHED.name,
        "message": Status.UNFINISHED.message,
        "elapsed": 0.0,
    }
    result = connection.execute(study.insert().values(**values))
    key = result.inserted_primary_key
    if key is None:
        raise StoreError("the database gave the study no number")
    return int(key[0])


def _find(connection: Connection, row: dict[str, Any]) -> Any:
    return connection.execute(select(study).where(study.c.name == row["name"])).one_or_none()


def _recall(connection: Connection, row: dict[str, Any], place: Place) -> int:
    known = _find(connection, row)
    if known is None:
        raise InputError(f"{describe(place)} holds no such study to resume", field="name", found=row["name"])
    for name in ("problem", "space", "objectives", "constraints", "search", "seed", "batch"):
        found, recorded = row[name], getattr(known, name)
        if found != recorded:
            raise InputError(
                f"the study was recorded with another {name}; only the budget may change",
                field=name,
                found=_short(found),
                expected=_short(recorded),
            )
    return int(known.id)


def _short(text: Any) -> str:
    words = str(text)
    return words if len(words) <= 120 else words[:117] + "..."
