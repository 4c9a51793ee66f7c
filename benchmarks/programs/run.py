"""Validation error against networks trained: searches over successive choices in a space written as a program."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.language import (
    Affine,
    BatchNorm,
    Concat,
    Conv2D,
    Dropout,
    MaybeSwap,
    Module,
    Optional,
    ReLU,
    RepeatTied,
    Settings,
)
from braess.domains.architecture.language.family import ProgramFamily
from braess.domains.architecture.training.problem import ImageSource, TrainedNetworks
from braess.domains.architecture.training.recipe import Training
from braess.search import Search
from braess.search.mcts import MCTS
from braess.search.random import Random
from braess.search.regularised_evolution import RegularisedEvolution
from braess.search.smbo import SMBO
from results import go_through

OUT = Path(__file__).with_name("result.json")
SEEDS, NETWORKS = range(5), 24
METHODS: dict[str, Search] = {
    "random": Random(),
    "mcts": MCTS(),
    "mcts, halved": MCTS(bisect=True),
    "smbo": SMBO(),
    "regularised-evolution": RegularisedEvolution(population=10, sample=5),
}
_SOURCE = ImageSource(name="fashion-mnist", training=3_000, validation=2_000, test=None, pooled=2)


def _stage(filters: list[int]) -> list[Module]:
    layer = Concat([Conv2D(filters, [3, 5]), MaybeSwap(ReLU(), BatchNorm()), Optional(Dropout([0.5, 0.9]))])
    return [Conv2D(filters, [3, 5, 7], [2]), RepeatTied(layer, [1, 2, 3, 4])]


@cache
def problem() -> TrainedNetworks:
    """Return the published space, convolutions a sixth as wide and blocks repeated up to four times, and its training."""
    rates, decays = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2], [1e-5, 1e-4, 1e-3, 1e-2]
    trained = Settings({"rate": rates, "decay": decays, "batch": [32, 64, 128]})
    program = Concat([*_stage([8, 12, 16, 20]), *_stage([16, 24, 32, 40]), Affine([10]), trained])
    family = ProgramFamily(image=(1, 14, 14), program=program)
    return TrainedNetworks("program", family, _SOURCE, training=Training(epochs=4), objectives=("error",))


def measure(seed: int, method: str) -> dict[str, Any]:
    """Train as many networks as a search asks for, one by one; judge the best by the images for testing."""
    networks = problem()
    running = METHODS[method].start(networks, np.random.default_rng(seed))
    began, errors, asked = time.process_time(), [], []
    while len(errors) < NETWORKS:
        batch = running.ask(1)
        found = networks.evaluate(batch)
        running.tell(batch, found)
        asked.append(batch)
        errors.append(100.0 if found.failed[0] else float(found.objectives[0, 0]))
    best = asked[int(np.argmin(errors))]
    return {
        "cardinality": networks.space.cardinality,
        "errors": [round(error, 3) for error in errors],
        "test_error": float(networks.test_error(best)[0]),
        "best": {name: value for name, value in best.rows()[0].items() if value is not None},
        "seconds": round(time.process_time() - began, 1),
    }


def main() -> None:
    torch.set_num_threads(1)
    go_through(OUT, ("seed", "method"), [(seed, method) for seed in SEEDS for method in METHODS], measure)


if __name__ == "__main__":
    main()
