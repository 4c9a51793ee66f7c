"""A batch of designs: one array per variable, rows are designs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from braess.space._vector import Array
    from braess.space.space import Space

_DIGEST = 16  # bytes: collisions among 2^40 designs have a probability below 1e-14


@dataclass(frozen=True, eq=False)
class Designs:
    """A batch of designs, canonical and read-only.

    Build it with `Space.designs`, `Space.sample`, `Space.from_rows`, `Space.unflatten` or `Space.from_unit`, which
    check the values; inactive entries hold the variable's default, so equal designs have equal arrays.

    Parameters
    ----------
    space
        What is decided.
    arrays
        Path of each leaf to its array, ``[n]`` or ``[n, size]``.
    n
        Number of designs.
    """

    space: Space
    arrays: Mapping[str, Array]
    n: int

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in self.arrays.values():
            array.setflags(write=False)

    def __len__(self) -> int:
        """Number of designs."""
        return self.n

    def __getitem__(self, path: str) -> Array:
        """Return the array of one leaf, ``[n]`` or ``[n, size]``."""
        return self.arrays[path]

    def __iter__(self) -> Iterator[Designs]:
        """Go through the designs, each as a batch of one."""
        return (self.take(np.array([i])) for i in range(self.n))

    @property
    def active(self) -> dict[str, NDArray[np.bool_]]:
        """Path of each leaf to ``[n]``: whether the design decides it."""
        return self.space.activity(self.arrays, self.n)

    def take(self, rows: Sequence[int] | NDArray[Any] | slice) -> Designs:
        """Return the designs of some rows (indices ``[k]``, mask ``[n]`` or slice), in that order."""
        chosen = np.arange(self.n)[rows if isinstance(rows, slice) or len(rows) else slice(0)]
        return Designs(self.space, {path: array[chosen] for path, array in self.arrays.items()}, len(chosen))

    def rows(self) -> list[dict[str, Any]]:
        """Return each design as a plain dictionary of its active leaves, in values that a person reads."""
        active = self.active
        leaves = self.space.leaves
        result = []
        for i in range(self.n):
            row: dict[str, Any] = {}
            for leaf in leaves:
                if active[leaf.path][i]:
                    entry = self.arrays[leaf.path][i]
                    value = leaf.variable.value
                    row[leaf.path] = [value(e) for e in entry] if entry.ndim else value(entry)
            result.append(row)
        return result

    def pack(self) -> list[bytes]:
        """Return each design as few bytes; `Space.unpack` is the inverse. Equal designs have equal bytes."""
        if not self.arrays:
            return [b""] * self.n
        parts = [
            np.ascontiguousarray(self.arrays[leaf.path].reshape(self.n, leaf.variable.width), dtype=leaf.stored).view(np.uint8)
            for leaf in self.space.leaves
        ]
        block = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        width = block.shape[1]
        raw = block.tobytes()
        return [raw[i * width : (i + 1) * width] for i in range(self.n)]

    def hashes(self) -> list[bytes]:
        """Return a 16-byte digest of each design: equal for equal designs, in any process and on any machine."""
        return [hashlib.blake2b(packed, digest_size=_DIGEST).digest() for packed in self.pack()]

    def same_as(self, other: Designs) -> NDArray[np.bool_]:
        """Compare row by row with another batch of as many designs of the same space, ``[n]``."""
        return np.array([a == b for a, b in zip(self.pack(), other.pack(), strict=True)], dtype=np.bool_)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as plain data."""
        return _restore, (self.space, dict(self.arrays), self.n)


def _restore(space: Space, arrays: dict[str, Array], n: int) -> Designs:
    return Designs(space, arrays, n)
