"""Networks of full width whose channels are masked: narrower networks are their first channels, and masks mix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn

from braess.domains.architecture.networks.widths import MLP, BasicBlock, MLPFamily, ResNet, ResNetFamily, width_of
from braess.learn.relaxation import Mixed


class Masks(nn.Module):
    """Which channels each level keeps: the first ones.

    Mixed masks stand for a mixture of networks of all widths at the cost of the widest (Wan et al. 2020, arXiv:2004.05565,
    section 3.1).

    Parameters
    ----------
    full
        Channels of the highest level.
    levels
        Number of levels.
    """

    kept: Tensor

    def __init__(self, full: int, levels: int) -> None:
        super().__init__()
        widths = torch.tensor([width_of(full, level, levels) for level in range(1, levels + 1)])
        self.register_buffer("kept", (torch.arange(full) < widths[:, None]).float(), persistent=False)

    def forward(self, weights: Tensor) -> Tensor:
        """Return what each channel counts, ``[full]``, given what each level weighs."""
        return weights @ self.kept


class MLPSupernet(MLP):
    """Every network of a family of perceptrons, with shared weights.

    Parameters
    ----------
    family
        Its levels are the options of each hidden layer.
    """

    def __init__(self, family: MLPFamily) -> None:
        super().__init__(family.image, family.classes, family.hidden)
        self.masks = nn.ModuleList(Masks(width, family.levels) for width in family.hidden)

    def forward(self, x: Tensor, mixed: Mixed) -> Tensor:  # type: ignore[override]
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores; ``mixed`` is ``[hidden layers, levels]``."""
        flatten, *layers = self.layers
        x = flatten(x)
        for layer, mask, weights in zip(layers, self.masks, mixed.weights, strict=True):
            x = layer(x) * mask(weights)
        scores: Tensor = self.head(x)
        return scores


class ResNetSupernet(ResNet):
    """Every network of a family of residual networks, with shared weights.

    Parameters
    ----------
    family
        Its levels are the options of the width of each stage and of each block.
    """

    def __init__(self, family: ResNetFamily) -> None:
        between = [width for width in family.stages for _ in range(family.depth)]
        super().__init__(family.image, family.classes, family.stages, between)
        self.depth = family.depth
        self.masks = nn.ModuleList(Masks(width, family.levels) for width in (*family.stages, *between))

    def forward(self, x: Tensor, mixed: Mixed) -> Tensor:  # type: ignore[override]
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores; ``mixed`` is ``[stages + blocks, levels]``."""
        counted = [mask(weights)[:, None, None] for mask, weights in zip(self.masks, mixed.weights, strict=True)]
        stages = len(self.layers) // self.depth
        x = self.stem(x) * counted[0]
        for i, layer in enumerate(cast("Iterable[BasicBlock]", self.layers)):
            narrow, widen = layer.layers
            inner = narrow(x) * counted[stages + i]
            x = layer.rectifier(widen(inner) + layer.shortcut(x)) * counted[i // self.depth]
        scores: Tensor = self.head(x)
        return scores
