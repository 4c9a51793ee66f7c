"""Trains sub-networks that random search chose by their loss before training, beside random ones of the same size."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.sparse.perceptron import Perceptron, Training
from braess.domains.architecture.sparse.problem import SparseNetwork
from braess.domains.architecture.training import Images, load_images
from braess.search.random import Random
from braess.space import Designs
from results import go_through

RESULT = Path(__file__).with_name("result.json")
NAMES = ("part", "rescaled", "sparsity", "seed")
SEEDS = {0.5: 10, 0.9: 10, 0.97: 30}  # of each sparsity: more where ten left it open
DRAWS, SELECTION = 200, 500
WIDTHS = (196, 256, 10)
RESCALED_SEEDS = {0.5: 8, 0.9: 8, 0.97: 30}
ORACLE_SPARSITY, ORACLE_DRAWS, ORACLE_SEEDS = 0.97, 20, 8
TARGET = 0.95  # share of the random network's last accuracy: when is it reached first?


@cache
def images() -> Images:
    return load_images("fashion-mnist", training=6000, validation=SELECTION, test=10_000, pooled=2)


def build(sparsity: float, seed: int, rescaled: bool, score: Any = "initial-loss") -> SparseNetwork:
    parent = Perceptron.initial(WIDTHS, np.random.default_rng(seed))
    training = Training(epochs=12, rate=0.02)
    return SparseNetwork(parent, images(), sparsity=sparsity, score=score, training=training, seed=seed, rescaled=rescaled)


def drawn(problem: SparseNetwork, draws: int, seed: int) -> tuple[Designs, np.ndarray]:
    """Return what random search asks for, and the objectives to be made small."""
    running = Random(block=draws).start(problem, np.random.default_rng([seed, 1]))
    designs = running.ask(draws)
    found = problem.evaluate(designs)
    running.tell(designs, found)
    return designs, found.objectives[:, 0] * problem.signs[0]


def measure(part: str, rescaled: bool, sparsity: float, seed: int) -> dict[str, Any]:
    if part == "dense":
        return {"dense": float(build(sparsity, seed, rescaled).dense_curve()[-1])}
    oracle = part == "oracle"
    problem = build(sparsity, seed, rescaled, "trained-accuracy" if oracle else "initial-loss")
    designs, scores = drawn(problem, ORACLE_DRAWS if oracle else DRAWS, seed)
    chosen = int(np.argmin(scores))
    if oracle:  # the first is as random as any
        return {"chosen": float(-scores[chosen]), "random": float(-scores[0])}
    curves = problem.curves(designs.take([chosen, 0]))
    reached = [
        int(np.argmax(curve >= TARGET * curves[1, -1])) + 1 if curve.max() >= TARGET * curves[1, -1] else None
        for curve in curves
    ]
    return {
        "chosen": float(curves[0, -1]),
        "random": float(curves[1, -1]),
        "loss_chosen": float(scores[chosen]),
        "loss_random": float(scores[0]),
        "epochs_chosen": reached[0],
        "epochs_random": reached[1],
    }


def keys() -> Iterator[tuple[Any, ...]]:
    for seed in range(max(SEEDS.values())):
        for sparsity, seeds in SEEDS.items():
            if seed < seeds:
                yield "selection", False, sparsity, seed
        if seed < ORACLE_SEEDS:
            yield "oracle", False, ORACLE_SPARSITY, seed
            yield "dense", False, 0.0, seed
    for sparsity, seeds in RESCALED_SEEDS.items():
        for seed in range(seeds):
            yield "selection", True, sparsity, seed


if __name__ == "__main__":
    go_through(RESULT, NAMES, keys(), measure)
