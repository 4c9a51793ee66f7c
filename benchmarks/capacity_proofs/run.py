"""Proves what can be proven of lane swaps and capacity expansions in a minute each."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import CapacityExpansion, LaneAddition, LaneSwap, load, load_lane_swap
from braess.search import find
from braess.study import Budget, Study
from continuous import HARKER_FRIESZ_I, HARKER_FRIESZ_II, SIOUX_FALLS_1987
from results import whole, write_result

SECONDS = 60.0
LANES = 15  # links that may get lanes, drawn at random


def lane_swap() -> LaneSwap:
    found = load_lane_swap("sioux-falls", 0.25)
    return LaneSwap(found.network, found.demand, pairs=found.pairs)


def lane_addition() -> LaneAddition:
    network, demand = load("sioux-falls")
    links = np.sort(np.random.default_rng(1).choice(network.links, LANES, replace=False))
    return LaneAddition(network, demand, links=links.tolist(), budget_share=0.5)


INSTANCES: tuple[tuple[str, float, Any], ...] = (
    (f"lane addition, Sioux Falls, {LANES} links drawn at random, half budget", 1e-6, lane_addition),
    ("lane swap, Sioux Falls, published pairs (25 %)", 1e-4, lane_swap),
    ("expansion, Sioux Falls 1987, the first of its links", 1e-4, lambda: CapacityExpansion(**SIOUX_FALLS_1987(1))),
    ("expansion, Sioux Falls 1987, the first two", 1e-3, lambda: CapacityExpansion(**SIOUX_FALLS_1987(2))),
    ("expansion, Sioux Falls 1987, all ten", 1e-3, lambda: CapacityExpansion(**SIOUX_FALLS_1987())),
    ("expansion, Harker-Friesz I", 1e-3, lambda: CapacityExpansion(**HARKER_FRIESZ_I())),
    ("expansion, Harker-Friesz II", 1e-3, lambda: CapacityExpansion(**HARKER_FRIESZ_II())),
)


def prove(name: str, gap: float, problem: Any) -> dict[str, Any]:
    root = problem.bound(*problem.space.bounds, cutoff=np.inf)  # compiles, too
    began = time.perf_counter()
    search, budget = find("branch-and-bound")(gap=gap), Budget(seconds=SECONDS)
    result = whole(Study(problem, search, budget=budget, seed=0, progress="off").run())
    seconds = time.perf_counter() - began
    best = float(problem.check(result.best_design).objectives[0, 0])
    return {
        "instance": name,
        "decisions": problem.space.width,
        "asked": gap,
        "best": best,
        "root_gap": 1.0 - root.value / best,
        "gap": result.gap,
        "boxes": json.loads(result.artifacts["certificate.json"].data)["boxes"],
        "seconds": seconds,
    }


def main() -> None:
    if "BRAESS_DATA" not in os.environ:
        sys.exit("the Harker-Friesz network is read from the folder named by BRAESS_DATA")
    rows = []
    for name, gap, problem in INSTANCES:
        rows.append(prove(name, gap, problem()))
        print(rows[-1], flush=True)
    print(write_result(__file__, {"seconds": SECONDS, "rows": rows}))


if __name__ == "__main__":
    main()
