"""Counts what searches over successive choices find within 64 and 200 queries of measured tables and of an ordered space."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.tables.problems import NASBench201, NASBenchMacro
from braess.problem import Evaluations, Objective, Problem
from braess.search import Search
from braess.search.local import Local
from braess.search.mcts import MCTS
from braess.search.random import Random
from braess.search.regularised_evolution import RegularisedEvolution
from braess.search.smbo import SMBO
from braess.space import Designs, Integer, Space, every_design
from braess.testing import Blocks, Toy
from results import go_through

RESULT = Path(__file__).with_name("result.json")
SEEDS, QUERIES, EARLY = 50, 200, 64


class Ordered(Problem):
    """The same problem with the options of its categories taken for ordered, as they are listed.

    Parameters
    ----------
    problem
        Of one category, or a vector of them.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.name = f"{problem.name}, ordered"
        self.objectives, self.constraints = problem.objectives, problem.constraints
        self.space = Space({name: replace(variable, ordered=True) for name, variable in problem.space.variables.items()})

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate the designs as those of the problem."""
        return self._problem.evaluate(self._problem.space.designs(designs.arrays))

    def check(self, designs: Designs) -> Evaluations:
        """Check the designs as those of the problem."""
        return self._problem.check(self._problem.space.designs(designs.arrays))


class Ladders(Toy):
    """Three decisions of 64 steps each: the mean distance from the best steps, in shares of the way."""

    name = "ladders"
    best = np.array([41.0, 10.0, 55.0])

    def __init__(self) -> None:
        self.space = Space({f"step {i}": Integer(low=0, high=63) for i in range(3)})
        self.objectives = (Objective("distance"),)

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        """Return the distances."""
        steps = designs.space.flatten(designs)[0]
        return np.abs(steps - self.best).mean(axis=1, keepdims=True) / 63.0, np.empty((len(designs), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one distance."""
        return [sum(abs(row[f"step {i}"] - best) for i, best in enumerate(self.best.tolist())) / 3 / 63], []


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "nas-bench-201, cifar10": lambda: NASBench201(("accuracy-cifar10",)),
    "nas-bench-201, imagenet16-120": lambda: NASBench201(("accuracy-imagenet16-120",)),
    "nas-bench-macro": lambda: NASBenchMacro(("accuracy",)),
    "blocks": Blocks,
    "ladders": Ladders,
}
METHODS: dict[str, Search] = {
    "random": Random(),
    "random, over designs": Random(over="designs"),
    "local": Local(),
    "regularised-evolution": RegularisedEvolution(),
    "mcts": MCTS(),
    "mcts, c = 0.25": MCTS(exploration=0.25),
    "mcts, c = 0.1": MCTS(exploration=0.1),
    "mcts, halved": MCTS(bisect=True),
    "mcts, halved, c = 0.25": MCTS(bisect=True, exploration=0.25),
    "mcts, halved, c = 0.1": MCTS(bisect=True, exploration=0.1),
    "smbo": SMBO(),
    "smbo, n-grams": SMBO(features="n-grams"),
}


def best_so_far(problem: Problem, search: Search, seed: int) -> np.ndarray:
    """Return the best feasible objective after each query, ``[QUERIES]``; infinite or minus infinite before there is one."""
    running = search.start(problem, np.random.default_rng(seed))
    sign = problem.signs[0]
    found: list[float] = []
    while len(found) < QUERIES:
        batch = running.ask(1)
        if len(batch) == 0:
            break
        evaluations = problem.evaluate(batch)
        running.tell(batch, evaluations)
        found.append(float(np.where(evaluations.feasible, evaluations.objectives[:, 0] * sign, np.inf)[0]))
    found += [np.inf] * (QUERIES - len(found))
    return sign * np.minimum.accumulate(found)


def optimum(problem: Problem) -> float:
    """Return the best feasible objective of all designs."""
    found = problem.evaluate(every_design(problem.space))
    return float(problem.signs[0] * np.where(found.feasible, found.objectives[:, 0] * problem.signs[0], np.inf).min())


def measure(name: str, method: str) -> dict[str, Any] | None:
    """Run one search on one problem with every seed; ``None`` where the method is only another name for a run that is there."""
    problem, search = PROBLEMS[name](), METHODS[method]
    if method == "random, over designs" and not problem.space.conditional:
        return None
    if "halved" in method and not isinstance(problem, Toy):
        problem = Ordered(problem)
    began = time.perf_counter()
    curves = np.array([best_so_far(problem, search, seed) for seed in range(SEEDS)])
    seconds = (time.perf_counter() - began) / (SEEDS * QUERIES)
    best = optimum(problem)
    found: dict[str, Any] = {"seeds": SEEDS, "optimum": best, "milliseconds": 1e3 * seconds}
    for queries in (EARLY, QUERIES):
        values = curves[:, queries - 1].tolist()
        found |= {
            f"mean_{queries}": statistics.fmean(values),
            f"error_{queries}": statistics.stdev(values) / SEEDS**0.5,
            f"optimal_{queries}": sum(abs(value - best) < 1e-9 for value in values),
        }
    return found


def main() -> None:
    keys = [(problem, method) for method in METHODS for problem in PROBLEMS]
    go_through(RESULT, ("problem", "method"), keys, measure)


if __name__ == "__main__":
    main()
