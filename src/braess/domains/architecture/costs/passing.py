"""One image through a network that is watched."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle


def pass_once(network: nn.Module, image: tuple[int, int, int], hooks: Sequence[RemovableHandle]) -> None:
    """Let an image of zeros through a network as it scores, and remove the hooks; the mode is put back as it was.

    Parameters
    ----------
    network
        On any device; on ``meta`` nothing is computed.
    image
        Channels, height and width.
    hooks
        That were put on its modules.
    """
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *image, device=next(network.parameters()).device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
