"""Writes one study into a record: in small transactions, by one process at a time, so that a kill damages nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from braess.errors import InputError, StoreError
from braess.problem import Artifact, Evaluations, Problem
from braess.space import Designs
from braess.study.status import Status
from braess.study.store import codec
from braess.study.store.claims import Claim
from braess.study.store.connect import Place, describe, open_for_writing, translated
from braess.study.store.reading import Recorded, load_study
from braess.study.store.schema import artifact, evaluation, study

_PATIENCE = 0.5  # seconds that an evaluation may wait to be written
_CROWD = 5000  # evaluations that may wait to be written


class Session:
    """One process at work on one study of a record; use it as a context manager.

    Leaving the context writes what waits and gives the study free for others.
    """

    def __init__(self, place: Place, engine: Engine, name: str, study_id: int) -> None:
        self._place = place
        self._engine = engine
        self._name = name
        self._id = study_id
        self._claim = Claim(study_id)
        self._waiting: list[dict[str, Any]] = []
        self._written = time.monotonic()

    def __enter__(self) -> Session:
        """Claim the study; `StoreError` where another process carries it out."""
        with translated(self._place), self._engine.begin() as connection:
            self._claim.acquire(connection, self._name)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the study free and close the store, which folds its log into the file."""
        try:
            with translated(self._place), self._engine.begin() as connection:
                self._claim.release(connection)
        finally:
            self._engine.dispose()

    def load(self) -> Recorded:
        """Read what is recorded so far."""
        return load_study(self._place, self._name, self._engine)

    def add(self, positions: Sequence[int], designs: Designs, evaluations: Evaluations, elapsed: float) -> None:
        """Take evaluations to write: at once if others have waited long, else a little later with more."""
        for position, row in zip(positions, codec.encode(designs, evaluations), strict=True):
            self._waiting.append({"study_id": self._id, "position": int(position), "elapsed": elapsed} | row)
        if time.monotonic() - self._written > _PATIENCE or len(self._waiting) > _CROWD:
            self.flush(elapsed)

    def flush(self, elapsed: float) -> None:
        """Write what waits, with the seconds spent so far; what is already there stays."""
        with translated(self._place), self._engine.begin() as connection:
            self._claim.renew(connection, self._name)
            if self._waiting:
                insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
                connection.execute(insert(evaluation).on_conflict_do_nothing(), self._waiting)
            connection.execute(update(study).where(study.c.id == self._id).values(elapsed=elapsed))
        self._waiting.clear()
        self._written = time.monotonic()

    def set_status(self, status: Status, message: str) -> None:
        """Write why the study ended, or that it has not."""
        with translated(self._place), self._engine.begin() as connection:
            self._claim.renew(connection, self._name)
            connection.execute(update(study).where(study.c.id == self._id).values(status=status.name, message=message))

    def keep(self, artifacts: Sequence[Artifact]) -> None:
        """Replace the artifacts of the study."""
        rows = [{"study_id": self._id, "name": a.name, "media_type": a.media_type, "data": a.data} for a in artifacts]
        with translated(self._place), self._engine.begin() as connection:
            connection.execute(delete(artifact).where(artifact.c.study_id == self._id))
            if rows:
                connection.execute(artifact.insert(), rows)


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
        The store cannot be written.
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
    with translated(place), engine.begin() as connection:
        known = connection.execute(select(study).where(study.c.name == facts["name"])).one_or_none()
        if resume:
            _require_same(known, row, place)
            study_id = int(known.id) if known is not None else 0
            connection.execute(update(study).where(study.c.id == study_id).values(budget=row["budget"]))
        elif known is not None:
            raise InputError(
                f"{describe(place)} already holds this study; resume it, or give this one another name",
                field="name",
                found=facts["name"],
            )
        else:
            study_id = _create(connection, row)
    return Session(place, engine, facts["name"], study_id)


def _create(connection: Connection, row: dict[str, Any]) -> int:
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


def _require_same(known: Any, row: dict[str, Any], place: Place) -> None:
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


def _short(text: Any) -> str:
    words = str(text)
    return words if len(words) <= 120 else words[:117] + "..."
