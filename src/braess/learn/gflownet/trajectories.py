"""Ways through a construction: drawn from a policy, or back from designs that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints
from braess.problem.evaluations import Bools, Floats

Policy = Callable[[NDArray[np.float32], Bools, Ints], Floats]
"""From features ``[k, width]``, legal actions ``[k, actions]`` and the way ``[k]`` each state is on to log-probabilities."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """``m`` ways from the empty design to a complete one, all their ``k`` steps in one row of each array.

    Parameters
    ----------
    ends
        ``[m, s]`` complete states.
    owner
        ``[k]`` which way a step is of.
    features, legal, actions
        ``[k, width]``, ``[k, actions]`` and ``[k]``: the state before each step, what it allowed and what was done.
    log_backward
        ``[m]`` logarithm of the probability to go back this way, where each parent is as likely.
    """

    ends: Ints
    owner: Ints
    features: NDArray[np.float32]
    legal: Bools
    actions: Ints
    log_backward: Floats

    def __len__(self) -> int:
        """Return ``m``."""
        return len(self.ends)

    @staticmethod
    def joined(parts: list[Trajectories]) -> Trajectories:
        """Return the ways of several sets as one."""
        starts = np.cumsum([0, *map(len, parts)])
        return Trajectories(
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.owner + start for part, start in zip(parts, starts[:-1], strict=True)]),
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.legal for part in parts]),
            np.concatenate([part.actions for part in parts]),
            np.concatenate([part.log_backward for part in parts]),
        )


def forward(construction: Construction, policy: Policy, n: int, *, explore: float, rng: np.random.Generator) -> Trajectories:
    """Draw ``n`` ways from a policy; with probability ``explore`` a step is a random legal one."""
    states = construction.start(n)
    steps = _Steps(construction, n)
    while len(going := np.flatnonzero(~construction.complete(states))):
        before = states[going]
        features, legal = construction.features(before), construction.legal(before)
        likely = np.exp(policy(features, legal, going))
        random = rng.random(len(going)) < explore
        weights = np.where(random[:, None], legal, likely)
        actions = _draw(weights, rng)
        states[going] = construction.act(before, actions)
        steps.add(going, features, legal, actions, states[going])
    return steps.whole(states)


def backward(construction: Construction, ends: Ints, rng: np.random.Generator) -> Trajectories:
    """Draw a way back from each complete state ``[m, s]``, each parent as likely, and return the way there."""
    states = ends.copy()
    steps = _Steps(construction, len(ends))
    while len(going := np.flatnonzero((parents := construction.parents(states)).any(axis=1))):
        after = states[going]
        actions = _draw(parents[going].astype(np.float64), rng)
        states[going] = construction.undo(after, actions)
        before = states[going]
        steps.add(going, construction.features(before), construction.legal(before), actions, after)
    return steps.whole(ends)


def _draw(weights: Floats, rng: np.random.Generator) -> Ints:
    """Draw one place of each row ``[k, a]`` in proportion to its weight."""
    sums = np.cumsum(weights, axis=1)
    marks = rng.random(len(weights)) * sums[:, -1]
    place: Ints = (sums <= marks[:, None]).sum(axis=1)
    return np.asarray(np.minimum(place, weights.shape[1] - 1))


class _Steps:
    """Steps of ``n`` ways as they are made."""

    def __init__(self, construction: Construction, n: int) -> None:
        self._construction = construction
        self._rows: list[tuple[Ints, NDArray[np.float32], Bools, Ints]] = []
        self._log_backward = np.zeros(n)

    def add(self, going: Ints, features: NDArray[np.float32], legal: Bools, actions: Ints, after: Ints) -> None:
        self._rows.append((going, features, legal, actions))
        self._log_backward[going] -= np.log(self._construction.parents(after).sum(axis=1))

    def whole(self, ends: Ints) -> Trajectories:
        owner, features, legal, actions = (np.concatenate(parts) for parts in zip(*self._rows, strict=True))
        return Trajectories(ends, owner, features, legal, actions, self._log_backward)
