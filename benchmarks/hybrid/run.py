"""Runs the 36 scenarios of Madadi and Correia (2023) for a minute each with several searches, and keeps each run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from gin_ga import gin_ga

from braess.domains.road import LaneAddition, LaneSwap, load, published_table
from braess.domains.road.formats import as_published_madadi2023
from braess.domains.road.published import load_lane_swap
from braess.learn.preparation import Prepared, Recipe, prepare
from braess.search import Search, find
from braess.search.hybrid import Hybrid
from braess.study import Budget, Result, Study
from results import add_row, kept_rows, key_of, whole

METHODS = ("random", "genetic", "local", "gradient", "gin-ga", "hybrid")
NETWORKS = {"SiouxFalls": "sioux-falls", "Anaheim": "anaheim", "Eastern-Massachusetts": "eastern-massachusetts"}
THREADS = 1
AFTER = (1, 2, 5, 10, 20, 30, 60)  # seconds
EXAMPLES, DEVIATION = 20_000, 0.2  # that gin-ga learns from, as published
_RESULT = Path(__file__).resolve().parent / "result.json"

NAMES = ("variant", "network", "share", "step", "method", "seed")  # of what tells one run from others


def scenarios() -> Iterator[tuple[tuple[str, str, float, float], LaneAddition | LaneSwap, float]]:
    """Yield variant, network, share and capacity step of each scenario, its problem, and the published four-hour result."""
    for row in published_table("ndp_madadi2023_sorb").itertuples():
        name, share, step = NETWORKS[row.network], float(row.budget_or_swap_share), float(row.capacity_step)
        problem: LaneAddition | LaneSwap
        if row.variant == "lane-addition":
            network, demand = load(name)
            problem = LaneAddition(as_published_madadi2023(network), demand, budget_share=share, capacity_step=step)
        else:
            found = load_lane_swap(name, share)
            pairs = [(int(first), int(second)) for first, second in found.pairs]
            problem = LaneSwap(found.network, found.demand, pairs=pairs, capacity_step=step)
        yield (row.variant, name, share, step), problem, float(row.sorb_tstt)


def gin(name: str, seconds: float) -> Prepared:
    """Make the network of gin-ga ready, one for all scenarios of a road network, or find it again."""
    network, demand = load(name)
    problem = LaneAddition(as_published_madadi2023(network), demand, budget_share=0.5, capacity_step=0.5)
    return prepare(problem, Recipe("gin", EXAMPLES, DEVIATION, epochs=1000, seconds=seconds), threads=THREADS)


def measure(name: str, problem: LaneAddition | LaneSwap, method: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Run one search, and solve its best design again from nothing by an independent route."""
    if method == "gin-ga":
        ready = gin(name, options.gin_learning)
        row = gin_ga(problem, ready.model, seed=seed, seconds=options.seconds)
        best = row.pop("best")
        row["learning_seconds"] = ready.seconds
    else:
        search: Search = Hybrid(learning_seconds=options.learning) if method == "hybrid" else find(method)()
        study = Study(problem, search, budget=Budget(seconds=options.seconds), seed=seed, workers=THREADS, progress="off")
        result = whole(study.run())
        best = result.best_design
        row = {
            "found_after": float(result.elapsed[result.best or 0]),
            "evaluations": len(result.designs),
            "seconds": result.spent,
            "best_after": best_after(result, AFTER),
        }
        if result.predictions is not None:
            row |= {name: result.predictions[name] for name in ("predicted", "error", "corrected_error", "covered")}
            row["learning_seconds"] = result.predictions["model"]["seconds"]
    checked = problem.check(best)
    assert checked.feasible[0], checked.errors
    return row | {"total_travel_time": float(checked.objectives[0, 0])}


def best_after(result: Result, after: Sequence[int]) -> dict[str, float]:
    """Return the best total travel time after so many seconds of the search, where there is one."""
    best = result.history()[:, 0]
    count = {seconds: int(np.searchsorted(result.elapsed, seconds, side="right")) for seconds in after}
    return {str(seconds): float(best[n - 1]) for seconds, n in count.items() if n and np.isfinite(best[n - 1])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="*", default=list(METHODS), help="left out: all")
    parser.add_argument("--network", choices=sorted(NETWORKS.values()), help="left out: all")
    parser.add_argument("--variant", choices=("lane-addition", "lane-swap"), help="left out: both")
    parser.add_argument("--seconds", type=float, default=60.0, help="that each search gets")
    parser.add_argument(
        "--learning", type=float, default=30.0, help="most seconds that the model of hybrid learns, not counted"
    )
    parser.add_argument("--gin-learning", type=float, default=1800.0, help="the same of the network of gin-ga")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    for seed in range(options.seeds):
        for where, problem, published in scenarios():
            if options.network not in (None, where[1]) or options.variant not in (None, where[0]):
                continue
            for method in options.methods:
                key = (*where, method, seed)
                if key in {key_of(row, NAMES) for row in kept_rows(_RESULT)}:
                    continue
                row = dict(zip(NAMES, key, strict=True)) | {"published": published}
                row |= measure(where[1], problem, method, seed, options)
                row["gap_to_published"] = row["total_travel_time"] / published - 1.0
                add_row(_RESULT, row | {"threads": THREADS, "budget_seconds": options.seconds}, NAMES)
                print(key, f"{row['total_travel_time']:,.1f} ({row['gap_to_published']:+.4%})", flush=True)


if __name__ == "__main__":
    main()
