"""Measures predictors on published search logs, and searches with and without a predictor on a table of all cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from logs import TRAINING, foretold, volumes

from braess.domains.architecture.tables import dynast
from braess.domains.architecture.tables.problems import NASBench201
from braess.problem import Evaluations
from braess.search import Search
from braess.search.linas import LINAS
from braess.search.nsga2 import NSGA2
from braess.search.random import Random
from braess.study.enumeration import enumerated_front
from braess.study.indicators import hypervolume, scaled
from braess.testing import go_on
from results import go_through

RESULT = Path(__file__).with_name("result.json")
NAMES = ("part", "what", "size", "seed")
SPLITS = 10
SEEDS = range(10, 18)  # settings were looked at with lower ones
MARKS = (50, 100, 150, 200, 250, 300, 400, 500)
OBJECTIVES = ("accuracy-cifar10", "latency-pixel3")
REFERENCE = 1.1  # in each objective, where 0 is the best and 1 the worst of the exact front
WITHIN: dict[str, Any] = {"search": "nsga2", "options": {"population": 50}, "predicted": 2000}
SEARCHES: dict[str, Search] = {
    "random": Random(),
    "nsga2, 50": NSGA2(population=50),
    "linas, kernel-ridge": LINAS(predictor="kernel-ridge", **WITHIN),
    "nsga2, 20": NSGA2(population=20),
    "linas, ridge": LINAS(predictor="ridge", **WITHIN),
    "linas, boosted-trees": LINAS(predictor="boosted-trees", **WITHIN),
    "linas, kernel-ridge, 20": LINAS(predictor="kernel-ridge", population=20, **WITHIN),
}
PREDICTORS = {"ridge": SPLITS, "kernel-ridge": 3, "boosted-trees": 3}


@cache
def problem() -> tuple[NASBench201, np.ndarray]:
    """Return the problem and its exact front."""
    found = NASBench201(OBJECTIVES)
    return found, enumerated_front(found) * found.signs


def regrets(search: Search, seed: int) -> dict[str, float]:
    """Return which share of the exact hypervolume is missing after so many measurements."""
    table, front = problem()
    corners = front.min(axis=0), front.max(axis=0)
    reference = np.full(len(OBJECTIVES), REFERENCE)
    whole = hypervolume(scaled(front, *corners), reference)
    running = search.start(table, np.random.default_rng(seed))
    found = Evaluations.concatenate([table.evaluate(batch) for batch in go_on(running, table, MARKS[-1], 50)])
    points = scaled(found.objectives * table.signs, *corners)
    return {str(mark): 1.0 - hypervolume(points[:mark], reference) / whole for mark in MARKS}


def measure(part: str, what: str, size: int, seed: int) -> dict[str, Any]:
    if part == "log":
        return {"volumes": volumes(what)}
    if part == "predictor":
        predictor, encoding = what.split(", ")
        return foretold(predictor, encoding, size, seed)
    return {"regrets": regrets(SEARCHES[what], seed)}


def keys() -> Iterator[tuple[str, str, int, int]]:
    for log in dynast.LOGS:
        yield "log", log, 0, 0
    for predictor, splits in PREDICTORS.items():
        for size in TRAINING:
            for encoding in ("plain", "masked"):
                for seed in range(splits):
                    yield "predictor", f"{predictor}, {encoding}", size, seed
    for seed in SEEDS:
        for name in SEARCHES:
            yield "nas-bench-201", name, MARKS[-1], seed


if __name__ == "__main__":
    go_through(RESULT, NAMES, keys(), measure)
