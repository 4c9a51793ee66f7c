"""The exact distribution of what a policy builds, by dynamic programming: for small spaces."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints
from braess.problem.evaluations import Floats

_MOST = 2_000_000  # states of one layer


class LogPolicy(Protocol):
    """What gives the logarithms of the probabilities of actions."""

    construction: Construction

    def log_policy(self, states: Ints, condition: NDArray[np.float32]) -> Floats:
        """Return them for states ``[n, s]`` under one condition, ``[n, actions]``."""


def terminal_distribution(policy: LogPolicy, condition: NDArray[np.float32] | None = None) -> tuple[Ints, Floats]:
    """Return all complete states ``[n, s]`` that a policy can build, sorted, and the probability of each ``[n]``.

    Parameters
    ----------
    policy
        Such as a `GFlowNet`.
    condition
        ``[c]``; left out where the policy has none.

    Raises
    ------
    InputError
        There are too many states.
    """
    construction = policy.construction
    given = np.empty(0, dtype=np.float32) if condition is None else condition
    states, chances = construction.start(1), np.ones(1)
    ends: list[Ints] = []
    found: list[Floats] = []
    while len(states):
        if len(states) > _MOST:
            raise InputError("too many states", found=len(states), expected=f"at most {_MOST}")
        shares = chances[:, None] * np.exp(policy.log_policy(states, given))
        row, action = np.nonzero(construction.legal(states))
        states, chances = _merged(construction.act(states[row], action), shares[row, action])
        done = construction.complete(states)
        ends.append(states[done])
        found.append(chances[done])
        states, chances = states[~done], chances[~done]
    return _merged(np.concatenate(ends), np.concatenate(found))


def _merged(states: Ints, chances: Floats) -> tuple[Ints, Floats]:
    """Return equal states once, with the sum of their chances."""
    different, place = np.unique(states, axis=0, return_inverse=True)
    sums = np.zeros(len(different))
    np.add.at(sums, place.reshape(-1), chances)
    return different, sums
