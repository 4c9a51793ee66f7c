"""Widens a hundred links of small and large road networks, with and without predictions, and keeps how good after how long."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from run import best_after

from braess.domains.road import Assignment, LaneAddition, load
from braess.problem import Differentiable, Wrapper
from braess.search import Search, find
from braess.search.hybrid import Hybrid
from braess.study import Budget, Study
from results import add_row, kept_rows, key_of, whole

SECONDS = {"sioux-falls": 60, "eastern-massachusetts": 60, "anaheim": 60, "chicago-sketch": 300}
AFTER = (2, 5, 10, 20, 30, 60, 120, 180, 240, 300)
METHODS = ("random", "genetic", "local", "gradient", "hybrid", "hybrid without derivatives")
CANDIDATES, SHARE, STEP, GAP = 100, 0.5, 0.5, 1e-6
EXAMPLES, LEARNING, THREADS = 500, 120.0, 1
NAMES = ("network", "method", "seed")  # of what tells one run from others
_RESULT = Path(__file__).resolve().parent / "scale.json"


class WithoutDerivatives(Wrapper):
    """A problem that keeps its derivatives to itself, as followers do that are not ours."""

    hides: ClassVar[tuple[type[Any], ...]] = (Differentiable,)


def widening(name: str) -> LaneAddition:
    """Return the problem to widen half of the links that are fullest for their capacity."""
    network, demand = load(name)
    flow = Assignment(network, demand).solve(relative_gap=GAP).flow
    fullest = np.sort(np.argsort(-flow / network.capacity, kind="stable")[:CANDIDATES])
    return LaneAddition(network, demand, budget_share=SHARE, capacity_step=STEP, links=fullest.tolist(), relative_gap=GAP)


def measure(problem: LaneAddition, method: str, seed: int, seconds: int) -> dict[str, Any]:
    """Run one search, and solve its best design again by an independent route."""
    hybrid = Hybrid(examples=EXAMPLES, learning_seconds=LEARNING)
    search: Search = hybrid if method.startswith("hybrid") else find(method)()
    asked = WithoutDerivatives(problem) if method.endswith("derivatives") else problem
    study = Study(asked, search, budget=Budget(seconds=seconds), seed=seed, workers=THREADS, progress="off")
    result = whole(study.run())
    checked = problem.check(result.best_design)
    assert checked.feasible[0], checked.errors
    row: dict[str, Any] = {
        "total_travel_time": float(checked.objectives[0, 0]),
        "evaluations": len(result.designs),
        "best_after": best_after(result, [after for after in AFTER if after <= seconds]),
    }
    if result.predictions is not None:
        row |= {name: result.predictions[name] for name in ("predicted", "error", "corrected_error", "covered")}
        row |= {"learning_seconds": result.predictions["model"]["seconds"], "cost": result.predictions["model"]["cost"]}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(SECONDS), help="left out: all")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    problems = {name: widening(name) for name in options.networks}
    for seed in range(options.seeds):
        for name, problem in problems.items():
            for method in METHODS:
                key = (name, method, seed)
                if key in {key_of(row, NAMES) for row in kept_rows(_RESULT)}:
                    continue
                row = dict(zip(NAMES, key, strict=True)) | measure(problem, method, seed, SECONDS[name])
                add_row(_RESULT, row | {"nodes": problem.network.nodes, "budget_seconds": SECONDS[name]}, NAMES)
                print(key, f"{row['total_travel_time']:,.1f}", flush=True)


if __name__ == "__main__":
    main()
