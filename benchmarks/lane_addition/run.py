"""Runs the six lane-addition scenarios of Sioux Falls for a minute each and compares with the published results."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LaneAddition, load, published_table
from braess.domains.road.formats import as_published_madadi2023
from braess.search import find
from braess.study import Budget, Study
from results import whole, write_result

METHODS = ("local", "genetic")
FINAL_GAP = 1e-10


def solve(problem: LaneAddition, method: str, seed: int, seconds: float, workers: int) -> dict[str, Any]:
    study = Study(problem, find(method)(), budget=Budget(seconds=seconds), seed=seed, workers=workers, progress="off")
    result = whole(study.run())
    best = result.best_design
    checked = problem.check(best)
    assert checked.errors == (None,), checked.errors
    assert checked.feasible[0]
    return {
        "total_travel_time": float(checked.objectives[0, 0]),
        "evaluations": len(result.designs),
        "seconds": float(result.elapsed[-1]),
        "links": best["lanes"][0].nonzero()[0].tolist(),
    }


def scenario(share: float, step: float, published: float, options: argparse.Namespace) -> dict[str, Any]:
    network, demand = load("sioux-falls")
    problem = LaneAddition(as_published_madadi2023(network), demand, budget_share=share, capacity_step=step)
    methods = {}
    for method in METHODS:
        runs = [solve(problem, method, seed, options.seconds, options.workers) for seed in range(options.seeds)]
        found = [run["total_travel_time"] for run in runs]
        methods[method] = {"median": statistics.median(found), "best": min(found), "worst": max(found), "runs": runs}
        print(share, step, method, published, [f"{value:,.0f} ({value / published - 1:+.3%})" for value in found], flush=True)
    return {"budget_share": share, "capacity_step": step, "published": published, "methods": methods}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    table = published_table("ndp_madadi2023_sorb")
    rows = table[(table.variant == "lane-addition") & (table.network == "SiouxFalls")]
    scenarios = [
        scenario(float(row.budget_or_swap_share), float(row.capacity_step), float(row.sorb_tstt), options)
        for row in rows.itertuples()
    ]
    print(write_result(__file__, summary(scenarios, options)))


def summary(scenarios: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    methods = {}
    for method in METHODS:
        ratios = [row["methods"][method]["median"] / row["published"] - 1 for row in scenarios]
        methods[method] = (
            f"Sioux Falls lane addition, {options.seconds:g} s: {min(ratios):+.2%} to {max(ratios):+.2%} against the published "
            "four-hour results"
        )
    return {
        "seconds": options.seconds,
        "workers": options.workers,
        "seeds": list(range(options.seeds)),
        "final_gap": FINAL_GAP,
        "scenarios": scenarios,
        "methods": methods,
    }


if __name__ == "__main__":
    main()
