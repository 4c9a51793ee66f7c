"""Designs built in the order of their space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints, Slots
from braess.problem.evaluations import Bools
from braess.space import Designs, Space


class Ordered(Construction):
    """One decision after another in the order of the space; each design has one way.

    Fits every space. Decisions that what was decided before makes void are left out.

    Parameters
    ----------
    space
        Of the designs.
    digits
        Of a real; see `Slots`.
    """

    def __init__(self, space: Space, digits: int = 3) -> None:
        self._slots = Slots(space, digits)
        self.actions = self._slots.most
        self.width = self._slots.total + len(self._slots)

    def start(self, n: int) -> Ints:
        """Return ``n`` empty designs: no decision made, the first one next."""
        return np.concatenate([np.full((n, len(self._slots)), -1), np.zeros((n, 1), dtype=np.int64)], axis=1)

    def legal(self, states: Ints) -> Bools:
        """Tell which options the next decision has."""
        rows, cursor = states[:, :-1], states[:, -1]
        open_rows = np.flatnonzero(~self.complete(states))
        legal = np.zeros((len(states), self.actions), dtype=np.bool_)
        legal[open_rows] = self._slots.possible(rows[open_rows], cursor[open_rows])
        return legal

    def act(self, states: Ints, actions: Ints) -> Ints:
        """Decide, and go to the next decision that is to be made."""
        after: Ints = states.copy()
        rows = np.arange(len(states))
        after[rows, states[:, -1]] = actions
        cursor = states[:, -1] + 1
        skipping = self._void(after, cursor)
        while skipping.any():
            cursor = cursor + skipping
            skipping = self._void(after, cursor)
        after[:, -1] = cursor
        return after

    def _void(self, states: Ints, cursor: Ints) -> Bools:
        """Tell where the decision ``[n]`` is not to be made."""
        parents, lows, highs = self._slots.conditions
        inside = np.flatnonzero(cursor < len(self._slots))
        void = np.zeros(len(states), dtype=np.bool_)
        depends = inside[parents[cursor[inside]] >= 0]
        if len(depends):
            at = cursor[depends]
            value = self._slots.number(states[depends, :-1], parents[at])
            void[depends] = (value < lows[at]) | (value > highs[at])
        return void

    def parents(self, states: Ints) -> Bools:
        """Tell which option was taken last."""
        found = np.zeros((len(states), self.actions), dtype=np.bool_)
        last = self._last(states)
        rows = np.flatnonzero(last >= 0)
        found[rows, states[rows, last[rows]]] = True
        return found

    def undo(self, states: Ints, actions: Ints) -> Ints:  # noqa: ARG002 -- there is but one
        """Take the last decision back."""
        before: Ints = states.copy()
        last = self._last(states)
        before[np.arange(len(states)), last] = -1
        before[:, -1] = last
        return before

    def _last(self, states: Ints) -> Ints:
        """Return the decision made last, ``[n]``, -1 where there is none."""
        decided = states[:, :-1] >= 0
        last = len(self._slots) - 1 - np.argmax(decided[:, ::-1], axis=1)
        return np.where(decided.any(axis=1), last, -1)

    def complete(self, states: Ints) -> Bools:
        """Tell where all decisions are made."""
        return np.asarray(states[:, -1] >= len(self._slots))

    def features(self, states: Ints) -> NDArray[np.float32]:
        """Return all options taken and the decision that is next, as zeros and ones."""
        place = (np.arange(len(self._slots)) == states[:, -1:]).astype(np.float32)
        return np.concatenate([self._slots.one_hot(states[:, :-1]), place], axis=1)

    def designs(self, states: Ints) -> Designs:
        """Return the designs of complete states."""
        return self._slots.designs(states[:, :-1])

    def states(self, designs: Designs) -> Ints:
        """Return the complete states of designs."""
        rows = self._slots.rows(designs)
        return np.concatenate([rows, np.full((len(rows), 1), len(self._slots))], axis=1)
