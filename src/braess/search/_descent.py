"""The running state of `gradient` on reals: descents side by side, a new one wherever one ends."""

from __future__ import annotations

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations, scores
from braess.search._quasi_newton import QuasiNewton
from braess.search._slopes import UnitSlopes
from braess.search._slsqp import SequentialQuadratic
from braess.space import Designs


class DescentRun(Generations):
    """Asks for the next point of each descent; the first descent starts in the middle, the others at random.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    descents
        How many go on side by side.
    tolerance
        Relative improvement at which each ends.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, descents: int, tolerance: float) -> None:
        super().__init__(problem, rng)
        self._slopes = UnitSlopes(problem)
        self._tolerance = tolerance
        middle = np.full(self.space.width, 0.5)
        self._descents = [self._begin(middle), *(self._begin() for _ in range(descents - 1))]
        self._values = np.empty(0)  # of the points of the descents, where these have been told

    def _begin(self, start: Floats | None = None) -> QuasiNewton | SequentialQuadratic:
        start = self._slopes.pulled(self.rng.random(self.space.width) if start is None else start)
        if self._slopes.constrained:
            return SequentialQuadratic(start, self._slopes, self._tolerance)
        return QuasiNewton(start, self._slopes.at, self._tolerance)

    def _next(self) -> Designs:
        for i, value in enumerate(self._values.tolist()):
            if not self._descents[i].advance(value):
                self._descents[i] = self._begin()
        return self.space.from_unit(np.array([descent.point for descent in self._descents]))

    def _learn(self, evaluations: Evaluations) -> None:
        self._values = scores(evaluations, self.signs)[1][:, 0]
