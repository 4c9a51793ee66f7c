"""Words of DNA that one factor binds and another leaves alone: how much of the front is found, and how different words."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import moocore
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.sequence import Binding, edit_diversity, load_affinities
from braess.problem import Evaluations, Objective, Problem
from braess.search import find
from braess.space import Designs
from braess.study.indicators import hypervolume
from braess.testing import go_on
from results import go_through_seeds

PAIRS = {"SIX6, not CRX": ("SIX6", "CRX"), "PAX4, not WT1": ("PAX4", "WT1")}
METHODS = ("mogfn", "op-gfn", "eleven preferences", "nsga2", "random")
EVALUATIONS, PREFERENCES, KEPT, BATCH = 5_000, 11, 100, 64
NAMES = ("pair", "method", "seed")
_RESULT = Path(__file__).resolve().with_name("binding.json")


class Preferred(Problem):
    """One preference over the two scores of a binding problem: small is the larger weighted distance from the best."""

    def __init__(self, problem: Binding, weight: float) -> None:
        self.inner, self.weights = problem, np.array([weight, 1.0 - weight])
        self.name, self.space, self.objectives = "preferred", problem.space, (Objective("distance"),)
        scores = problem.front() * problem.signs
        self._best, self._spread = scores.min(axis=0), np.ptp(scores, axis=0)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate ``n`` designs at once."""
        away = (self.inner.evaluate(designs).objectives * self.inner.signs - self._best) / self._spread
        return Evaluations.of((self.weights * away).max(axis=1, keepdims=True))

    def check(self, designs: Designs) -> Evaluations:
        """Evaluate once more: the inner problem has its own check."""
        return self.evaluate(designs)


def asked(problem: Binding, method: str, seed: int) -> Designs:
    """Return all designs that a method has evaluated."""
    if method == "eleven preferences":
        each = -(-EVALUATIONS // PREFERENCES)
        parts: list[Designs] = []
        for run, weight in enumerate(np.linspace(0.0, 1.0, PREFERENCES)):
            one = Preferred(problem, weight)
            asked_for = go_on(find("mogfn")().start(one, np.random.default_rng((seed, run))), one, each, BATCH)
            parts.append(problem.space.concatenate(asked_for).take(slice(each)))
        return problem.space.concatenate(parts)
    running = find(method)().start(problem, np.random.default_rng(seed))
    return problem.space.concatenate(go_on(running, problem, EVALUATIONS, BATCH)).take(slice(EVALUATIONS))


def measure(pair: str, method: str, seed: int) -> dict[str, Any]:
    """Return what one method finds on one pair of factors."""
    bind, avoid = PAIRS[pair]
    problem = Binding([load_affinities(bind)], [load_affinities(avoid)])
    began = time.perf_counter()
    designs = asked(problem, method, seed)
    seconds = time.perf_counter() - began
    values, front = problem.evaluate(designs).objectives * problem.signs, problem.front() * problem.signs
    reference = np.full(2, 0.5)
    different = np.unique(values, axis=0)
    ranks = moocore.pareto_rank(values)
    best = np.argsort(ranks, kind="stable")[:KEPT]
    return {
        "evaluations": len(designs),
        "hypervolume": hypervolume(values, reference) / hypervolume(front, reference),
        "front_found": int(sum((different == point).all(axis=1).any() for point in front)),
        "front": len(front),
        "edit_distance": edit_diversity(problem.texts(designs.take(best))),
        "worst_rank": int(ranks[best].max()),
        "seconds": seconds,
    }


def main() -> None:
    torch.set_num_threads(1)
    go_through_seeds(__doc__, _RESULT, NAMES, PAIRS, METHODS, measure)


if __name__ == "__main__":
    main()
