"""Continuous network design: how many starts of the gradient search reach the best known design, and what peers find."""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import CapacityExpansion
from braess.search import find
from braess.search._quasi_newton import QuasiNewton
from braess.search._slopes import UnitSlopes
from continuous import HARKER_FRIESZ_I, HARKER_FRIESZ_II, SIOUX_FALLS_1987
from counting import Counting, best_by_solves, within
from results import write_result

METHODS = ("gradient", "cma-es", "differential-evolution", "cbo")
STARTS = 20
CONFIRMING = 200  # further starts that look for something better than the best known
SEEDS = 5
SOLVES = 1000  # of the follower, gradients included
REACHED = 1e-4  # relative to the best known
TOLERANCE = 1e-8


class Expansion(Counting, CapacityExpansion):
    """Capacity expansion that counts."""


def descend(problem: Expansion, start: np.ndarray) -> dict[str, Any]:
    """Carry one descent from a point of the unit cube to its end."""
    problem.solves = 0
    descent, best = QuasiNewton(start, UnitSlopes(problem).at, TOLERANCE), np.inf
    while True:
        value = float(problem.evaluate(problem.space.from_unit(descent.point[None])).objectives[0, 0])
        best = min(best, value)
        if not descent.advance(value):
            return {"objective": best, "solves": problem.solves}


def instance(name: str, problem: Expansion) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    ends = [descend(problem, rng.random(problem.space.width)) for _ in range(STARTS)]
    more = [descend(problem, rng.random(problem.space.width))["objective"] for _ in range(CONFIRMING)]
    runs = {method: [best_by_solves(problem, find(method)(), seed, SOLVES) for seed in range(SEEDS)] for method in METHODS}
    best = min(*(end["objective"] for end in ends), *more, *(values[-1] for found in runs.values() for _, values in found))
    reached = [end["objective"] <= best * (1 + REACHED) for end in ends]
    methods = {}
    for method, found in runs.items():
        hits = [within(counts, values, best * (1 + REACHED)) for counts, values in found]
        there = [hit for hit in hits if hit is not None]
        methods[method] = {
            "reached": len(there),
            "seeds": SEEDS,
            "median_solves": statistics.median(there) if there else None,
            "median_excess": statistics.median(values[-1] / best - 1 for _, values in found),
        }
    corner = problem.evaluate(problem.anchors()).objectives[:, 0].tolist()
    return {
        "instance": name,
        "links": problem.space.width,
        "nothing_half_all": corner,
        "best_known": best,
        "starts": STARTS,
        "starts_that_reach": sum(reached),
        "share_of_confirming_starts_that_reach": float(np.mean(np.asarray(more) <= best * (1 + REACHED))),
        "median_solves_of_a_start": statistics.median(end["solves"] for end in ends),
        "ends": [end["objective"] for end in ends],
        "methods": methods,
    }


def main() -> None:
    if "BRAESS_DATA" not in os.environ:
        sys.exit("the Harker-Friesz network is read from the folder named by BRAESS_DATA")
    began, rows = time.perf_counter(), []
    for name, problem in (
        ("Harker-Friesz I: trips 5 and 10, at most +10", HARKER_FRIESZ_I),
        ("Harker-Friesz II: trips 10 and 20, at most +20", HARKER_FRIESZ_II),
        ("Sioux Falls 1987: ten links, quadratic costs, at most +25", SIOUX_FALLS_1987),
    ):
        rows.append(instance(name, Expansion(**problem())))
        print(rows[-1], flush=True)
    methods = {
        method: f"continuous network design, {SOLVES:,} solves of the follower: best known design reached in "
        + ", ".join(f"{row['methods'][method]['reached']}" for row in rows)
        + f" of {SEEDS} runs (Harker-Friesz I, II, Sioux Falls)"
        for method in METHODS
    }
    starts = ", ".join(f"{row['starts_that_reach']}" for row in rows)
    methods["gradient"] += f"; single starts that reach it: {starts} of {STARTS}"
    figures = {"solves": SOLVES, "reached_within": REACHED, "seconds": time.perf_counter() - began}
    print(write_result(__file__, figures | {"instances": rows, "methods": methods}))


if __name__ == "__main__":
    main()
