"""What superkernels find at several prices, beside a mixture of all options and random designs of the same cost."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.costs.counting import flops
from braess.domains.architecture.networks import ChainFamily
from braess.domains.architecture.supernet.problems import trained_networks
from braess.domains.architecture.supernet.superkernel import BLOCKS
from braess.domains.architecture.training.problem import ImageSource
from braess.domains.architecture.training.recipe import Training
from braess.search import Search
from braess.search.fbnet import FBNet
from braess.search.single_path_nas import SinglePathNAS
from braess.space import Designs, every_design
from results import go_through

OUT = Path(__file__).with_name("result.json")
SEEDS = 5
STRENGTHS = (0.03, 0.1, 0.3, 1.0)
EPOCHS, WARM = 8, 5  # of each supernet, as published
DRAWN = 2  # random designs of each cost
_NEAR = 0.1  # share by which a random design may be cheaper
FAMILY = ChainFamily(image=(1, 14, 14), blocks=BLOCKS, stages=((8, 3, 1), (16, 3, 2)), stem=8, head=64)
_SOURCE = ImageSource(name="fashion-mnist", training=3_000, validation=2_000, test=None, pooled=2)
_LOSS, _LOG_COST = 0.8, 13.5  # of what is usual here: what makes a price of the product one of the sum


@cache
def problem(seed: int) -> Any:
    """Return six layers of which each is one of five nested blocks, trained for eight epochs."""
    training = Training(epochs=8, rate=0.05)
    return trained_networks("chains", FAMILY, _SOURCE, training=training, objectives=("error", "flops"), seed=seed)


def measure(seed: int, strength: float) -> dict[str, Any]:
    """Train superkernels and a mixture at the same price; then random designs nearly as costly as what the first found."""
    rates = {"follower_rate": 0.05, "epochs": EPOCHS, "warmup": WARM, "every": EPOCHS}
    single = _searched(SinglePathNAS(strength=strength, **rates), seed)
    power = strength * _LOG_COST / _LOSS  # so that the slopes by the logarithm of the cost are alike
    price = {"cost": "log-power", "power": power, "factor": _LOG_COST**-power}
    mixed = FBNet(draws=0, cooling=0.045 * 90 / EPOCHS, leader_rate=0.05, **price, **rates)
    rng = np.random.default_rng(0)
    return {
        "single": single,
        "mixture": _searched(mixed, seed),
        "random": [_judged(design, seed) for design in _drawn(seed, single["flops"])],
        "parameters": {
            "single": _weights(problem(seed).nested(rng).follower()),
            "mixture": _weights(problem(seed).mixture(rng).follower()),
        },
    }


def _searched(search: Search, seed: int) -> dict[str, Any]:
    """Return what is asked for after the last epoch, with the seconds of the core until then."""
    began = time.process_time()
    batch = search.start(problem(seed), np.random.default_rng(seed)).ask(1)
    seconds = time.process_time() - began
    return _judged(batch, seed) | {"seconds": round(seconds, 2)}


def _judged(design: Designs, seed: int) -> dict[str, Any]:
    """Train a design from nothing."""
    error, cost = problem(seed).evaluate(design).objectives[0].tolist()
    return {"blocks": list(design.rows()[0]["block"]), "error": error, "flops": cost}


def _drawn(seed: int, cost: float) -> list[Designs]:
    """Return random designs that cost at most as much, and nearly."""
    designs, costs = _costs()
    near = np.flatnonzero(((1 - _NEAR) * cost <= costs) & (costs <= cost))
    rows = np.random.default_rng((seed, 1)).permutation(near)[:DRAWN]
    return [designs.take([row]) for row in rows]


@cache
def _costs() -> tuple[Designs, np.ndarray[Any, Any]]:
    """Return all designs with their costs, which are sums over layers."""
    space, options = FAMILY.space, len(BLOCKS)
    single = np.zeros((1 + space.width * options, space.width), dtype=int)
    for row in range(1, len(single)):
        single[row, (row - 1) // options] = (row - 1) % options
    each = np.array([flops(FAMILY.blank(one), FAMILY.image) for one in space.designs({"block": single})])
    added = (each[1:] - each[0]).reshape(space.width, options)
    designs = every_design(space)
    return designs, each[0] + added[np.arange(space.width), designs["block"]].sum(axis=1)


def _weights(tensors: dict[str, torch.Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())


def main() -> None:
    torch.set_num_threads(1)
    go_through(OUT, ("seed", "strength"), [(seed, one) for seed in range(SEEDS) for one in STRENGTHS], measure)


if __name__ == "__main__":
    main()
