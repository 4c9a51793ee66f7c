"""The running state of `OPGFN`: designs as often as the order of what was found lets them be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import moocore
import numpy as np
from numpy.typing import NDArray

from braess.learn.gflownet.network import Loss
from braess.learn.gflownet.order import best_loss, pairs_loss
from braess.learn.gflownet.slots import Ints
from braess.problem import Problem
from braess.problem.evaluations import Bools
from braess.search._gflownet import GFlowNetRun

if TYPE_CHECKING:
    from braess.search.op_gfn import OPGFN


class OPGFNRun(GFlowNetRun):
    """A running `OPGFN`.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    search
        Its hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, search: OPGFN) -> None:
        super().__init__(problem, rng, search, condition=0, flow_rate=search.rate)

    def conditions(self, n: int) -> NDArray[np.float32]:
        """Return no conditions."""
        return np.empty((n, 0), dtype=np.float32)

    def lesson(self, fresh: Ints) -> tuple[Ints, NDArray[np.float32], Loss]:
        """Take what is new, as many of the best that are known, and as many others."""
        best = self.best()
        chosen = self.rng.choice(np.flatnonzero(best), size=min(self.batch, int(best.sum())), replace=False)
        others = self.rng.integers(len(best), size=self.batch)
        rows = np.unique(np.concatenate([fresh, chosen, others]))
        if self.values.shape[1] > 1:
            loss = best_loss(best[rows])
        else:
            loss = pairs_loss(self._ranks()[rows], self.rng.permutation(len(rows)))
        return rows, self.conditions(len(rows)), loss

    def best(self) -> Bools:
        """Tell which designs ``[n]`` none dominates: of the feasible ones, else of those with the least violation."""
        counted = self.violation == self.violation.min()
        best = np.zeros(len(self.violation), dtype=np.bool_)
        best[counted] = moocore.is_nondominated(self.values[counted], keep_weakly=True)
        return best

    def _ranks(self) -> NDArray[np.float64]:
        """Return the place of each design ``[n]`` by violation, then by the objective; equals have one."""
        keys = np.stack([self.violation, self.values[:, 0]], axis=1)
        return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.float64)
