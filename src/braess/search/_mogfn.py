"""The running state of `MOGFN`: designs by preference, in proportion to what they are worth by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from braess.learn.gflownet.network import Loss, balance_loss
from braess.learn.gflownet.preferences import Preferences
from braess.learn.gflownet.slots import Ints
from braess.problem import Problem
from braess.problem.evaluations import Floats
from braess.search._gflownet import GFlowNetRun

if TYPE_CHECKING:
    from braess.search.mogfn import MOGFN

_CONTESTANTS = 8  # known designs of which the one that is worth most by a preference is learned from


class MOGFNRun(GFlowNetRun):
    """A running `MOGFN`.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    search
        Its hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, search: MOGFN) -> None:
        self.preferences = Preferences(
            len(problem.objectives), search.scalarisation, search.concentration, search.sharpest, search.least
        )
        super().__init__(problem, rng, search, condition=self.preferences.width, flow_rate=search.flow_rate)

    def conditions(self, n: int) -> NDArray[np.float32]:
        """Draw preferences, all as sharp as they get."""
        weights, _ = self.preferences.draw(n, self.rng)
        return self.preferences.condition(weights, np.full(n, self.preferences.sharpest))

    def lesson(self, fresh: Ints) -> tuple[Ints, NDArray[np.float32], Loss]:
        """Take what is new, and known designs that are worth much by some preference; any preference for each."""
        rewards = self.rewards()
        weights, exponents = self.preferences.draw(len(fresh) + self.batch, self.rng)
        rivals = self.rng.integers(len(rewards), size=(self.batch, _CONTESTANTS))
        chosen = np.repeat(np.arange(self.batch) + len(fresh), _CONTESTANTS)
        worth = self.preferences.log_reward(rewards[rivals.ravel()], weights[chosen], exponents[chosen])
        won = worth.reshape(rivals.shape).argmax(axis=1)
        rows = np.concatenate([fresh, rivals[np.arange(self.batch), won]])
        targets = self.preferences.log_reward(rewards[rows], weights, exponents)
        return rows, self.preferences.condition(weights, exponents), balance_loss(targets)

    def rewards(self) -> Floats:
        """Return rewards ``[n, k]`` of all designs: 1 for the best value of an objective, 0 for the middle one and worse.

        What violates constraints has none, unless all do: then less violation is the reward.
        """
        feasible = self.violation == 0.0
        values = self.values if feasible.any() else np.repeat(self.violation[:, None], self.values.shape[1], axis=1)
        counted = feasible if feasible.any() else np.isfinite(self.violation)
        best, middle = values[counted].min(axis=0), np.median(values[counted], axis=0)
        with np.errstate(invalid="ignore"):
            rewards = (middle - values) / np.where(middle > best, middle - best, 1.0)
        return np.where(counted[:, None], np.clip(rewards, 0.0, 1.0), 0.0)
