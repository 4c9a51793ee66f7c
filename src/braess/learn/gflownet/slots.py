"""Every design as a row of small whole numbers, one decision after another: what constructions fill in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from braess.problem.evaluations import Bools, Floats
from braess.space import Designs, Leaf, Permutation, Real, Space

Ints = NDArray[np.int64]

_MOST = 64  # options of one decision
_BASE = 8  # options where a decision is split


@dataclass(frozen=True)
class Slot:
    """One decision: all of a column of the flat matrix, or one digit of its number, the coarsest first.

    Parameters
    ----------
    column
        Of the flat matrix.
    options
        How many there are.
    weight
        What one step in this decision adds to the number of the column.
    """

    column: int
    options: int
    weight: int


class Slots:
    """The decisions of a space in order.

    Columns with at most 64 values are one decision; larger whole numbers and reals are digits of base 8, so that what is
    decided first is roughly where. Reals take ``8 ** digits`` values, evenly spread.

    Parameters
    ----------
    space
        Of the designs.
    digits
        Of a real.
    """

    def __init__(self, space: Space, digits: int) -> None:
        self.space = space
        columns = [(leaf, place) for leaf in space.leaves for place in range(leaf.variable.width)]
        self.leaf_of = [leaf for leaf, _ in columns]
        self.levels = np.array([_levels(leaf, place, digits) for leaf, place in columns], dtype=np.int64)
        self.slots = [slot for column, levels in enumerate(self.levels.tolist()) for slot in _split(column, levels)]
        self.columns = np.array([slot.column for slot in self.slots], dtype=np.int64)
        self.options = np.array([slot.options for slot in self.slots], dtype=np.int64)
        self.weights = np.array([slot.weight for slot in self.slots], dtype=np.int64)
        self._first = np.flatnonzero(np.diff(self.columns, prepend=-1))
        self.most = int(self.options.max(initial=1))
        self.offsets = np.concatenate([[0], np.cumsum(self.options)])
        self._order_of = np.array([_order(self.leaf_of[c]) for c in self.columns], dtype=np.int64)

    def __len__(self) -> int:
        """Number of decisions."""
        return len(self.slots)

    @property
    def total(self) -> int:
        """Number of options of all decisions."""
        return int(self.offsets[-1])

    @cached_property
    def conditions(self) -> tuple[Ints, Ints, Ints]:
        """Column that each slot depends on (-1: none), and the least and greatest number of it, ``[slots]`` each."""
        parents, lows, highs = (np.full(len(self), value, dtype=np.int64) for value in (-1, 0, 0))
        for place, column in enumerate(self.columns):
            condition = self.leaf_of[column].condition
            if condition is not None:
                leaf = self.space.leaf(condition.parent)
                lowest = int(leaf.variable.bounds()[0][0])
                parents[place] = leaf.start
                lows[place], highs[place] = condition.low - lowest, condition.high - lowest
        return parents, lows, highs

    def numbers(self, rows: Ints) -> Ints:
        """Return the number of each column, ``[n, columns]``, -1 where it is not decided, from decisions ``[n, slots]``."""
        found = np.add.reduceat(np.maximum(rows, 0) * self.weights, self._first, axis=1)
        decided = np.logical_and.reduceat(rows >= 0, self._first, axis=1)
        return np.where(decided, found, -1)

    def number(self, rows: Ints, columns: Ints) -> Ints:
        """Return the number of one column of each row, ``[n]``, -1 where it is not fully decided."""
        within = self.columns == columns[:, None]
        found = (np.where(within, rows, 0) * self.weights).sum(axis=1)
        return np.where((within & (rows < 0)).any(axis=1), -1, found)

    def designs(self, rows: Ints) -> Designs:
        """Return the designs of ``[n, slots]`` decisions, -1 where a decision is not to be made."""
        numbers = self.numbers(rows)
        unit = (np.maximum(numbers, 0) + 0.5) / self.levels
        return self.space.from_unit(unit)

    def rows(self, designs: Designs) -> Ints:
        """Return the decisions ``[n, slots]`` that lead to designs, or nearest to them; -1 where nothing is decided."""
        unit: Floats = self.space.to_unit(designs)
        _, active = self.space.flatten(designs)
        numbers = np.clip(np.floor(unit * self.levels), 0, self.levels - 1).astype(np.int64)
        digits = numbers[:, self.columns] // self.weights % np.maximum(self.options, 1)
        return np.where(active[:, self.columns], digits, -1)

    def one_hot(self, rows: Ints) -> NDArray[np.float32]:
        """Return ``[n, total]``: 1 at each option taken."""
        hot = np.zeros((len(rows), self.total), dtype=np.float32)
        row, slot = np.nonzero(rows >= 0)
        hot[row, self.offsets[slot] + rows[row, slot]] = 1.0
        return hot

    def possible(self, rows: Ints, slots: Ints) -> Bools:
        """Tell which options ``[n, most]`` one slot of each row has, after the decisions before it."""
        before = (self.columns == self.columns[slots][:, None]) & (np.arange(len(self)) < slots[:, None])
        prefix = (np.where(before, rows, 0) * self.weights).sum(axis=1)
        options = np.arange(self.most)
        fit = prefix[:, None] + options * self.weights[slots][:, None] < self.levels[self.columns[slots]][:, None]
        fit &= options < self.options[slots][:, None]
        taken = (self._order_of == self._order_of[slots][:, None]) & (self._order_of >= 0) & (rows >= 0)
        row, slot = np.nonzero(taken)
        fit[row, rows[row, slot]] = False
        return np.asarray(fit)


def _order(leaf: Leaf) -> int:
    """Return what tells the permutation that a slot belongs to from others, -1 where it belongs to none."""
    return leaf.start if isinstance(leaf.variable, Permutation) else -1


def _levels(leaf: Leaf, place: int, digits: int) -> int:
    low, high = (end[place] for end in leaf.variable.bounds())
    if isinstance(leaf.variable, Real):
        return _BASE**digits if high > low else 1
    return int(high - low) + 1


def _split(column: int, levels: int) -> list[Slot]:
    if levels <= _MOST:
        return [Slot(column, levels, 1)]
    count = 1
    while _BASE**count < levels:
        count += 1
    return [Slot(column, _BASE, _BASE**power) for power in range(count - 1, -1, -1)]
