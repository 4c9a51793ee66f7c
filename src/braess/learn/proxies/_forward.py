"""What all scores of untrained networks share: batches that are checked, ways to normalise, weights that count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from braess.errors import InputError

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Outputs of a network ``[n, ...]`` and labels ``[n]`` to the loss of each image ``[n]``."""

Normalisation: TypeAlias = Literal["image", "batch", "fixed", "running", "none"]
"""Whose mean and variance batch normalisation uses.

- ``image``: those of each image alone, as in training with batches of one. A map of one pixel becomes its shift.
- ``batch``: those of the batch, derivatives pass through them, as in training.
- ``fixed``: those of the batch, as constants, so that the loss of an image depends on no other one's derivatives.
- ``running``: those that the network keeps, as after training.
- ``none``: no normalisation, values pass unchanged.
"""


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each image, ``[n]``."""
    return functional.cross_entropy(outputs, labels, reduction="none")


def checked(images: Tensor, labels: Tensor | None = None) -> Tensor:
    """Return a batch of images ``[n, ...]``.

    Raises
    ------
    InputError
        There are none, they are no floating-point numbers, or there is not one label for each.
    """
    if images.ndim < 2 or len(images) == 0:
        raise InputError("no batch of images", field="images", found=tuple(images.shape), expected="[n, ...] with n >= 1")
    if not images.is_floating_point():
        raise InputError("images of whole numbers", field="images", found=str(images.dtype), expected="floating point")
    if labels is not None and (labels.ndim == 0 or len(labels) != len(images)):
        raise InputError("not one label for each image", field="labels", found=tuple(labels.shape), expected=f"[{len(images)}]")
    return images


def weighted_layers(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    """Return the layers whose weights count: convolutions and linear ones; biases and normalisation do not."""
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """Return the weights that count by name, each once, without their history."""
    counting = {id(layer.weight) for layer in weighted_layers(network)}
    return {name: weight.detach() for name, weight in network.named_parameters() if id(weight) in counting}


@contextmanager
def normalised(network: nn.Module, by: Normalisation) -> Iterator[None]:
    """Let a network normalise in one of the ways while inside, without dropout and without updating what it keeps.

    Raises
    ------
    InputError
        There is no such way, or the network keeps no statistics and is to use them.
    """
    if by not in get_args(Normalisation):
        raise InputError(
            "no such normalisation", field="normalisation", found=by, expected=f"one of {', '.join(get_args(Normalisation))}"
        )
    modules = list(network.modules())
    norms = [module for module in modules if isinstance(module, _BatchNorm)]
    if by == "running" and any(norm.running_mean is None for norm in norms):
        raise InputError("the network keeps no statistics", field="normalisation", found=by, expected="another one")
    training = [module for module in modules if module.training]
    network.eval()
    if by != "running":
        for norm in norms:
            norm.forward = partial(_NORMALISED[by], norm)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for norm in norms:
            vars(norm).pop("forward", None)
        for module in training:
            module.training = True


def _by_image(norm: _BatchNorm, values: Tensor) -> Tensor:
    if values[0, 0].numel() == 1:  # its mean is itself; worked out, its derivative would be a rounding error with a sign
        same = torch.zeros_like(values)
        return same if norm.bias is None else same + norm.bias.view(-1, *(1,) * (values.ndim - 2))
    return torch.group_norm(values, values.shape[1], norm.weight, norm.bias, norm.eps)


def _by_batch(norm: _BatchNorm, values: Tensor) -> Tensor:
    return torch.batch_norm(values, norm.weight, norm.bias, None, None, True, 0.0, norm.eps, False)


def _fixed(norm: _BatchNorm, values: Tensor) -> Tensor:
    others = [axis for axis in range(values.ndim) if axis != 1]
    variance, mean = torch.var_mean(values.detach(), others, correction=0)
    return torch.batch_norm(values, norm.weight, norm.bias, mean, variance, False, 0.0, norm.eps, False)


def _unchanged(norm: _BatchNorm, values: Tensor) -> Tensor:  # noqa: ARG001 -- all four are called alike
    return values


_NORMALISED: dict[str, Callable[[_BatchNorm, Tensor], Tensor]] = {
    "image": _by_image,
    "batch": _by_batch,
    "fixed": _fixed,
    "none": _unchanged,
}
