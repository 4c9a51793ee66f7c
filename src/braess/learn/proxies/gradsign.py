"""GradSign: how often the gradients of single images agree in sign, before any training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_weight
from torch.utils.hooks import RemovableHandle

from braess.errors import InputError
from braess.learn.proxies._forward import Loss, Normalisation, checked, cross_entropy, normalised, weighted_layers, weights_of

_Layer: TypeAlias = nn.Conv2d | nn.Linear
_Slope: TypeAlias = tuple[_Layer, Tensor, Tensor]  # a layer, what it was given, derivatives by what it gave


def gradsign(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    normalisation: Normalisation = "image",
    mean: bool = False,
    loss: Loss = cross_entropy,
) -> float:
    """Return the sum over weights of ``|sum over images of sign(gradient of the image's loss)|``; more is better.

    Where two images pull a weight the same way, their optima lie on the same side of it and so nearer to each other, and dense
    optima bound the loss that training reaches. Weights are those of convolutions and linear layers. The sign of 0 is 0; what
    the loss does not depend on, and gradients that are no numbers, count 0. The network is left as it was.

    Parameters
    ----------
    network
        Images to logits; nothing in it but batch normalisation mixes images.
    images, labels
        ``[n, ...]`` and ``[n]``.
    normalisation
        What batch normalisation does: ``image`` as published (batches of one); not ``batch``, through whose statistics the loss
        of an image reaches others.
    mean
        Divide by the number of weights: another ranking, without the factor of size.
    loss
        Of each image.

    Returns
    -------
    float
        Between 0 and ``n`` times the number of weights (``mean``: ``n``).

    Raises
    ------
    InputError
        Images, labels or normalisation that cannot be used.

    References
    ----------
    Zhang and Jia (2022), "GradSign: model performance inference with theoretical insights", arXiv:2110.08616, Algorithm 1.
    """
    checked(images, labels)
    if normalisation == "batch":
        raise InputError(
            "gradients of single images need statistics that mix none",
            field="normalisation",
            found=normalisation,
            expected="image, fixed, running or none",
        )
    layers = weighted_layers(network)
    with normalised(network, normalisation), _recorded(layers) as calls:
        total = loss(network(images.detach().requires_grad_()), labels).sum()
        slopes = _slopes(total, [output for _, _, output in calls])
    found: dict[int, list[_Slope]] = {}
    for (layer, given, _), slope in zip(calls, slopes, strict=True):
        if slope is not None:
            found.setdefault(id(layer.weight), []).append((layer, given, slope))
    with torch.no_grad():
        score = sum((float(_agreement(parts).abs().sum(dtype=torch.float64)) for parts in found.values()), start=0.0)
    return score / max(1, sum(weight.numel() for weight in weights_of(network).values())) if mean else score


@contextmanager
def _recorded(layers: list[_Layer]) -> Iterator[list[tuple[_Layer, Tensor, Tensor]]]:
    """Keep layer, input and output of each call while inside.

    What goes on is a copy of the output, so that an activation that works in place does not change what is kept.
    """
    calls: list[tuple[_Layer, Tensor, Tensor]] = []

    def keep(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
        assert isinstance(layer, _Layer)
        calls.append((layer, given[0].detach(), output))
        return output.clone()

    handles: list[RemovableHandle] = [layer.register_forward_hook(keep) for layer in layers]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _slopes(total: Tensor, outputs: list[Tensor]) -> list[Tensor | None]:
    """Return the derivatives of the loss by outputs of layers; none where it does not depend on them."""
    if not total.requires_grad or not outputs:
        return [None] * len(outputs)
    return list(torch.autograd.grad(total, outputs, allow_unused=True))


def _agreement(parts: list[_Slope]) -> Tensor:
    """Return for each weight the sum over images of the signs of its gradients, given all the calls that use it."""
    layer, given, slope = parts[0]
    if len(parts) == 1 and isinstance(layer, nn.Linear) and given.ndim == 2:  # of outer products signs are outer products
        return _sign(slope).T @ _sign(given)
    return _sign(torch.stack([_gradients(*part) for part in parts]).sum(dim=0)).sum(dim=0)


def _gradients(layer: _Layer, given: Tensor, slope: Tensor) -> Tensor:
    """Return the gradient of each image's loss by the weights of a layer, ``[n, *weight]``.

    The convolution of a batch is one of a single image with ``n`` times the groups: a third of the time of mapping over images.
    """
    if isinstance(layer, nn.Linear):
        return torch.einsum("n...o,n...i->noi", slope, given)
    n, padding = len(given), layer.padding
    if isinstance(padding, str) or layer.padding_mode != "zeros":
        mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
        given, padding = functional.pad(given, layer._reversed_padding_repeated_twice, mode=mode), (0, 0)
    shape = torch.Size((n * layer.out_channels, *layer.weight.shape[1:]))
    found: Tensor = conv2d_weight(  # type: ignore[no-untyped-call]
        given.flatten(0, 1)[None],
        shape,
        slope.flatten(0, 1)[None],
        stride=layer.stride,
        padding=padding,
        dilation=layer.dilation,
        groups=n * layer.groups,
    )
    return found.view(n, *layer.weight.shape)


def _sign(values: Tensor) -> Tensor:
    return torch.nan_to_num(values, nan=0.0).sign()
