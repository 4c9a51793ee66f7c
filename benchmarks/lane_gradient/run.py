"""Lane addition on Sioux Falls: the gradient search and local search after as many solves of the follower, and seconds."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LaneAddition, load, published_table
from braess.domains.road.formats import as_published_madadi2023
from braess.search import find
from braess.study import Budget, Study
from counting import Counting, best_by_solves
from results import whole, write_result

METHODS = ("gradient", "local")
SOLVES = (100, 400)  # of the follower, gradients included
SEEDS = 3
SECONDS = 10.0
TIMED = (0.5, 0.5)  # budget share and capacity step of the scenario that is also compared by seconds


class Lanes(Counting, LaneAddition):
    """Lane addition that counts."""


def at(counts: list[int], values: list[float], solves: int) -> float:
    """Return the best value after so many solves."""
    return min(value for count, value in zip(counts, values, strict=True) if count <= solves)


def by_seconds(problem: Lanes, method: str) -> dict[str, Any]:
    found, evaluations = [], []
    for seed in range(SEEDS):
        result = whole(Study(problem, find(method)(), budget=Budget(seconds=SECONDS), seed=seed, progress="off").run())
        found.append(float(problem.check(result.best_design).objectives[0, 0]))
        evaluations.append(len(result.designs))
    return {"median": statistics.median(found), "worst": max(found), "evaluations": statistics.median(evaluations)}


def scenario(share: float, step: float, published: float) -> dict[str, Any]:
    network, demand = load("sioux-falls")
    problem = Lanes(as_published_madadi2023(network), demand, budget_share=share, capacity_step=step)
    methods: dict[str, Any] = {}
    for method in METHODS:
        runs = [best_by_solves(problem, find(method)(), seed, max(SOLVES)) for seed in range(SEEDS)]
        methods[method] = {
            f"after_{solves}": statistics.median(at(counts, values, solves) for counts, values in runs) for solves in SOLVES
        }
        if (share, step) == TIMED:
            methods[method]["by_seconds"] = by_seconds(problem, method)
    return {"budget_share": share, "capacity_step": step, "published": published, "methods": methods}


def main() -> None:
    began, rows = time.perf_counter(), []
    table = published_table("ndp_madadi2023_sorb")
    for row in table[(table.variant == "lane-addition") & (table.network == "SiouxFalls")].itertuples():
        rows.append(scenario(float(row.budget_or_swap_share), float(row.capacity_step), float(row.sorb_tstt)))
        print(rows[-1], flush=True)
    methods = {}
    for method in METHODS:
        excess = [[row["methods"][method][f"after_{n}"] / row["published"] - 1 for row in rows] for n in SOLVES]
        spans = " and ".join(f"{min(part):+.2%} to {max(part):+.2%} after {n}" for part, n in zip(excess, SOLVES, strict=True))
        methods[method] = f"Sioux Falls lane addition against the published four-hour results: {spans} solves of the follower"
    figures = {"solves": SOLVES, "seeds": SEEDS, "seconds": SECONDS, "took": time.perf_counter() - began}
    print(write_result(__file__, figures | {"scenarios": rows, "methods": methods}))


if __name__ == "__main__":
    main()
