"""The layers of a sequential network that carry weights, and how they are made anew in another size."""

from __future__ import annotations

import copy
from typing import TypeAlias

import torch
from torch import nn

from braess.errors import InputError

Weighted: TypeAlias = "nn.Conv2d | nn.Linear"
BatchNorm: TypeAlias = "nn.BatchNorm1d | nn.BatchNorm2d"


def weighted_layers(net: nn.Sequential) -> list[int]:
    """Return the places of the convolutions and linear layers of a network, in order."""
    return [at for at, module in enumerate(net) if isinstance(module, nn.Conv2d | nn.Linear)]


def weighted_layer(net: nn.Sequential, at: int) -> Weighted:
    """Return the convolution or linear layer at a place; anything else there raises `InputError`."""
    found = net[at] if 0 <= at < len(net) else None
    if not isinstance(found, nn.Conv2d | nn.Linear):
        name = None if found is None else type(found).__name__
        expected = f"a convolution or linear layer: one of {weighted_layers(net)}"
        raise InputError("no layer that can grow", field="at", found=(at, name), expected=expected)
    if isinstance(found, nn.Conv2d) and found.groups != 1:
        raise InputError("a convolution of groups cannot grow", field="at", found=found.groups, expected="groups = 1")
    return found


def width_of(layer: Weighted) -> int:
    """Return the channels or units that a layer gives out."""
    return layer.out_channels if isinstance(layer, nn.Conv2d) else layer.out_features


def unset_conv(channels: int, filters: int, kernel: int, *, bias: bool) -> nn.Conv2d:
    """Return a convolution that keeps the size of the picture, with weights still to be set: no generator is moved."""
    made = nn.Conv2d(channels, filters, kernel, padding=kernel // 2, bias=bias, device="meta")
    return made.to_empty(device="cpu")


def unset_linear(inputs: int, units: int, *, bias: bool = True) -> nn.Linear:
    """Return a linear layer with weights still to be set: no generator is moved."""
    return nn.Linear(inputs, units, bias=bias, device="meta").to_empty(device="cpu")


def with_weights(layer: Weighted, weight: torch.Tensor, bias: torch.Tensor | None) -> Weighted:
    """Return a layer like another one, with weights of another shape."""
    made = copy.deepcopy(layer)
    made.weight = nn.Parameter(weight, requires_grad=layer.weight.requires_grad)
    if bias is not None:
        made.bias = nn.Parameter(bias, requires_grad=layer.weight.requires_grad)
    if isinstance(made, nn.Conv2d):
        made.out_channels, made.in_channels = weight.shape[:2]
    else:
        made.out_features, made.in_features = weight.shape
    return made


def with_statistics(norm: BatchNorm, **statistics: torch.Tensor) -> BatchNorm:
    """Return a batch normalisation like another one.

    ``weight``, ``bias``, ``running_mean`` and ``running_var`` are ``[n]`` and set where the other one has them.
    """
    made = copy.deepcopy(norm)
    for name, values in statistics.items():
        before = getattr(norm, name)
        if isinstance(before, nn.Parameter):
            setattr(made, name, nn.Parameter(values.clone(), requires_grad=before.requires_grad))
        elif before is not None:
            setattr(made, name, values.clone())
        made.num_features = len(values)
    return made


def noisy(weight: torch.Tensor, deviation: float, generator: torch.Generator) -> torch.Tensor:
    """Return weights with normal noise of this standard deviation."""
    if deviation == 0.0:
        return weight
    return weight + deviation * torch.randn(weight.shape, generator=generator, dtype=torch.float64).to(weight)
