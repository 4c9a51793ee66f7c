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
from braess.domains.architecture.training.problem import ImageSource, TrainedNetworks
from braess.domains.architecture.training.recipe import Training
from braess.problem import Problem
from braess.search import Search
from braess.search.fbnet import FBNet
from braess.search.single_path_nas import SinglePathNAS
from braess.space import Designs
from results import go_through

OUT = Path(__file__).with_name("result.json")
SEEDS = 5
STRENGTHS = (0.03, 0.1, 0.3, 1.0)
EPOCHS, WARM = 10, 5  # of each supernet
DRAWN = 3  # random designs of each cost
_NEAR = 0.1  # share by which a random design may be cheaper
FAMILY = ChainFamily(image=(1, 14, 14), blocks=BLOCKS, stages=((8, 3, 1), (16, 3, 2)), stem=8, head=64)
_SOURCE = ImageSource(name="fashion-mnist", training=4_000, validation=2_000, test=None, pooled=2)


@cache
def problem(seed: int, most: float | None = None) -> TrainedNetworks:
    """Return six layers of which each is one of five nested blocks, trained for eight epochs, with a limit or none."""
    limits = {} if most is None else {"flops": most}
    training = Training(epochs=8, rate=0.05)
    return trained_networks("chains", FAMILY, _SOURCE, training=training, objectives=("error", "flops"), most=limits, seed=seed)


def measure(seed: int, strength: float) -> dict[str, Any]:
    """Train superkernels at a price; then a mixture under a budget of what they found, and random designs nearly as costly."""
    rates = {"follower_rate": 0.05, "epochs": EPOCHS, "warmup": WARM, "every": EPOCHS}
    single = _searched(SinglePathNAS(strength=strength, **rates), problem(seed), seed)
    cost = single["flops"]
    mixed = FBNet(cost="budget", draws=0, cooling=0.045 * 90 / EPOCHS, leader_rate=0.05, **rates)
    return {
        "single": single,
        "mixture": _searched(mixed, problem(seed, cost), seed),
        "random": [_judged(design, seed) for design in _drawn(seed, cost)],
        "parameters": {
            "single": _weights(problem(seed).nested(np.random.default_rng(0)).follower()),  # type: ignore[attr-defined]
            "mixture": _weights(problem(seed).mixture(np.random.default_rng(0)).follower()),  # type: ignore[attr-defined]
        },
    }


def _searched(search: Search, chains: Problem, seed: int) -> dict[str, Any]:
    """Return what is asked for last or, of several designs within a budget, first; with the seconds of the core until then."""
    began = time.process_time()
    batch = search.start(chains, np.random.default_rng(seed)).ask(8)
    seconds = time.process_time() - began
    return _judged(batch.take([0]), seed) | {"seconds": round(seconds, 2)}


def _judged(design: Designs, seed: int) -> dict[str, Any]:
    """Train a design from nothing."""
    chains = problem(seed)
    error, cost = chains.evaluate(design).objectives[0].tolist()
    return {"blocks": list(design.rows()[0]["block"]), "error": error, "flops": cost}


def _drawn(seed: int, cost: float) -> list[Designs]:
    """Return random designs that cost at most as much, and nearly."""
    rng, found = np.random.default_rng((seed, 1)), []
    for _ in range(100_000):
        design = FAMILY.space.sample(1, rng)
        if (1 - _NEAR) * cost <= flops(FAMILY.blank(design), FAMILY.image) <= cost:
            found.append(design)
            if len(found) == DRAWN:
                break
    return found


def _weights(tensors: dict[str, torch.Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())


def main() -> None:
    torch.set_num_threads(1)
    go_through(OUT, ("seed", "strength"), [(seed, one) for seed in range(SEEDS) for one in STRENGTHS], measure)


if __name__ == "__main__":
    main()
