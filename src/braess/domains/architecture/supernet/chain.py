"""A chain in which every block is in every layer."""

from __future__ import annotations

from torch import Tensor, nn

from braess.domains.architecture.networks.chain import ChainFamily, ChainNetwork, block
from braess.domains.architecture.supernet.mixed import MixedOp, rows_of
from braess.learn.relaxation import Mixed


class ChainSupernet(ChainNetwork):
    """Every network of a family of chains, with shared weights: each layer mixes all blocks.

    Parameters
    ----------
    family
        Its blocks are the options.
    """

    def __init__(self, family: ChainFamily) -> None:
        super().__init__((), family)

    def _layers(self, family: ChainFamily) -> list[nn.Module]:
        return [MixedOp([block(name, *layer) for name in family.blocks]) for layer in family.layers]

    def forward(self, x: Tensor, mixed: Mixed) -> Tensor:  # type: ignore[override]
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores; ``mixed`` is ``[layers, blocks]``."""
        x = self.stem(x)
        for layer, (weights, active) in zip(self.layers, rows_of(mixed), strict=True):
            x = layer(x, weights, active)
        scores: Tensor = self.head(self.last(x))
        return scores
