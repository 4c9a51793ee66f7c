"""Scores from the gradient of one batch's loss: its norm, SNIP, GraSP."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from braess.learn.proxies._forward import Loss, Normalisation, checked, cross_entropy, normalised, weights_of


def gradient_norm(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    normalisation: Normalisation = "batch",
    loss: Loss = cross_entropy,
) -> float:
    """Return the sum over layers of the Euclidean norm of the gradient of their weights; more is better.

    Parameters
    ----------
    network
        Images to logits; it is left as it was.
    images, labels
        ``[n, ...]`` and ``[n]``.
    normalisation
        What batch normalisation does; ``batch`` as published.
    loss
        Of each image; the gradient is that of the mean.

    Returns
    -------
    float
        At least 0, and 0 where the loss does not depend on the weights.

    References
    ----------
    Abdelfattah, Mehrotra, Dudziak and Lane (2021), "Zero-cost proxies for lightweight NAS", arXiv:2101.08134, section 3.2.
    """
    _, slopes = _slopes(network, images, labels, normalisation, loss)
    return float(sum(torch.linalg.vector_norm(slope.double()) for slope in slopes))


def snip(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    normalisation: Normalisation = "batch",
    loss: Loss = cross_entropy,
) -> float:
    """Return the sum over weights of ``|weight × its gradient|``, how much the loss hangs on each; more is better.

    Parameters and returns are those of `gradient_norm`.

    References
    ----------
    Lee, Ajanthan and Torr (2019), "SNIP: single-shot network pruning based on connection sensitivity", arXiv:1810.02340,
    equation 4 without its normalisation; summed over a network by Abdelfattah et al. (2021), arXiv:2101.08134, equation 1.
    """
    weights, slopes = _slopes(network, images, labels, normalisation, loss)
    return float(sum((weight * slope).abs().sum(dtype=torch.float64) for weight, slope in zip(weights, slopes, strict=True)))


def grasp(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    normalisation: Normalisation = "batch",
    loss: Loss = cross_entropy,
) -> float:
    """Return minus the sum over weights of ``weight × (Hessian × gradient)``; more is better.

    It is to first order half of what the squared norm of the gradient would lose were all weights taken away: how much
    training hangs on them. Parameters are those of `gradient_norm`; the score may have either sign.

    References
    ----------
    Wang, Zhang and Grosse (2020), "Picking winning tickets before training by preserving gradient flow", arXiv:2002.07376,
    equation 8; summed over a network by Abdelfattah et al. (2021), arXiv:2101.08134, equation 1.
    """
    weights, slopes = _slopes(network, images, labels, normalisation, loss, twice=True)
    half = 0.5 * sum((slope.square().sum() for slope in slopes), start=torch.zeros(()))
    if not half.requires_grad:
        return 0.0
    curved = torch.autograd.grad(half, weights, allow_unused=True)  # Hessian × gradient
    pairs = zip(weights, curved, strict=True)
    return -float(sum((weight.detach() * along).sum(dtype=torch.float64) for weight, along in pairs if along is not None)) + 0.0


def _slopes(
    network: nn.Module, images: Tensor, labels: Tensor, normalisation: Normalisation, loss: Loss, *, twice: bool = False
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the weights that count and the gradient of the mean loss by each, 0 where it does not depend on it.

    Parameters
    ----------
    network, images, labels, normalisation, loss
        As in `gradient_norm`.
    twice
        Whether the gradient is to be derived again.
    """
    checked(images, labels)
    weights = {name: weight.requires_grad_() for name, weight in weights_of(network).items()}
    leaves = list(weights.values())
    with normalised(network, normalisation):
        mean = loss(functional_call(network, weights, (images,)), labels).mean()
    if not leaves or not mean.requires_grad:
        return leaves, [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(mean, leaves, create_graph=twice, allow_unused=True)
    slopes = [torch.zeros_like(leaf) if slope is None else slope for leaf, slope in zip(leaves, found, strict=True)]
    return (leaves if twice else [leaf.detach() for leaf in leaves]), slopes
