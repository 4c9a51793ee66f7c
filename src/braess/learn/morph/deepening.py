"""More layers that compute the same: a new layer hands on what it is given."""

from __future__ import annotations

import copy

import torch
from torch import nn

from braess.errors import InputError
from braess.learn.morph.weighted import (
    BatchNorm,
    Weighted,
    noisy,
    unset_conv,
    unset_linear,
    weighted_layer,
    width_of,
    with_statistics,
    with_weights,
)


def deepen(
    net: nn.Sequential,
    at: int,
    *,
    generator: torch.Generator,
    kernel: int = 3,
    batch: torch.Tensor | None = None,
    noise: float = 0.0,
) -> nn.Sequential:
    """Insert a layer after another one, and after its batch norm and activation, without changing what the network computes.

    A new convolution takes each channel from the middle of its kernel, a new linear layer each unit. Where the layer before has
    a batch norm, so has the new one: its scale and shift undo its running mean and variance, which are those of its input over
    a batch. So the network is the same in ``eval`` mode; while training, it normalises by each batch: nearly the same.

    Parameters
    ----------
    net
        As for `widen`.
    at
        Place of the layer after which to insert: with ReLU after it, since ``relu(relu(x)) = relu(x)``.
    generator
        Where noise comes from.
    kernel
        Side of the kernel of a new convolution, odd; linear layers have none.
    batch
        Inputs of the network ``[b, ...]`` that a new batch norm takes its statistics from.
    noise
        Standard deviation of noise on the new weights, in theirs; 0.001 makes them learn apart sooner.

    Raises
    ------
    InputError
        There is no such layer, no ReLU after it, the kernel is even, or a batch is needed and not given.

    References
    ----------
    Chen, Goodfellow and Shlens (2016), "Net2Net", arXiv:1511.05641, section 2.3; Cai, Chen, Zhang, Yu and Wang (2018),
    arXiv:1707.04873.
    """
    layer = weighted_layer(net, at)
    following = [net[place] for place in range(at + 1, min(at + 3, len(net)))]
    norm = following.pop(0) if following and isinstance(following[0], nn.BatchNorm1d | nn.BatchNorm2d) else None
    if not following or not isinstance(following[0], nn.ReLU | nn.ReLU6):
        found = [type(module).__name__ for module in following[:1]]
        raise InputError("a layer can only be inserted after ReLU", field="at", found=found, expected="ReLU")
    end = at + (2 if norm is None else 3)
    inserted: list[nn.Module] = [_identity(layer, kernel, noise, generator)]
    if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
        inserted.append(_undoing(net, end, norm, batch))
    inserted.append(copy.deepcopy(following[0]))
    modules = [copy.deepcopy(module) for module in net]
    return nn.Sequential(*modules[:end], *inserted, *modules[end:]).train(net.training)


@torch.no_grad()
def _identity(layer: Weighted, kernel: int, noise: float, generator: torch.Generator) -> Weighted:
    n = width_of(layer)
    weight = torch.eye(n)
    made: Weighted
    if isinstance(layer, nn.Conv2d):
        if kernel < 1 or kernel % 2 == 0:
            raise InputError("a kernel without a middle", field="kernel", found=kernel, expected="an odd number")
        weight = torch.zeros(n, n, kernel, kernel)
        weight[:, :, kernel // 2, kernel // 2] = torch.eye(n)
        made = unset_conv(n, n, kernel, bias=layer.bias is not None)
    else:
        made = unset_linear(n, n, bias=layer.bias is not None)
    weight = noisy(weight.to(layer.weight), noise * float(weight.std(correction=0)), generator)
    return with_weights(made, weight, None if layer.bias is None else torch.zeros_like(layer.bias))


@torch.no_grad()
def _undoing(net: nn.Sequential, end: int, norm: BatchNorm, batch: torch.Tensor | None) -> BatchNorm:
    """Return a batch norm that hands on what the first ``end`` modules give out, with the statistics of a batch."""
    if batch is None:
        raise InputError("a batch norm needs a batch", field="batch", expected="inputs of the network")
    if norm.running_mean is None or norm.weight is None:
        raise InputError("a batch norm without running statistics or scale cannot hand on", field="net", found=repr(norm))
    outputs = copy.deepcopy(net[:end]).eval()(batch.to(norm.weight))
    channels = outputs.transpose(0, 1).flatten(1)
    mean, variance = channels.mean(1), channels.var(1, correction=0)
    return with_statistics(norm, weight=torch.sqrt(variance + norm.eps), bias=mean, running_mean=mean, running_var=variance)
