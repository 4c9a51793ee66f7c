"""Known designs changed at a few places: what is built when a front is to be moved on from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints, Slots
from braess.problem.evaluations import Bools
from braess.space import Designs, Space


class Edits(Construction):
    """One of some designs, then other options for some of its decisions in any order, then a stop.

    Parameters
    ----------
    space
        Of the designs; nothing conditional, no permutations.
    bases
        Designs to begin from.
    most
        Decisions changed at most.
    digits
        Of a real; see `Slots`.

    Raises
    ------
    InputError
        The space has conditional variables or permutations.
    """

    def __init__(self, space: Space, bases: Designs, most: int, digits: int = 3) -> None:
        if space.conditional or "permutation" in space.kinds:
            message = "conditional variables and permutations are not changed one by one"
            raise InputError(message, field="construction", found="edits", expected="'ordered'")
        self._slots = Slots(space, digits)
        self._bases = self._slots.rows(bases)
        self._most = min(most, len(self._slots))
        self._slot_of = np.repeat(np.arange(len(self._slots)), self._slots.options)
        self._option_of = np.arange(self._slots.total) - self._slots.offsets[self._slot_of]
        self.actions = self._slots.total + len(self._bases) + 1
        self.width = self._slots.total + len(self._slots) + 1

    def start(self, n: int) -> Ints:
        """Return ``n`` states of no design: no base, nothing changed, not stopped."""
        return np.concatenate([np.full((n, 1 + len(self._slots)), -1), np.zeros((n, 1), dtype=np.int64)], axis=1)

    def _current(self, states: Ints) -> Ints:
        """Return the decisions ``[n, slots]`` of states that have a base."""
        changed = states[:, 1:-1]
        return np.where(changed >= 0, changed, self._bases[states[:, 0]])

    def _fits(self, current: Ints, step: Ints, columns: Ints) -> Bools:
        """Tell which steps ``[n, k]`` in the numbers of columns ``[k]`` lead to one that there is."""
        return np.asarray(self._slots.numbers(current)[:, columns] + step < self._slots.levels[columns])

    def legal(self, states: Ints) -> Bools:
        """Tell which options differ from those there and fit, where few decisions are changed; bases at first."""
        begun, going = states[:, :1] >= 0, ~self.complete(states)[:, None]
        changed = (states[:, 1:-1] >= 0).sum(axis=1, keepdims=True)
        current = self._current(states)
        step = (self._option_of - current[:, self._slot_of]) * self._slots.weights[self._slot_of]
        fits = self._fits(current, step, self._slots.columns[self._slot_of])
        options = fits & (step != 0) & (states[:, 1:-1][:, self._slot_of] < 0) & (changed < self._most)
        bases = np.repeat(~begun, len(self._bases), axis=1)
        return np.concatenate([options & begun & going, bases, begun & going & (changed > 0)], axis=1)

    def act(self, states: Ints, actions: Ints) -> Ints:
        """Take a base, change a decision, or stop."""
        after: Ints = states.copy()
        total = self._slots.total
        option, base = actions < total, (actions >= total) & (actions < self.actions - 1)
        rows = np.flatnonzero(option)
        after[rows, 1 + self._slot_of[actions[rows]]] = self._option_of[actions[rows]]
        after[base, 0] = actions[base] - total
        after[actions == self.actions - 1, -1] = 1
        return after

    def parents(self, states: Ints) -> Bools:
        """Tell which changes may have been the last; where there are none, the base; where it is stopped, the stop.

        Without the last change there must have been a design: digits of one number cannot be changed in every order.
        """
        done = self.complete(states)[:, None]
        current = self._current(states)
        back = (self._bases[states[:, 0]] - current) * self._slots.weights
        fits = self._fits(current, back, self._slots.columns)
        changed = self._slots.one_hot(np.where(fits, states[:, 1:-1], -1)) > 0.0
        untouched = (states[:, 1:-1] < 0).all(axis=1, keepdims=True)
        base = (states[:, :1] == np.arange(len(self._bases))) & untouched
        return np.concatenate([changed & ~done, base & ~done, done], axis=1)

    def undo(self, states: Ints, actions: Ints) -> Ints:
        """Take a change, the base or the stop back."""
        before: Ints = states.copy()
        total = self._slots.total
        rows = np.flatnonzero(actions < total)
        before[rows, 1 + self._slot_of[actions[rows]]] = -1
        before[(actions >= total) & (actions < self.actions - 1), 0] = -1
        before[actions == self.actions - 1, -1] = 0
        return before

    def complete(self, states: Ints) -> Bools:
        """Tell where it is stopped."""
        return np.asarray(states[:, -1] > 0)

    def features(self, states: Ints) -> NDArray[np.float32]:
        """Return the decisions as they are, which of them were changed, and whether there is a base, as zeros and ones."""
        begun = states[:, :1] >= 0
        options = self._slots.one_hot(self._current(states)) * begun
        return np.concatenate([options, states[:, 1:-1] >= 0, begun], axis=1).astype(np.float32)

    def designs(self, states: Ints) -> Designs:
        """Return the designs of complete states."""
        return self._slots.designs(self._current(states))

    def states(self, designs: Designs) -> Ints:
        """Return a complete state of each design, from the base that is nearest to it."""
        rows = self._slots.rows(designs)
        base = (rows[:, None] != self._bases).sum(axis=2).argmin(axis=1)
        changed = np.where(rows != self._bases[base], rows, -1)
        return np.concatenate([base[:, None], changed, np.ones((len(rows), 1), dtype=np.int64)], axis=1)
