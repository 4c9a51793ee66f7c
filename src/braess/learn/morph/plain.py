"""Plain convolutional networks as short descriptions: convolutions and pools, then dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import nn

from braess.errors import InputError
from braess.learn.morph.weighted import unset_conv, unset_linear


@dataclass(frozen=True)
class Conv:
    """A convolution with so many filters and an odd kernel, batch norm and ReLU; it keeps the size of the picture."""

    filters: int
    kernel: int = 3

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.filters < 1 or self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError("impossible convolution", found=(self.filters, self.kernel), expected="filters, odd kernel")


@dataclass(frozen=True)
class Pool:
    """The largest of each 2 × 2 cells."""


@dataclass(frozen=True)
class Dense:
    """A linear layer of so many units and ReLU."""

    units: int

    def __post_init__(self) -> None:
        """Check the number."""
        if self.units < 1:
            raise InputError("impossible layer", field="units", found=self.units, expected="at least 1")


Plain: TypeAlias = Sequence["Conv | Pool | Dense"]


def build_plain(layers: Plain, shape: tuple[int, int, int], classes: int, generator: torch.Generator) -> nn.Sequential:
    """Build a network with random weights (He et al. 2015, arXiv:1502.01852).

    The k-th convolution or dense layer of the description is the k-th of `weighted_layers`; a last linear layer follows.

    Parameters
    ----------
    layers
        What it consists of; no convolution or pool after a dense layer.
    shape
        Channels, height and width of a picture.
    classes
        Outputs.
    generator
        Where the weights come from.

    Raises
    ------
    InputError
        A convolution or pool after a dense layer, or more pools than the picture is large.
    """
    (channels, height, width), modules, dense = shape, list[nn.Module](), False
    for i, layer in enumerate(layers):
        if dense and not isinstance(layer, Dense):
            raise InputError("nothing but dense layers may follow a dense layer", field=f"layers[{i}]", found=layer)
        if isinstance(layer, Conv):
            conv = unset_conv(channels, layer.filters, layer.kernel, bias=False)
            modules += [conv, nn.BatchNorm2d(layer.filters), nn.ReLU()]
            channels = layer.filters
        elif isinstance(layer, Pool):
            height, width = height // 2, width // 2
            modules.append(nn.MaxPool2d(2))
            if not height or not width:
                raise InputError("more pools than the picture is large", field=f"layers[{i}]", found=shape)
        else:
            if not dense:
                modules.append(nn.Flatten())
                channels, dense = channels * height * width, True
            modules += [unset_linear(channels, layer.units), nn.ReLU()]
            channels = layer.units
    if not dense:
        modules.append(nn.Flatten())
        channels = channels * height * width
    modules.append(unset_linear(channels, classes))
    return _drawn(nn.Sequential(*modules), generator)


def _drawn(net: nn.Sequential, generator: torch.Generator) -> nn.Sequential:
    """Draw the weights of a network; biases are 0."""
    for module in net:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net
