"""The cells of NAS-Bench-201: how far the best that is found in 564 evaluations is from the best there is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.tables.problems import NASBench201
from braess.search import Search
from braess.search.local import Local
from braess.search.op_gfn import OPGFN
from braess.search.random import Random
from braess.search.regularised_evolution import RegularisedEvolution
from braess.space import every_design
from braess.testing import go_on
from results import go_through_seeds

DATA = ("cifar10", "cifar100", "imagenet16-120")
METHODS: dict[str, Search] = {
    "op-gfn": OPGFN(),
    "op-gfn, any order": OPGFN(construction="any-order"),
    "op-gfn, tens": OPGFN(construction="any-order", batch=10, updates=200, rate=1e-3),
    "regularised-evolution": RegularisedEvolution(),
    "local": Local(),
    "random": Random(),
}
EVALUATIONS, BATCH = 564, 2  # the paper's number; so many asked for at a time, a divisor of it
AFTER = (64, 214, EVALUATIONS)
NAMES = ("data", "method", "seed")
_RESULT = Path(__file__).resolve().with_name("cells.json")


def measure(data: str, method: str, seed: int) -> dict[str, Any]:
    """Return how many points of accuracy one run is short of the best cell after so many evaluations."""
    problem = NASBench201((f"accuracy-{data}",))
    best = problem.evaluate(every_design(problem.space)).objectives.max()
    began = time.perf_counter()
    running = METHODS[method].start(problem, np.random.default_rng(seed))
    designs = problem.space.concatenate(go_on(running, problem, EVALUATIONS, BATCH))
    seconds = time.perf_counter() - began
    found = np.maximum.accumulate(problem.evaluate(designs).objectives[:, 0])
    return {"short": {str(n): float(best - found[min(n, len(found)) - 1]) for n in AFTER}, "seconds": seconds}


def main() -> None:
    torch.set_num_threads(1)
    go_through_seeds(__doc__, _RESULT, NAMES, DATA, METHODS, measure)


if __name__ == "__main__":
    main()
