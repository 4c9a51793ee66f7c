"""Seconds of an epoch on a small network of mixed operations: RARTS beside DARTS of first and second order."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.learn.bilevel import DARTS, F2SA, RARTS, SGD, Adam, Halves, Network, Recipe, Training, drawing_from
from results import go_through

RESULT = Path(__file__).with_name("timing.json")
NAMES = ("method", "seed")
SEEDS = range(5)
IMAGES, SIDE, BATCH, CHANNELS, NODES, CLASSES = 192, 14, 32, 8, 3, 10
METHODS = {
    "darts-1": DARTS(),
    "darts-2": DARTS(order=2),
    "darts-2, differences": DARTS(order=2, product="differences"),
    "f2sa": F2SA(),
    "rarts": RARTS(penalty=1.0, coupling=1.0),
    "rarts, jacobi": RARTS(penalty=1.0, coupling=1.0, sweep="jacobi"),
}


def convolution(size: int) -> nn.Module:
    """Return what an edge may do: convolution, normalisation, rectification before them."""
    layers = (
        nn.ReLU(),
        nn.Conv2d(CHANNELS, CHANNELS, size, padding=size // 2, bias=False),
        nn.BatchNorm2d(CHANNELS, affine=False),
    )
    return nn.Sequential(*layers)


class Cell(nn.Module):
    """A stem and a cell in which each node sums mixed operations of all before it, as NAS-Bench-201 has them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, CHANNELS, 3, padding=1, bias=False), nn.BatchNorm2d(CHANNELS))
        edges = NODES * (NODES + 1) // 2
        self.alpha = nn.Parameter(1e-3 * torch.randn(edges, 4))
        kinds = [[convolution(1), convolution(3), nn.AvgPool2d(3, 1, 1), nn.Identity()] for _ in range(edges)]
        self.edges = nn.ModuleList(nn.ModuleList(kind) for kind in kinds)
        self.head = nn.Linear(CHANNELS, CLASSES)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the scores ``[b, classes]`` of images ``[b, 1, side, side]``."""
        nodes, shares, edge = [self.stem(images)], self.alpha.softmax(1), 0
        for _ in range(NODES):
            total: Any = 0.0
            for node in nodes:
                mixed = zip(shares[edge], self.edges[edge], strict=True)
                total = total + sum(share * operation(node) for share, operation in mixed)
                edge += 1
            nodes.append(total)
        return self.head(nodes[-1].mean((2, 3)))


def measure(method: str, seed: int) -> dict[str, Any]:
    """Time the second epoch, with the processor's own clock: others may use it at the same time."""
    generator = torch.Generator().manual_seed(seed)
    with drawing_from(generator):
        net = Cell()
    images = torch.randn(IMAGES, 1, SIDE, SIDE, generator=generator)
    classes = torch.randint(CLASSES, (IMAGES,), generator=generator)
    data = Halves.split(images, classes, share=0.5, size=BATCH, generator=generator)
    recipe = Recipe(
        epochs=2,
        leader=Adam(rate=3e-4, betas=(0.5, 0.999), decay=1e-3),
        follower=SGD(rate=0.025, floor=0.001, momentum=0.9, decay=3e-4),
        clip=5.0,
    )
    network = Network(net, ["alpha"], functional.cross_entropy, data)
    training = Training(network, METHODS[method], recipe, np.random.default_rng(seed))
    training.advance()
    began = time.process_time()
    epoch = training.advance()
    seconds = time.process_time() - began
    return {"seconds": seconds, "steps": IMAGES // 2 // BATCH, "gradients": epoch.gradients, "products": epoch.products}


def main() -> None:
    torch.set_num_threads(1)
    go_through(RESULT, NAMES, [(method, seed) for seed in SEEDS for method in METHODS], measure)


if __name__ == "__main__":
    main()
