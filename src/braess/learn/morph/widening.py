"""Wider layers that compute the same: new channels copy old ones, and the next layer divides what it takes from copies."""

from __future__ import annotations

import copy

import torch
from torch import nn

from braess.errors import InputError
from braess.learn.morph.weighted import (
    BatchNorm,
    Weighted,
    noisy,
    weighted_layer,
    weighted_layers,
    width_of,
    with_statistics,
    with_weights,
)

# What does the same to each channel, whatever the others hold.
_CHANNELWISE = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Hardswish,
    nn.Tanh,
    nn.Sigmoid,
    nn.Identity,
    nn.Dropout,
    nn.Dropout2d,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveMaxPool2d,
    nn.AdaptiveAvgPool2d,
    nn.Flatten,
)


def widen(net: nn.Sequential, at: int, width: int, *, generator: torch.Generator, noise: float = 0.0) -> nn.Sequential:
    """Give a layer more channels or units without changing what the network computes.

    Each new one is a copy of one drawn from the old ones, with its batch-norm statistics; the next layer with weights divides
    what it takes from a channel by how often there is that channel. Where the network is flattened in between, that holds for
    each position. With dropout in between, it holds in ``eval`` mode. Of a residual block, widen layers of the body, but
    not its last.

    Parameters
    ----------
    net
        Convolutions and linear layers, batch norms, activations, pools and ``Flatten``.
    at
        Place of the layer in the network.
    width
        Channels or units it is to have, no fewer than it has.
    generator
        Where copies and noise come from.
    noise
        Standard deviation of noise on the incoming weights of the copies, in those of the layer: 0.01 makes copies learn apart,
        0 keeps them the same for ever, unless something else, such as dropout, tells them apart.

    Raises
    ------
    InputError
        There is no such layer, it is the last one, it would have to shrink, or what follows mixes channels in an unknown way.

    References
    ----------
    Chen, Goodfellow and Shlens (2016), "Net2Net", arXiv:1511.05641, section 2.2; Cai, Chen, Zhang, Yu and Wang (2018),
    arXiv:1707.04873.
    """
    layer = weighted_layer(net, at)
    before = width_of(layer)
    if width < before:
        raise InputError("a layer cannot shrink", field="width", found=width, expected=f"at least {before}")
    if at == weighted_layers(net)[-1]:
        raise InputError("the last layer has as many outputs as the network", field="at", found=at, expected="an earlier one")
    drawn = torch.randint(before, (width - before,), generator=generator)
    origin = torch.cat([torch.arange(before), drawn])
    grown = [copy.deepcopy(module) for module in net]
    grown[at] = _copied(layer, origin, noise, generator)
    flat = False
    for place in range(at + 1, len(net)):
        module = net[place]
        flat = flat or isinstance(module, nn.Flatten)
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            grown[place] = _copied_norm(module, _positions(origin, before, module.num_features, flat, place))
        elif isinstance(module, nn.Conv2d | nn.Linear):
            taken = weighted_layer(net, place).weight.shape[1]
            grown[place] = _divided(module, _positions(origin, before, taken, flat, place), taken)
            return nn.Sequential(*grown).train(net.training)
        elif not isinstance(module, _CHANNELWISE):
            raise InputError("a layer cannot be widened before this", field="net", found=type(module).__name__)
    raise AssertionError  # the last layer with weights was refused


def _positions(origin: torch.Tensor, before: int, features: int, flat: bool, place: int) -> torch.Tensor:
    """Return which old feature each new one copies, where a channel has several of them after being flattened."""
    each, rest = divmod(features, before)
    if rest or (each > 1 and not flat):
        raise InputError("layers do not fit", field="net", found=f"{features} inputs at place {place} for {before} channels")
    return (origin[:, None] * each + torch.arange(each)).flatten()


@torch.no_grad()
def _copied(layer: Weighted, origin: torch.Tensor, noise: float, generator: torch.Generator) -> Weighted:
    old, origin = len(layer.weight), origin.to(layer.weight.device)
    spread = noise * float(layer.weight.std(correction=0))
    copies = noisy(layer.weight[origin[old:]], spread, generator)
    weight = torch.cat([layer.weight, copies])
    return with_weights(layer, weight, None if layer.bias is None else layer.bias[origin])


@torch.no_grad()
def _copied_norm(norm: BatchNorm, origin: torch.Tensor) -> BatchNorm:
    names = ("weight", "bias", "running_mean", "running_var")
    held = {name: getattr(norm, name) for name in names}
    return with_statistics(norm, **{name: values[origin] for name, values in held.items() if values is not None})


@torch.no_grad()
def _divided(layer: Weighted, origin: torch.Tensor, taken: int) -> Weighted:
    origin = origin.to(layer.weight.device)
    often = torch.bincount(origin, minlength=taken)[origin].to(layer.weight)
    shape = (1, -1, *[1] * (layer.weight.ndim - 2))
    return with_weights(layer, layer.weight[:, origin] / often.reshape(shape), layer.bias)
