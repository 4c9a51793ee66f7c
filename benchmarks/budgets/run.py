"""Lets searches that train a mixture find designs within a hard budget, on tables whose best designs within it are known."""

from __future__ import annotations

import argparse
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.tables.problems import NASBench201, NASBenchMacro
from braess.problem import Evaluations, Problem
from braess.search import Search
from braess.search.darts import DARTS
from braess.search.fbnet import FBNet
from braess.search.proxylessnas import ProxylessNAS
from braess.search.random import Random
from braess.space import every_design
from results import go_through

SEEDS = 5
NAMES = ("table", "cost", "share", "method", "seed")
DEVICES = tuple(f"latency-{name}" for name in ("1080ti_1", "titan_rtx_32", "silver_4114", "pixel2", "samsung_s7", "raspi4"))
SHARES = (0.2, 0.4, 0.6)  # of all designs that are within the budget
MACRO = (30.0, 40.0, 50.0, 60.0, 80.0)  # millions of FLOPs, as in the published front
_RATES = {"epochs": 40, "leader_rate": 0.1, "leader_decay": 0.0}
METHODS: dict[str, Search] = {
    "darts": DARTS(**_RATES),
    "fbnet": FBNet(cost="budget", warmup=0, draws=0, **_RATES),
    "proxylessnas": ProxylessNAS(cost="budget", warmup=0, inner=1, **_RATES),
    "proxylessnas, reinforce": ProxylessNAS(cost="budget", warmup=0, inner=1, estimator="reinforce", **_RATES),
    **{
        f"proxylessnas, soft {strength:g}": ProxylessNAS(cost="linear", strength=strength, warmup=0, inner=1, **_RATES)
        for strength in (0.03, 0.1, 0.3)
    },
}


@cache
def problem(table: str, cost: str, share: float) -> tuple[Problem, float, float]:
    """Return a problem with a budget, the budget, and the best accuracy within it."""
    build = NASBench201 if table == "nas-bench-201" else NASBenchMacro
    accuracy = "accuracy-cifar10" if table == "nas-bench-201" else "accuracy"
    free = build((accuracy, cost))
    every = free.evaluate(every_design(free.space)).objectives
    limit = share if table == "nas-bench-macro" else float(np.quantile(every[:, 1], share))
    return build((accuracy,), {cost: limit}), limit, float(every[every[:, 1] <= limit, 0].max())


def measure(table: str, cost: str, share: float, method: str, seed: int) -> dict[str, Any]:
    """Search until the search ends, and draw as many designs at random."""
    known, limit, best = problem(table, cost, share)
    search = METHODS[method]
    began = time.process_time()
    running = search.start(known, np.random.default_rng(seed))
    found: list[Evaluations] = []
    while len(batch := running.ask(64)):
        found.append(known.evaluate(batch))
        running.tell(batch, found[-1])
    whole = Evaluations.concatenate(found)
    random = known.evaluate(Random().start(known, np.random.default_rng(seed)).ask(len(whole)))
    last = found[-1]
    return {
        "gap": _gap(best, whole),
        "gap_of_random": _gap(best, random),
        "evaluations": len(whole),
        "within": float(whole.feasible.mean()),
        "last_cost": float(1 + last.constraints[0, 0] / limit),
        "seconds": time.process_time() - began,
    }


def _gap(best: float, found: Evaluations) -> float | None:
    """Return how far the best of these within the budget is below the best there is; nothing where none is within it."""
    return best - float(found.objectives[found.feasible, 0].max()) if found.feasible.any() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="*", default=list(METHODS), help="left out: all")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases = [("nas-bench-macro", "flops", limit) for limit in MACRO]
    cases += [("nas-bench-201", device, share) for device in DEVICES for share in SHARES]
    keys = [(*case, method, seed) for seed in range(options.seeds) for case in cases for method in options.methods]
    go_through(Path(__file__).resolve().with_name("result.json"), NAMES, keys, measure)


if __name__ == "__main__":
    main()
