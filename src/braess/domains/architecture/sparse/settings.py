"""The settings of `sparse-network`, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from braess.domains.architecture.sparse.perceptron import Perceptron, Training
from braess.domains.architecture.sparse.problem import SparseNetwork
from braess.domains.architecture.training import load_images
from braess.errors import InputError


@dataclass(frozen=True, kw_only=True)
class SparseNetworkSettings:
    """Settings of `sparse-network`: which units of an untrained perceptron to keep.

    Parameters
    ----------
    sparsity
        Share of the units of each hidden layer that go.
    hidden
        Units of the hidden layers.
    score
        ``initial-loss``: what the untrained network loses on pictures to select by; ``trained-accuracy``: what it comes to.
    images
        As in `load_images`; squares of four pixels are averaged.
    sizes
        Images to train with, to select by, to measure on.
    epochs, batch, rate, momentum
        Of the training by stochastic gradient descent.
    rescaled
        Whether the weights of units that lose inputs grow so that what arrives keeps its variance.
    seed
        Of the first weights and the order of training.
    """

    sparsity: float
    hidden: tuple[int, ...] = (256,)
    score: Literal["initial-loss", "trained-accuracy"] = "initial-loss"
    images: str = "fashion-mnist"
    sizes: tuple[int, int, int] = (6000, 500, 10_000)
    epochs: int = field(default=Training.epochs)
    batch: int = field(default=Training.batch)
    rate: float = field(default=Training.rate)
    momentum: float = field(default=Training.momentum)
    rescaled: bool = False
    seed: int = 0

    def build(self, folder: Path) -> SparseNetwork:  # noqa: ARG002 -- images have a folder of their own
        """Load images, draw weights, and build the problem."""
        if not self.hidden or min(self.hidden) < 1:
            raise InputError("impossible layers", field="hidden", found=self.hidden, expected="at least 1 unit in each")
        for name, right in (("epochs", self.epochs >= 1), ("batch", self.batch >= 1), ("rate", self.rate > 0.0)):
            if not right:
                raise InputError("impossible number", field=name, found=getattr(self, name), expected="more than 0")
        if not 0.0 <= self.momentum < 1.0:
            raise InputError("impossible share", field="momentum", found=self.momentum, expected="at least 0, less than 1")
        training, validation, test = self.sizes
        images = load_images(self.images, training=training, validation=validation, test=test, pooled=2)
        widths = (int(np.prod(images.shape)), *self.hidden, images.classes)
        parent = Perceptron.initial(widths, np.random.default_rng(self.seed))
        return SparseNetwork(
            parent,
            images,
            sparsity=self.sparsity,
            score=self.score,
            training=Training(self.epochs, self.batch, self.rate, self.momentum),
            seed=self.seed,
            rescaled=self.rescaled,
        )
