"""Whole numbers built in steps of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints
from braess.problem.evaluations import Bools
from braess.space import Designs, Space

_MOST_CELLS = 4_096  # sum of the ranges that are walked through


class Increments(Construction):
    """From the least of all whole numbers upwards, in steps of one, until it is said to be enough.

    Parameters
    ----------
    space
        Of the designs: unconditional integers and binaries.

    Raises
    ------
    InputError
        The space has other variables, or ranges that are too wide to walk through.
    """

    def __init__(self, space: Space) -> None:
        if space.conditional or not space.kinds <= {"integer", "binary"}:
            found = f"{', '.join(sorted(space.kinds))}{' (conditional)' if space.conditional else ''}"
            raise InputError("only whole numbers are built in steps of one", field="construction", found=found)
        self._space = space
        low, high = space.bounds
        self._low, self._top = low, (high - low).astype(np.int64)
        self.width = int((self._top + 1).sum())
        if self.width > _MOST_CELLS:
            raise InputError("too far to go in steps of one", field="construction", expected="'ordered'")
        self.actions = space.width + 1

    def start(self, n: int) -> Ints:
        """Return ``n`` designs of the least numbers, not finished."""
        return np.zeros((n, self.actions), dtype=np.int64)

    def legal(self, states: Ints) -> Bools:
        """Tell which numbers may grow; stopping is always allowed."""
        going = ~self.complete(states)[:, None]
        return np.concatenate([(states[:, :-1] < self._top) & going, going], axis=1)

    def act(self, states: Ints, actions: Ints) -> Ints:
        """Let a number grow by one, or stop."""
        after: Ints = states.copy()
        after[np.arange(len(states)), actions] += 1
        return after

    def parents(self, states: Ints) -> Bools:
        """Tell which numbers may have grown last; where it is finished, only the stop."""
        done = self.complete(states)[:, None]
        return np.concatenate([(states[:, :-1] > 0) & ~done, done], axis=1)

    def undo(self, states: Ints, actions: Ints) -> Ints:
        """Take a step back."""
        before: Ints = states.copy()
        before[np.arange(len(states)), actions] -= 1
        return before

    def complete(self, states: Ints) -> Bools:
        """Tell where it was said to be enough."""
        return np.asarray(states[:, -1] > 0)

    def features(self, states: Ints) -> NDArray[np.float32]:
        """Return the numbers, as zeros and ones."""
        hot = np.zeros((len(states), self.width), dtype=np.float32)
        first = np.concatenate([[0], np.cumsum(self._top + 1)[:-1]])
        np.put_along_axis(hot, first + states[:, :-1], 1.0, axis=1)
        return hot

    def designs(self, states: Ints) -> Designs:
        """Return the designs of complete states."""
        return self._space.unflatten(states[:, :-1] + self._low)

    def states(self, designs: Designs) -> Ints:
        """Return the complete states of designs."""
        numbers = (self._space.flatten(designs)[0] - self._low).astype(np.int64)
        return np.concatenate([numbers, np.ones((len(numbers), 1), dtype=np.int64)], axis=1)
