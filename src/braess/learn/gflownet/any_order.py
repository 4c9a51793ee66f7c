"""Designs built in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints, Slots
from braess.problem.evaluations import Bools
from braess.space import Designs, Space


class AnyOrder(Construction):
    """Whichever decision next; all orders lead to a design.

    Parameters
    ----------
    space
        Of the designs; nothing conditional, no permutations.
    digits
        Of a real; see `Slots`.

    Raises
    ------
    InputError
        The space has conditional variables, permutations, or numbers that take several decisions.
    """

    def __init__(self, space: Space, digits: int = 1) -> None:
        if space.conditional or "permutation" in space.kinds:
            message = "conditional variables and permutations are decided in order only"
            raise InputError(message, field="construction", found="any-order", expected="'ordered'")
        self._slots = Slots(space, digits)
        if len(self._slots) > space.width:
            message = "numbers with more than 64 values are decided in order only"
            raise InputError(message, field="construction", found="any-order", expected="'ordered'")
        self.actions = self.width = self._slots.total
        self._slot_of = np.repeat(np.arange(len(self._slots)), self._slots.options)
        self._option_of = np.arange(self.actions) - self._slots.offsets[self._slot_of]

    def start(self, n: int) -> Ints:
        """Return ``n`` empty designs."""
        return np.full((n, len(self._slots)), -1)

    def legal(self, states: Ints) -> Bools:
        """Tell which options belong to decisions that are not made."""
        return np.asarray(states[:, self._slot_of] < 0)

    def act(self, states: Ints, actions: Ints) -> Ints:
        """Make decisions."""
        after: Ints = states.copy()
        after[np.arange(len(states)), self._slot_of[actions]] = self._option_of[actions]
        return after

    def parents(self, states: Ints) -> Bools:
        """Tell which options were taken: each may have been the last."""
        return self._slots.one_hot(states) > 0.0

    def undo(self, states: Ints, actions: Ints) -> Ints:
        """Take decisions back."""
        before: Ints = states.copy()
        before[np.arange(len(states)), self._slot_of[actions]] = -1
        return before

    def complete(self, states: Ints) -> Bools:
        """Tell where all decisions are made."""
        return np.asarray((states >= 0).all(axis=1))

    def features(self, states: Ints) -> NDArray[np.float32]:
        """Return all options taken, as zeros and ones."""
        return self._slots.one_hot(states)

    def designs(self, states: Ints) -> Designs:
        """Return the designs of complete states."""
        return self._slots.designs(states)

    def states(self, designs: Designs) -> Ints:
        """Return the complete states of designs."""
        return self._slots.rows(designs)
