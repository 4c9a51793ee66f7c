"""Between Python objects and the columns of a record; everything read is checked, since a record may come from anybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError, StoreError
from braess.problem import Constraint, Evaluations, Objective
from braess.space import Designs, Space

_WIDEST = 10_000_000  # columns of a space: more is an attack on memory, not a design
_FLOAT = np.dtype("<f8")


def to_json(data: Any) -> str:
    """Write plain data; what JSON does not know becomes text."""
    return json.dumps(data, default=str, ensure_ascii=False)


def from_json(text: Any, what: str, kind: type) -> Any:
    """Read plain data of an expected kind; anything else is a `StoreError`."""
    try:
        data = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"the record is damaged: {what} is not JSON") from error
    if not isinstance(data, kind):
        raise StoreError(f"the record is damaged: {what} is {type(data).__name__}, not {kind.__name__}")
    return data


def read_space(text: Any) -> Space:
    """Restore a space."""
    description = from_json(text, "the space", dict)
    try:
        if _width(description) > _WIDEST:
            raise StoreError("the record is damaged: its space is impossibly large")
        return Space.restore(description)
    except (InputError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError(f"the record is damaged: its space cannot be read ({error})") from error


def _width(description: dict[str, Any]) -> int:
    """Count the columns of a described space without building it."""
    total = 0
    for entry in description.values():
        kind = entry["kind"]
        if kind == "choice":
            total += 1 + sum(_width(opened) for opened in entry["options"].values() if opened is not None)
        elif kind == "repeat":
            total += 1 + int(entry["high"]) * _width(entry["space"])
        else:
            total += int(entry.get("size") or 1)
    return total


def read_objectives(text: Any) -> tuple[Objective, ...]:
    """Restore the objectives, at least one."""
    try:
        found = tuple(Objective(str(o["name"]), o["sense"], str(o["unit"])) for o in from_json(text, "the objectives", list))
    except (InputError, TypeError, KeyError) as error:
        raise StoreError(f"the record is damaged: its objectives cannot be read ({error})") from error
    if not found:
        raise StoreError("the record is damaged: it has no objectives")
    return found


def read_constraints(text: Any) -> tuple[Constraint, ...]:
    """Restore the constraints."""
    try:
        return tuple(Constraint(str(c["name"]), str(c["unit"])) for c in from_json(text, "the constraints", list))
    except (TypeError, KeyError) as error:
        raise StoreError(f"the record is damaged: its constraints cannot be read ({error})") from error


def pack_floats(matrix: NDArray[np.float64]) -> list[bytes]:
    """Write each row of ``[n, m]`` as little-endian bytes."""
    raw, width = np.ascontiguousarray(matrix, dtype=_FLOAT).tobytes(), matrix.shape[1] * _FLOAT.itemsize
    return [raw[i * width : (i + 1) * width] for i in range(len(matrix))]


def unpack_floats(rows: Sequence[Any], width: int, what: str) -> NDArray[np.float64]:
    """Read ``[n, width]`` from rows of bytes; any other length is a `StoreError`."""
    size = width * _FLOAT.itemsize
    if any(not isinstance(row, bytes) or len(row) != size for row in rows):
        raise StoreError(f"the record is damaged: {what} of an evaluation have the wrong length")
    return np.frombuffer(b"".join(rows), dtype=_FLOAT).reshape(len(rows), width).astype(np.float64)


def unpack_designs(space: Space, rows: Sequence[Any]) -> Designs:
    """Read designs from rows of bytes; anything that is no design of the space is a `StoreError`."""
    if any(not isinstance(row, bytes) for row in rows):
        raise StoreError("the record is damaged: a design is not bytes")
    try:
        return space.unpack(rows)
    except (InputError, ValueError) as error:
        raise StoreError(f"the record is damaged: {error}") from error


def encode(designs: Designs, evaluations: Evaluations) -> list[dict[str, Any]]:
    """Write evaluations as the columns that do not depend on when and where they were made."""
    columns = zip(
        designs.pack(),
        designs.hashes(),
        pack_floats(evaluations.objectives),
        pack_floats(evaluations.constraints),
        evaluations.seconds.tolist(),
        evaluations.exact.tolist(),
        evaluations.errors,
        strict=True,
    )
    names = ("design", "hash", "objectives", "constraints", "seconds", "exact", "error")
    return [dict(zip(names, row, strict=True)) for row in columns]


def decode(rows: Sequence[Any], m: int, k: int) -> Evaluations:
    """Read evaluations with ``m`` objectives and ``k`` constraints from rows of the record."""
    try:
        return Evaluations.of(
            unpack_floats([row.objectives for row in rows], m, "the objectives"),
            unpack_floats([row.constraints for row in rows], k, "the constraints"),
            seconds=np.array([float(row.seconds) for row in rows]),
            errors=[None if row.error is None else str(row.error) for row in rows],
            exact=np.array([bool(row.exact) for row in rows], dtype=np.bool_),
        )
    except (TypeError, ValueError) as error:
        raise StoreError(f"the record is damaged: an evaluation cannot be read ({error})") from error
