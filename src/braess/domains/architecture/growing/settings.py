"""The settings of growing networks, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from braess.domains.architecture.training.recipe import Training

if TYPE_CHECKING:
    from braess.domains.architecture.growing.problem import GrowingNetwork


@dataclass(frozen=True, kw_only=True)
class GrowingNetworkSettings:
    """Settings of a growing network.

    Parameters
    ----------
    images
        ``fashion-mnist``, ``cifar-10`` or ``stripes``.
    training_images, validation_images
        How many the network is trained on, and how many its error is counted on.
    pooled
        Squares of so many pixels a side are averaged first.
    filters
        Widths of a convolution, narrowest first.
    kernels
        Sides of its kernel.
    units
        Widths of a dense layer, narrowest first.
    blocks
        Stretches of convolutions, with a pool after each.
    depth
        Most convolutions in a block.
    dense
        Most dense layers.
    training
        How each network is trained, whether from nothing or from the weights of a smaller one; left out: for 2 epochs at a rate
        of 0.05 with a decay of 1e-4.
    noise
        Of copied channels and of inserted layers, in standard deviations of the weights. With little, as 0.01, a grown network
        computes what it did, but copies take long to learn apart: longer than two epochs.
    seed
        Of first weights and of the order of images.
    """

    images: str = "fashion-mnist"
    training_images: int = 6_000
    validation_images: int = 2_000
    pooled: int = 2
    filters: tuple[int, ...] = (4, 8, 12, 16, 24, 32)
    kernels: tuple[int, ...] = (1, 3, 5)
    units: tuple[int, ...] = (8, 16, 32, 64)
    blocks: int = 2
    depth: int = 4
    dense: int = 2
    training: Training = field(default_factory=lambda: Training(epochs=2, rate=0.05, decay=1e-4))
    noise: tuple[float, float] = (0.5, 0.1)
    seed: int = 0

    def build(self, folder: Path) -> GrowingNetwork:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        from braess.domains.architecture.growing.problem import GrowingNetwork

        return GrowingNetwork(self)
