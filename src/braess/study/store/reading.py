"""Reads studies out of a record without changing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, select

from braess.errors import InputError, StoreError, nearest
from braess.problem import Artifact, Constraint, Evaluations, Objective
from braess.space import Designs, Space
from braess.study.status import Status
from braess.study.store import codec
from braess.study.store.connect import Place, describe, open_for_reading, translated
from braess.study.store.schema import artifact, evaluation, study

_LARGEST_ARTIFACT = 256 * 2**20  # bytes


@dataclass(frozen=True)
class StudyRecord:
    """What a record says of a study besides its evaluations.

    Parameters
    ----------
    name, created, version, seed, batch
        Of the study; ``created`` is in UTC, ``version`` that of braess.
    problem, search, budget
        Descriptions as plain data.
    study_file, study_folder
        The text of the study file and where its relative paths start, seen from the record; or ``None``.
    """

    name: str
    created: datetime
    version: str
    seed: int
    batch: int
    problem: dict[str, Any]
    search: dict[str, Any]
    budget: dict[str, Any]
    study_file: str | None
    study_folder: str | None


@dataclass(frozen=True, eq=False)
class Recorded:
    """A study as recorded: evaluations are those whose position is known, in the order of the asks.

    Parameters
    ----------
    record, status, message, space, objectives, constraints
        Of the study.
    positions
        ``[n]`` place of each evaluation in the order of the asks; some may be missing after a kill.
    designs, evaluations
        ``[n]``.
    elapsed
        ``[n]`` seconds into the study at which each was recorded.
    spent
        Seconds spent so far, all sittings together.
    artifacts
        By name.
    """

    record: StudyRecord
    status: Status
    message: str
    space: Space
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    positions: NDArray[np.int64]
    designs: Designs
    evaluations: Evaluations
    elapsed: NDArray[np.float64]
    spent: float
    artifacts: dict[str, Artifact]


def list_studies(store: Place) -> list[str]:
    """Name the studies in a record, oldest first.

    Raises
    ------
    StoreError
        The record cannot be read.
    """
    with _reading(store) as connection:
        return [str(name) for name in connection.execute(select(study.c.name).order_by(study.c.id)).scalars()]


@contextmanager
def _reading(store: Place) -> Iterator[Connection]:
    engine = open_for_reading(store)
    try:
        with translated(store), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def load_study(store: Place, name: str | None = None) -> Recorded:
    """Read a study; the name may be left out where the record holds one.

    Raises
    ------
    StoreError
        The record cannot be read or is damaged.
    InputError
        It holds no study of that name, or several and no name is given.
    """
    with _reading(store) as connection:
        return read_study(connection, store, name)


def read_study(connection: Connection, store: Place, name: str | None) -> Recorded:
    """Read a study through a connection; raises as `load_study` does."""
    row = _find(connection, store, name)
    where = evaluation.c.study_id == row.id
    rows = connection.execute(select(evaluation).where(where).order_by(evaluation.c.position)).all()
    kept = connection.execute(select(artifact).where(artifact.c.study_id == row.id).order_by(artifact.c.name)).all()
    names = [column.name for column in evaluation.columns]
    return _recorded(row, dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True)), kept)


def _find(connection: Connection, store: Place, name: str | None) -> Row[Any]:
    rows = {str(row.name): row for row in connection.execute(select(study).order_by(study.c.id))}
    if not rows:
        raise InputError(f"{describe(store)} holds no study")
    if name is None and len(rows) > 1:
        raise InputError("which study?", field="name", expected=f"one of {', '.join(rows)}")
    if name is not None and name not in rows:
        raise InputError(f"no such study{nearest(name, rows)}", field="name", found=name, expected=f"one of {', '.join(rows)}")
    return rows[name] if name is not None else next(iter(rows.values()))


def _recorded(row: Row[Any], columns: dict[str, Sequence[Any]], kept: Sequence[Row[Any]]) -> Recorded:
    space = codec.read_space(row.space)
    objectives, constraints = codec.read_objectives(row.objectives), codec.read_constraints(row.constraints)
    status = Status.__members__.get(str(row.status))
    if status is None:
        raise StoreError(f"the record is damaged: unknown status {str(row.status)[:80]!r}")
    return Recorded(
        record=_study_record(row),
        status=status,
        message=str(row.message),
        space=space,
        objectives=objectives,
        constraints=constraints,
        positions=codec.to_positions(columns["position"]),
        designs=codec.unpack_designs(space, columns["design"]),
        evaluations=codec.decode(columns, len(objectives), len(constraints)),
        elapsed=codec.to_numbers(columns["elapsed"], "a time"),
        spent=float(codec.to_numbers([row.elapsed], "a time")[0]),
        artifacts={found.name: found for found in map(_artifact, kept)},
    )


def _study_record(row: Row[Any]) -> StudyRecord:
    try:
        created, seed, batch = datetime.fromisoformat(row.created), int(row.seed), int(row.batch)
    except (TypeError, ValueError, OverflowError) as error:
        raise StoreError(f"the record is damaged: {error}") from error
    return StudyRecord(
        name=str(row.name),
        created=created,
        version=str(row.braess),
        seed=seed,
        batch=batch,
        problem=codec.from_json(row.problem, "the problem", dict),
        search=codec.from_json(row.search, "the search", dict),
        budget=codec.from_json(row.budget, "the budget", dict),
        study_file=None if row.study_file is None else str(row.study_file),
        study_folder=None if row.study_folder is None else str(row.study_folder),
    )


def _artifact(row: Row[Any]) -> Artifact:
    if not isinstance(row.data, bytes) or len(row.data) > _LARGEST_ARTIFACT:
        raise StoreError("the record is damaged: an artifact is not bytes, or too many")
    return Artifact(str(row.name), str(row.media_type), row.data)
