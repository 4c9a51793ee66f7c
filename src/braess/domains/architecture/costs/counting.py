"""Parameters and operations of a network, counted exactly."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from braess.domains.architecture.costs.passing import pass_once


def parameters(network: nn.Module) -> int:
    """Return the number of weights that are trained."""
    return sum(values.numel() for values in network.parameters())


def flops(network: nn.Module, image: tuple[int, int, int]) -> int:
    """Return the operations that scoring one image takes.

    As in the literature on architectures, an operation is a multiplication with its addition, of convolutions and linear layers
    alone (a shift adds one for each output); batch norms, rectifiers, pooling and sums are left out.

    Parameters
    ----------
    network
        On any device; on ``meta`` nothing is computed.
    image
        Channels, height and width.
    """
    total = 0

    def count(module: Any, inputs: Any, output: Tensor) -> None:  # noqa: ARG001 -- as torch calls it
        nonlocal total
        total += output[0].numel() * (module.weight[0].numel() + (module.bias is not None))

    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    pass_once(network, image, [layer.register_forward_hook(count) for layer in layers])
    return total
