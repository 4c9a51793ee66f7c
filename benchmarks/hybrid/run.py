"""Runs the 36 scenarios of Madadi and Correia (2023) for a minute each with several searches, and keeps each run."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LaneAddition, LaneSwap, load, published_table
from braess.domains.road.formats import as_published_madadi2023
from braess.domains.road.published import load_lane_swap
from braess.search import Search, find
from braess.search.hybrid import Hybrid
from braess.study import Budget, Study
from results import stamp

METHODS = ("random", "genetic", "local", "gradient", "hybrid")
NETWORKS = {"SiouxFalls": "sioux-falls", "Anaheim": "anaheim", "Eastern-Massachusetts": "eastern-massachusetts"}
THREADS = 2
_RESULT = Path(__file__).resolve().parent / "result.json"

Key = tuple[str, str, float, float, str, int]


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


def measure(problem: LaneAddition | LaneSwap, method: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Run one search, and solve its best design again from nothing by an independent route."""
    search: Search = Hybrid(learning_seconds=options.learning) if method == "hybrid" else find(method)()
    study = Study(problem, search, budget=Budget(seconds=options.seconds), seed=seed, workers=THREADS, progress="off")
    result = study.run()
    checked = problem.check(result.best_design)
    assert checked.feasible[0], checked.errors
    row: dict[str, Any] = {
        "total_travel_time": float(checked.objectives[0, 0]),
        "found_after": float(result.elapsed[result.best or 0]),
        "evaluations": len(result.designs),
        "seconds": result.spent,
    }
    if result.predictions is not None:
        row |= {name: result.predictions[name] for name in ("predicted", "error", "corrected_error", "covered")}
        row["learning_seconds"] = result.predictions["model"]["seconds"]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="*", default=list(METHODS), help="left out: all")
    parser.add_argument("--network", choices=sorted(NETWORKS.values()), help="left out: all")
    parser.add_argument("--variant", choices=("lane-addition", "lane-swap"), help="left out: both")
    parser.add_argument("--seconds", type=float, default=60.0, help="that each search gets")
    parser.add_argument("--learning", type=float, default=300.0, help="most seconds that a model learns, not counted")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    rows = json.loads(_RESULT.read_text(encoding="utf-8"))["rows"] if _RESULT.exists() else []
    done = {_key(row) for row in rows}
    for seed in range(options.seeds):
        for where, problem, published in scenarios():
            if options.network not in (None, where[1]) or options.variant not in (None, where[0]):
                continue
            for method in options.methods:
                key: Key = (*where, method, seed)
                if key in done:
                    continue
                names = ("variant", "network", "share", "step", "method", "seed")
                row = dict(zip(names, key, strict=True)) | {"published": published} | measure(problem, method, seed, options)
                row["gap_to_published"] = row["total_travel_time"] / published - 1.0
                rows.append(row | {"budget_seconds": options.seconds} | stamp())
                print(key, f"{row['total_travel_time']:,.1f} ({row['gap_to_published']:+.4%})", flush=True)
                unfinished = _RESULT.with_name(f"{_RESULT.name}.unfinished")
                unfinished.write_text(json.dumps({"rows": sorted(rows, key=_key)}, indent=2) + "\n", encoding="utf-8")
                os.replace(unfinished, _RESULT)


def _key(row: dict[str, Any]) -> Key:
    return row["variant"], row["network"], row["share"], row["step"], row["method"], row["seed"]


if __name__ == "__main__":
    main()
