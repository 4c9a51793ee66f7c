"""Between Python objects and the columns of a record; everything read is checked, since a record may come from anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError, StoreError
from braess.problem import Constraint, Evaluations, Objective
from braess.space import Designs, Space

_WIDEST = 10_000_000  # columns of a space: more is an attack on memory, not a design
_MOST_LEAVES = 200_000  # variables of a space, repetitions counted
_LONGEST_ERROR = 10_000  # characters kept of the message of a failed evaluation
_FLOAT = np.dtype("<f8")


def to_json(data: Any) -> str:
    """Write plain data; what JSON does not know becomes text."""
    return json.dumps(data, default=str)


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
        leaves, columns = _extent(description)
        if leaves > _MOST_LEAVES or columns > _WIDEST:
            raise StoreError("the record is damaged: its space is impossibly large")
        return Space.restore(description)
    except (InputError, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise StoreError(f"the record is damaged: its space cannot be read ({_short(error)})") from error


def _extent(description: dict[str, Any]) -> tuple[int, int]:
    """Count the leaves and the columns of a described space without building it."""
    leaves = columns = 0
    for entry in description.values():
        inner, times = [], 1
        if entry["kind"] == "choice":
            inner = [_extent(opened) for opened in entry["options"].values() if opened is not None]
        elif entry["kind"] == "repeat":
            inner, times = [_extent(entry["space"])], max(0, int(entry["high"]))
        leaves += 1 + times * sum(part for part, _ in inner)
        columns += max(1, int(entry.get("size") or 1)) + times * sum(part for _, part in inner)
    return leaves, columns


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 300 else text[:297] + "..."


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
    if not (_all_of(rows, bytes) and set(map(len, rows)) <= {size}):
        raise StoreError(f"the record is damaged: {what} of an evaluation have the wrong length")
    return np.frombuffer(b"".join(rows), dtype=_FLOAT).reshape(len(rows), width).astype(np.float64)


def unpack_designs(space: Space, rows: Sequence[Any]) -> Designs:
    """Read designs from rows of bytes; anything that is no design of the space is a `StoreError`."""
    if not _all_of(rows, bytes):
        raise StoreError("the record is damaged: a design is not bytes")
    try:
        return space.unpack(rows)
    except (InputError, ValueError) as error:
        raise StoreError(f"the record is damaged: {error}") from error


def encode(
    study_id: int, positions: Sequence[int], designs: Designs, evaluations: Evaluations, elapsed: float
) -> list[tuple[Any, ...]]:
    """Write evaluations as rows of the table, in the order of its columns."""
    columns = zip(
        repeat(study_id),
        positions,
        designs.pack(),
        pack_floats(evaluations.objectives),
        pack_floats(evaluations.constraints),
        np.where(np.isfinite(evaluations.seconds), evaluations.seconds, 0.0).tolist(),  # a database keeps no NaN
        repeat(elapsed),
        evaluations.exact.tolist(),
        [None if error is None else writable(error) for error in evaluations.errors],
    )
    return list(columns)


def writable(text: str, longest: int = _LONGEST_ERROR) -> str:
    """Turn text into what every database takes: Unicode without NUL, of bounded length."""
    written = text[:longest].encode("utf-8", "backslashreplace").decode("utf-8")
    return written.replace("\0", "\\x00") + ("..." if len(text) > longest else "")


def decode(columns: Mapping[str, Sequence[Any]], m: int, k: int) -> Evaluations:
    """Read evaluations with ``m`` objectives and ``k`` constraints from columns of the record."""
    return Evaluations.of(
        unpack_floats(columns["objectives"], m, "the objectives"),
        unpack_floats(columns["constraints"], k, "the constraints"),
        seconds=to_numbers(columns["seconds"], "a time"),
        errors=[None if error is None else str(error) for error in columns["error"]],
        exact=to_numbers(columns["exact"], "whether a follower was solved") != 0,
    )


def to_positions(values: Sequence[Any]) -> NDArray[np.int64]:
    """Read positions ``[n]``: whole numbers from 0 on, each larger than the one before; anything else is a `StoreError`."""
    try:
        positions = np.array(values if _all_of(values, int) else [-1], dtype=np.int64)
    except OverflowError:
        positions = np.array([-1])
    if (np.diff(positions, prepend=-1) <= 0).any():
        raise StoreError("the record is damaged: the positions of its evaluations are not numbers in order")
    return positions


def to_numbers(values: Sequence[Any], what: str) -> NDArray[np.float64]:
    """Read finite numbers ``[n]``; anything else is a `StoreError`."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = np.array([np.nan])
    if not (np.isfinite(numbers).all() and _all_of(values, bool, int, float)):
        raise StoreError(f"the record is damaged: {what} is not a number")
    return numbers


def _all_of(values: Sequence[Any], *kinds: type) -> bool:
    """Tell whether every value is of one of some classes, derived ones left out; fast, since records are long."""
    return set(map(type, values)) <= set(kinds)
