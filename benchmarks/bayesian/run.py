"""Runs Bayesian optimisation and others on the constrained engineering problems, and keeps regret and time of each run."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.engineering import PROBLEMS, EngineeringProblem, load
from braess.problem import Evaluations
from braess.search import Search, find
from results import add_row, kept_rows, key_of

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "pfn-bo": ("pfn-bo", {}),
    "pfn-bo, cei+": ("pfn-bo", {"acquisition": "cei+"}),
    "pfn-bo, penalty": ("pfn-bo", {"acquisition": "penalty"}),
    "botorch": ("botorch", {}),
    "cma-es": ("cma-es", {}),
    "random": ("random", {}),
}
EVALUATIONS, SEEDS = 60, 10
AFTER = (20, 30, 40, 50, 60)
NAMES = ("problem", "method", "seed")  # of what tells one run from others
_RESULT = Path(__file__).resolve().parent / "result.json"


def measure(problem: EngineeringProblem, search: Search, seed: int) -> dict[str, Any]:
    """Run a search; regrets are against the best known feasible objective, ``None`` as long as nothing is feasible."""
    running = search.start(problem, np.random.default_rng(seed))
    seconds, found = [], []
    while len(found) < EVALUATIONS:
        began = time.perf_counter()
        batch = running.ask(1)
        seconds.append(time.perf_counter() - began)
        found.append(problem.evaluate(batch))
        running.tell(batch, found[-1])
    whole = Evaluations.concatenate(found)
    values = np.where(whole.feasible, (whole.objectives * problem.signs)[:, 0], np.inf)
    best = np.minimum.accumulate(values) - float(problem.signs[0]) * float(problem.known.objective or 0.0)
    return {
        "regret_after": {str(n): float(best[n - 1]) if np.isfinite(best[n - 1]) else None for n in AFTER},
        "feasible": int(whole.feasible.sum()),
        "seconds_per_proposal": float(np.median(seconds[EVALUATIONS // 2 :])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", default=list(PROBLEMS), help="left out: all")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), help="left out: all")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(options.seeds):
        for name in options.problems:
            for method in options.methods:
                key = (name, method, seed)
                if key in {key_of(row, NAMES) for row in kept_rows(_RESULT)}:
                    continue
                kind, settings = METHODS[method]
                row = dict(zip(NAMES, key, strict=True)) | measure(load(name, "corrected"), find(kind)(**settings), seed)
                add_row(_RESULT, row, NAMES)
                print(key, row["regret_after"][str(EVALUATIONS)], f"{row['seconds_per_proposal']:.3f} s", flush=True)


if __name__ == "__main__":
    main()
