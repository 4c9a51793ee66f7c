"""How a proof divides all designs into boxes: a binary tree that can be kept, read back and gone through again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from braess.problem.evaluations import Floats
from braess.space import Space

Bools = NDArray[np.bool_]


def discrete_columns(space: Space) -> Bools:
    """Tell which columns of flat designs hold whole numbers, ``[width]``."""
    found = np.ones(space.width, dtype=np.bool_)
    for leaf in space.leaves:
        found[leaf.columns] = leaf.variable.kind != "real"
    return found


class _Box(NamedTuple):
    value: float
    decision: int = -1
    at: float = 0.0
    first: int = -1
    """Number of the first of its two parts; the other follows."""


class Leaves(NamedTuple):
    """The boxes that were not split; every design lies in one of them."""

    low: Floats
    """``[n, width]``."""
    high: Floats
    """``[n, width]``."""
    value: Floats
    """``[n]`` bound of the objective × sign."""


class BoxTree:
    """Boxes numbered from 0, that of all designs; a box was split in two at a decision, or not.

    A split at ``at`` makes a box where the decision is at most that, and one where it is at least that for reals, at least
    one more for whole numbers.
    """

    def __init__(self) -> None:
        self._boxes: list[_Box] = [_Box(-np.inf)]

    def __len__(self) -> int:
        return len(self._boxes)

    def bounded(self, box: int, value: float) -> None:
        """Note the bound of a box."""
        self._boxes[box] = self._boxes[box]._replace(value=value)

    def where(self, box: int) -> tuple[int, float] | None:
        """Return the decision at which a box was split, and where; ``None`` if it was not."""
        found = self._boxes[box]
        return None if found.first < 0 else (found.decision, found.at)

    def split(self, box: int, decision: int, at: float) -> tuple[int, int]:
        """Note that a box is split, unless it is; return the numbers of its parts."""
        known = self._boxes[box]
        if known.first < 0:
            first = len(self._boxes)
            self._boxes += [_Box(known.value), _Box(known.value)]
            self._boxes[box] = known = _Box(known.value, decision, at, first)
        return known.first, known.first + 1

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the tree as arrays, which `of` reads."""
        value, decision, at, first = zip(*self._boxes, strict=True)
        return {
            "decision": np.array(decision, dtype=np.int64),
            "at": np.array(at, dtype=np.float64),
            "first": np.array(first, dtype=np.int64),
            "value": np.array(value, dtype=np.float64),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]]) -> BoxTree:
        """Read a tree back.

        Raises
        ------
        KeyError, ValueError
            These are no arrays of a tree.
        """
        tree = cls()
        columns = [np.asarray(arrays[name]) for name in ("value", "decision", "at", "first")]
        if any(column.ndim != 1 or not column.size or column.shape != columns[0].shape for column in columns):
            raise ValueError("the boxes have parts of different lengths")
        tree._boxes = [
            _Box(float(value), int(decision), float(at), int(first))
            for value, decision, at, first in zip(*(column.tolist() for column in columns), strict=True)
        ]
        whose: set[int] = set()
        for box, (_, _, _, first) in enumerate(tree._boxes):
            if first >= 0 and (not box < first < len(tree) - 1 or {first, first + 1} & whose):
                raise ValueError("the boxes are no tree")
            whose |= {first, first + 1} if first >= 0 else set()
        return tree

    def leaves(self, space: Space) -> Leaves:
        """Return the boxes that were not split.

        Raises
        ------
        ValueError
            Some box is split at a decision that there is not, or where it does not reach to.
        """
        steps = discrete_columns(space).astype(np.float64)
        found = []
        corners = {0: space.bounds}
        for number, (value, decision, at, first) in enumerate(self._boxes):
            if number not in corners:
                continue  # parts that an interrupt left without a box
            low, high = corners.pop(number)
            if first < 0:
                found.append((low, high, value))
                continue
            if not 0 <= decision < space.width or not low[decision] <= at <= high[decision] - steps[decision]:
                raise ValueError(f"box {number} cannot be split where it is said to be")
            below, above = high.copy(), low.copy()
            below[decision], above[decision] = at, at + steps[decision]
            corners[first], corners[first + 1] = (low, below), (above, high)
        lows, highs, values = zip(*found, strict=True)
        return Leaves(np.array(lows), np.array(highs), np.array(values))
