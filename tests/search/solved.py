"""What the tests of searches share: brute force, and the best of a run."""

from __future__ import annotations

import numpy as np

from braess.problem import Evaluations, Problem
from braess.search import Search
from braess.space import every_design


def best_of(search: Search, problem: Problem, evaluations: int, seed: int) -> float:
    """Return the best feasible objective (to make small) a search finds within so many evaluations."""
    running = search.start(problem, np.random.default_rng(seed))
    best, done = np.inf, 0
    while done < evaluations:
        batch = running.ask(min(64, evaluations - done))
        if len(batch) == 0:
            break
        found = problem.evaluate(batch)
        running.tell(batch, found)
        best, done = min(best, smallest(problem, found)), done + len(batch)
    return best


def smallest(problem: Problem, found: Evaluations) -> float:
    """Return the best feasible objective, to make small."""
    return float(np.where(found.feasible, found.objectives[:, 0] * problem.signs[0], np.inf).min())


def optimum(problem: Problem) -> float:
    """Return the best feasible objective of all designs."""
    return smallest(problem, problem.evaluate(every_design(problem.space)))
