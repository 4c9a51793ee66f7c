"""How large a network is: what every score of untrained networks must be better than."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from braess.learn.proxies._forward import checked, normalised


def multiply_adds(network: nn.Module, images: Tensor) -> float:
    """Return the multiply-adds of convolutions and matrix products for one image, in tables often called FLOPs.

    Parameters
    ----------
    network
        Images to logits; it is left as it was.
    images
        ``[n, ...]``, of which only the shape of one is read.
    """
    counter = FlopCounterMode(display=False)
    with normalised(network, "fixed"), torch.no_grad(), counter:
        network(torch.zeros_like(checked(images)[:1]))
    return counter.get_total_flops() / 2.0


def parameter_count(network: nn.Module) -> float:
    """Return the number of trainable parameters, shared ones once."""
    return float(sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad))
