"""SynFlow: how much flows through a network along all its paths, without any data."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.func import functional_call

from braess.learn.proxies._forward import Normalisation, checked, normalised, weights_of

_FAINT = 1e-250  # what comes in, and counts of what comes out, where more flows than float64 can hold


def synflow(network: nn.Module, images: Tensor, *, normalisation: Normalisation = "none") -> float:
    """Return ``log(1 + sum over weights of |weight| × derivative of the flow by it)``; more is better.

    The flow is the sum of all outputs for an image of ones where every weight is its absolute value and no bias adds to it.
    In a chain of layers each layer contributes the sum over all paths from input to output of the product of their weights.
    It is worked out in float64, and of its logarithm, since it spans dozens of orders of magnitude; ranks are those
    of the flow itself. The network is left as it was.

    Parameters
    ----------
    network
        Images to logits.
    images
        ``[n, ...]``, of which only the shape of one is read.
    normalisation
        What batch normalisation does: ``none`` as published for whole networks, since it undoes what flows.

    Returns
    -------
    float
        At least 0, and 0 where nothing flows; infinite where more flows than ten to the power of five hundred.

    References
    ----------
    Tanaka, Kunin, Yamins and Ganguli (2020), "Pruning neural networks without any data by iteratively conserving synaptic
    flow", arXiv:2006.05467, equation 1 and algorithm 1; summed over a network by Abdelfattah et al. (2021), arXiv:2101.08134.
    """
    one = torch.ones_like(checked(images)[:1], dtype=torch.float64)
    counting = weights_of(network).keys()
    parts = {name: part.detach().abs().double() for name, part in network.named_parameters()}
    parts |= {name: torch.zeros_like(part) for name, part in parts.items() if name.rpartition(".")[2] == "bias"}
    kept = {name: part.double() for name, part in network.named_buffers() if part.is_floating_point()}
    leaves = {name: parts[name].requires_grad_() for name in counting}
    with normalised(network, normalisation):
        for scale in (1.0, _FAINT):  # without biases the flow is proportional to what comes in
            through = scale * functional_call(network, parts | kept, (scale * one,)).sum()
            total = _total(through, list(leaves.values()))
            if math.isfinite(total):
                return math.log1p(total) if scale == 1.0 else math.log(total) - 2.0 * math.log(scale)
    return math.inf


def _total(through: Tensor, leaves: list[Tensor]) -> float:
    """Return the sum over weights of weight × derivative of what flows through."""
    if not leaves or not through.requires_grad:
        return 0.0
    slopes = torch.autograd.grad(through, leaves, allow_unused=True)
    return float(sum((leaf * slope).detach().sum() for leaf, slope in zip(leaves, slopes, strict=True) if slope is not None))
