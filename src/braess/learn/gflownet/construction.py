"""How designs are built step by step: states, the actions they allow, and the actions that may have led to them."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from braess.learn.gflownet.slots import Ints
from braess.problem.evaluations import Bools
from braess.space import Designs


class Construction(ABC):
    """A directed graph without circles, from an empty design to every complete one.

    States are rows ``[n, k]`` of whole numbers; equal states have equal rows. The policy that walks through the graph is
    given `features` of a state.

    Attributes
    ----------
    actions
        Number of different actions.
    width
        Number of features.
    """

    actions: int
    width: int

    @abstractmethod
    def start(self, n: int) -> Ints:
        """Return ``n`` empty designs."""

    @abstractmethod
    def legal(self, states: Ints) -> Bools:
        """Tell which actions ``[n, actions]`` each state allows; none where it is complete."""

    @abstractmethod
    def act(self, states: Ints, actions: Ints) -> Ints:
        """Return the states that legal actions ``[n]`` lead to."""

    @abstractmethod
    def parents(self, states: Ints) -> Bools:
        """Tell which actions ``[n, actions]`` may have led to each state; none where it is empty."""

    @abstractmethod
    def undo(self, states: Ints, actions: Ints) -> Ints:
        """Return the states before actions ``[n]`` that may have led to these."""

    @abstractmethod
    def complete(self, states: Ints) -> Bools:
        """Tell which states ``[n]`` are designs."""

    @abstractmethod
    def features(self, states: Ints) -> NDArray[np.float32]:
        """Return what a policy reads of each state, ``[n, width]``."""

    @abstractmethod
    def designs(self, states: Ints) -> Designs:
        """Return the designs of complete states."""

    @abstractmethod
    def states(self, designs: Designs) -> Ints:
        """Return the complete states of designs, or of the nearest that can be built."""
