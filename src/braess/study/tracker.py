"""Keeps count while a study runs: best value, feasible share, last improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from braess.problem import Evaluations, Problem
from braess.study.budget import Budget
from braess.study.pareto import nondominated
from braess.study.status import Status


@dataclass(frozen=True)
class Snapshot:
    """How far a study is; what callbacks are given.

    Parameters
    ----------
    evaluations, feasible, failed
        Counts so far.
    best
        Best feasible value (one objective), or ``None``.
    front
        Designs on the front (several objectives).
    elapsed
        Seconds spent, all sittings together.
    rate
        Evaluations a second in this sitting, those from the record left out.
    gap
        Relative distance to the optimum that is proven (infinite: nothing yet), ``None`` where the search proves nothing.
    """

    evaluations: int
    feasible: int
    failed: int
    best: float | None
    front: int
    elapsed: float
    rate: float
    gap: float | None = None


class Tracker:
    """Counts what a study evaluated and says when a budget that depends on it is met."""

    def __init__(self, problem: Problem, budget: Budget) -> None:
        self._signs = problem.signs
        self._budget = budget
        self._front: NDArray[np.float64] = np.empty((0, len(self._signs)))
        self.evaluations = 0
        self._feasible = 0
        self._failed = 0
        self._improved = 0

    def add(self, evaluations: Evaluations) -> None:
        """Count a batch."""
        feasible = evaluations.feasible
        self._feasible += int(feasible.sum())
        self._failed += int(evaluations.failed.sum())
        places = np.flatnonzero(feasible)
        values = evaluations.objectives[places] * self._signs
        if len(places):
            joined = np.concatenate([self._front, values])
            kept = nondominated(joined)
            _, first = np.unique(joined, axis=0, return_index=True)
            kept &= np.isin(np.arange(len(joined)), first)
            new = np.flatnonzero(kept[len(self._front) :])
            if new.size:
                self._improved = self.evaluations + int(places[new].max()) + 1
            self._front = joined[kept]
        self.evaluations += len(evaluations)

    def ended(self, elapsed: float) -> Status | None:
        """Return why the study must end now, or ``None``."""
        budget = self._budget
        if budget.target is not None and len(self._front) and self._front[0, 0] <= budget.target * self._signs[0]:
            return Status.TARGET_REACHED
        if budget.evaluations is not None and self.evaluations >= budget.evaluations:
            return Status.BUDGET_SPENT
        if budget.seconds is not None and elapsed >= budget.seconds:
            return Status.BUDGET_SPENT
        if budget.stagnation is not None and self.evaluations - self._improved >= budget.stagnation:
            return Status.STAGNATED
        return None

    def snapshot(self, elapsed: float, rate: float) -> Snapshot:
        """Return the counts so far."""
        single = len(self._signs) == 1 and len(self._front) > 0
        return Snapshot(
            evaluations=self.evaluations,
            feasible=self._feasible,
            failed=self._failed,
            best=float(self._front[0, 0] * self._signs[0]) if single else None,
            front=len(self._front),
            elapsed=elapsed,
            rate=rate,
        )
