"""Learning from an order alone: rewards that nobody states, of which only the order is right."""

from __future__ import annotations

import numpy as np
import torch

from braess.learn.gflownet.network import Loss
from braess.problem.evaluations import Bools, Floats


def best_loss(best: Bools) -> Loss:
    """Return the loss by which the best of some designs ``[m]`` are worth equally much, and all others nothing.

    The cross-entropy between the shares of the rewards and equal shares of the best (Chen and Mauch 2024, arXiv:2310.00386,
    section 3.2). At least one design must be best.
    """
    shares = torch.from_numpy(best / best.sum()).float()
    return lambda found: -(shares * torch.log_softmax(found, dim=0)).sum()


def pairs_loss(values: Floats, partners: np.ndarray) -> Loss:
    """Return the loss by which of two designs the one with the smaller value is worth more, and equals are worth the same.

    The model of Bradley and Terry (arXiv:2310.00386, section 3.1).

    Parameters
    ----------
    values
        ``[m]``, to be small.
    partners
        ``[m]`` which design each is compared with.
    """
    other = values[partners]
    wins = torch.from_numpy(np.where(values == other, 0.5, values < other)).float()
    pairs = torch.from_numpy(partners)
    return lambda found: torch.nn.functional.binary_cross_entropy_with_logits(found - found[pairs], wins)
