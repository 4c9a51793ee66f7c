"""Runs every search on small problems with known optima or fronts, beside uniform random designs."""

from __future__ import annotations

import itertools
import math
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.problem import Problem
from braess.search import searches
from braess.study import Budget, Result, Study
from braess.testing import DTLZ2, ZDT1, Mixed, Rosenbrock, Sphere, Tour
from results import whole, write_result

SEEDS = 5
EVALUATIONS = 5000
EXPENSIVE = ("botorch", "filtered", "pfn-bo")  # meant for followers that leave no time for so many


def shortest_tour(problem: Tour) -> float:
    orders = np.array(list(itertools.permutations(range(7))))
    designs = problem.space.designs({problem.space.leaves[0].path: orders})
    return float(problem.evaluate(designs).objectives.min())


def cases() -> list[tuple[str, Problem, float, tuple[float, ...]]]:
    """Name, problem, optimum (or hypervolume of the front) and reference point (empty: one objective)."""
    tour = Tour()
    return [
        ("Sphere", Sphere(), 0.0, ()),
        ("Rosenbrock", Rosenbrock(), 0.0, ()),
        ("tour", tour, shortest_tour(tour), ()),
        ("mixed", Mixed(), 0.0, ()),
        ("ZDT1", ZDT1(), 1.21 - 1 / 3, (1.1, 1.1)),
        ("DTLZ2", DTLZ2(), 1.331 - math.pi / 6, (1.1, 1.1, 1.1)),
    ]


def score(result: Result, optimum: float, reference: tuple[float, ...]) -> float:
    if not reference:
        return math.inf if result.best is None else float(result.evaluations.objectives[result.best, 0]) - optimum
    volume = result.hypervolume_trace(reference).hypervolume
    return float(volume[-1]) / optimum if len(volume) else 0.0


def main() -> None:
    rows, texts = [], {}
    for method, cls in searches().items():
        for name, problem, optimum, reference in cases():
            if method in EXPENSIVE or cls.refusal(problem) is not None:
                continue
            scores = []
            for seed in range(SEEDS):
                study = Study(problem, cls(), budget=Budget(evaluations=EVALUATIONS), seed=seed, progress="off")
                scores.append(score(whole(study.run()), optimum, reference))
            row: dict[str, Any] = {"method": method, "problem": name, "several": bool(reference), "scores": scores}
            rows.append(row)
            median = statistics.median(scores)
            text = f"{name} {median:.1%} of the front's hypervolume" if reference else f"{name} error {median:.1e}"
            texts.setdefault(method, []).append(text)
            print(method, text, flush=True)
    methods = {method: f"{EVALUATIONS:,} evaluations: " + ", ".join(found) for method, found in texts.items()}
    print(write_result(__file__, {"seeds": SEEDS, "evaluations": EVALUATIONS, "rows": rows, "methods": methods}))


if __name__ == "__main__":
    main()
