"""One choice among operations inside a network: their outputs are added, each as much as it weighs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn

from braess.learn.relaxation import Mixed


class MixedOp(nn.Module):
    """A weighted sum of operations of one shape; one that is not active is not computed.

    Parameters
    ----------
    operations
        One for each option.
    """

    def __init__(self, operations: Sequence[nn.Module]) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations)

    def forward(self, x: Tensor, weights: Tensor, active: Sequence[bool]) -> Tensor:
        """Mix.

        Parameters
        ----------
        x
            ``[n, ...]``.
        weights
            ``[options]``.
        active
            ``[options]``; at least one.
        """
        parts = [operation(x) * weights[i] for i, operation in enumerate(self.operations) if active[i]]
        *_, total = accumulate(parts, torch.add)
        return total


class PartialOp(nn.Module):
    """A mixture that only one in so many channels goes through; the others pass by, and channels are shuffled after it.

    Partial channel connections (Xu et al. 2020, arXiv:1907.05737, section 3.1): memory falls by the factor, and the shuffle
    lets other channels through the mixture next time.

    Parameters
    ----------
    mixed
        Of operations on ``channels / factor`` channels.
    factor
        Divides the channels.
    """

    def __init__(self, mixed: MixedOp, factor: int) -> None:
        super().__init__()
        self.mixed, self.factor = mixed, factor
        self.shuffle = nn.ChannelShuffle(factor)

    def forward(self, x: Tensor, weights: Tensor, active: Sequence[bool]) -> Tensor:
        """Mix, as `MixedOp` does."""
        part = x.shape[1] // self.factor
        mixed = self.mixed(x[:, :part], weights, active)
        shuffled: Tensor = self.shuffle(torch.cat([mixed, x[:, part:]], dim=1))
        return shuffled


def rows_of(mixed: Mixed) -> list[tuple[Tensor, list[bool]]]:
    """Return weights and what is active for each choice, ready for modules."""
    return list(zip(mixed.weights, mixed.active.tolist(), strict=True))
