"""Counts what a follower is asked to solve: evaluations, and the equilibria that gradients are taken at."""

from __future__ import annotations

from typing import Any

import numpy as np

from braess.problem import Evaluations
from braess.search import Search
from braess.space import Designs
from braess.study import Budget, Study
from results import whole


class Counting:
    """To be put before a road problem among the base classes."""

    solves = 0

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate and count."""
        self.solves += len(designs)
        return super().evaluate(designs)  # type: ignore[misc]

    def value_and_gradient(self, matrix: Any) -> Any:
        """Differentiate and count."""
        self.solves += len(matrix)
        return super().value_and_gradient(matrix)  # type: ignore[misc]


def best_by_solves(problem: Any, search: Search, seed: int, most: int) -> tuple[list[int], list[float]]:
    """Run a study until the follower was asked ``most`` times; return the counts at improvements and the best values."""
    problem.solves = 0
    counts: list[int] = []
    values: list[float] = []

    def stop(snapshot: Any) -> bool:
        if snapshot.best is not None and (not values or snapshot.best < values[-1]):
            counts.append(problem.solves)
            values.append(snapshot.best)
        return problem.solves >= most

    study = Study(problem, search, budget=Budget(evaluations=most), seed=seed, batch=1, progress="off", callbacks=[stop])
    whole(study.run())
    return counts, values


def within(counts: list[int], values: list[float], target: float) -> int | None:
    """Return how many solves it took to be at least as good as the target, or ``None``."""
    good = np.flatnonzero(np.asarray(values) <= target)
    return counts[int(good[0])] if good.size else None
