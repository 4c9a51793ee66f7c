"""Measures on this machine how far the time of whole networks is the sum over blocks timed alone."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.costs.additive import profile
from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.networks import CellFamily, ChainFamily, Family, MLPFamily, ResNetFamily
from results import go_through

SEEDS = range(5)
SMALL = (1, 14, 14)
FAMILIES: dict[str, Family] = {
    "cells of NAS-Bench-201, 14 x 14": CellFamily(image=SMALL, channels=8, cells=1),
    "chain of NAS-Bench-Macro, a quarter wide, 14 x 14": ChainFamily(
        image=SMALL, stages=((16, 2, 1), (32, 3, 2), (64, 3, 2)), stem=8, head=128
    ),
    "chain of NAS-Bench-Macro, 32 x 32": ChainFamily(),
    "ResNet-20, 32 x 32": ResNetFamily(),
    "perceptron, 28 x 28": MLPFamily(image=(1, 28, 28), hidden=(512, 512, 512)),
}
TIMING = Timing(warm=3, repeats=15)
NETWORKS = 20


def measure(family: str, seed: int) -> dict[str, Any]:
    table = profile(FAMILIES[family], np.random.default_rng(seed), timing=TIMING, designs=NETWORKS)
    return {"blocks": len(table.milliseconds), **{name: round(value, 4) for name, value in asdict(table.additivity).items()}}


def main() -> None:
    keys = [(family, seed) for seed in SEEDS for family in FAMILIES]
    go_through(Path(__file__).with_name("result.json"), ("family", "seed"), keys, measure)


if __name__ == "__main__":
    main()
