"""A problem whose designs a predictor judges, in place of the follower."""

from __future__ import annotations

import copy
import time

import numpy as np

from braess.learn.predictors.base import Learned, Reader
from braess.problem import Evaluations, Problem, Repairable, capability
from braess.problem.evaluations import Floats
from braess.space import Designs


class Predicted(Problem):
    """The space, objectives and constraints of another problem, which it keeps nothing else of; no evaluation is exact.

    Build it with `of`, which also keeps how that problem repairs designs, if it can.

    Parameters
    ----------
    problem
        That problem.
    reader
        What its designs are read as.
    """

    def __init__(self, problem: Problem, reader: Reader) -> None:
        self.name, self.space = problem.name, problem.space
        self.objectives, self.constraints = problem.objectives, problem.constraints
        self.reader = reader
        self._learned: Learned | None = None

    @staticmethod
    def of(problem: Problem, reader: Reader) -> Predicted:
        """Return the problem as predicted, which can repair designs if the problem can."""
        repairer = capability(problem, Repairable)  # type: ignore[type-abstract]
        return Predicted(problem, reader) if repairer is None else _Repairable(problem, reader, repairer)

    def believing(self, learned: Learned) -> Predicted:
        """Return the problem by what was learned of its rows: objectives to be made small, then constraints."""
        other = copy.copy(self)
        other._learned = learned
        return other

    def values(self, designs: Designs) -> Floats:
        """Return objectives to be made small and constraints of ``n`` designs as predicted, ``[n, m + k]``."""
        assert self._learned is not None
        if not len(designs):
            return np.empty((0, len(self.objectives) + len(self.constraints)))
        return self._learned(self.reader(designs))

    def evaluate(self, designs: Designs) -> Evaluations:
        """Predict all designs at once."""
        began, m = time.perf_counter(), len(self.objectives)
        values = self.values(designs)
        seconds = (time.perf_counter() - began) / max(len(designs), 1)
        return Evaluations.of(values[:, :m] * self.signs, values[:, m:], seconds=seconds, exact=False)

    def check(self, designs: Designs) -> Evaluations:
        """Predict one design at a time."""
        return Evaluations.concatenate([self.evaluate(design) for design in designs] or [self.evaluate(designs)])


class _Repairable(Predicted):
    """The same, where designs are repaired without the follower."""

    def __init__(self, problem: Problem, reader: Reader, repairer: Repairable) -> None:
        super().__init__(problem, reader)
        self._repairer = repairer

    def repair(self, designs: Designs, rng: np.random.Generator) -> Designs:
        """Repair as the problem does."""
        return self._repairer.repair(designs, rng)
