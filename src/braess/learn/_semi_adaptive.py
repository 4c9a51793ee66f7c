"""Virtual nodes: nodes that are on no road, tied to all real ones by learned weights, so that one layer sees everything.

Nodes come first: features are ``[v + m, ...]`` for ``v`` real nodes, then ``m`` virtual ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import nn

EMBEDDING = 10  # numbers that place a node, as in Graph WaveNet

Operator = Callable[[torch.Tensor], torch.Tensor]


def row_normalised(matrix: torch.Tensor) -> torch.Tensor:
    """Divide rows that are not negative by their sums; rows of zeros stay."""
    return matrix / matrix.sum(-1, keepdim=True).clamp(min=torch.finfo(matrix.dtype).tiny)


def affinity(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the weights ``[..., a, b]`` of nodes placed at ``[..., b, k]`` for those at ``[..., a, k]``; rows sum to 1."""
    return torch.softmax(torch.relu(one @ other.transpose(-1, -2)), dim=-1)


class Blocks(NamedTuple):
    """The blocks of an adjacency that touch virtual nodes; the rows of each sum to 1, gates share them with the others."""

    read: torch.Tensor
    """``[..., v, m]`` weights of virtual nodes for real ones."""
    write: torch.Tensor
    """``[..., m, v]`` weights of real nodes for virtual ones."""
    among: torch.Tensor
    """``[..., m, m]`` weights of virtual nodes for each other."""
    real_gate: torch.Tensor
    """``[..., v, 1]`` how much a real node reads from virtual ones, between 0 and 1."""
    virtual_gate: torch.Tensor
    """``[..., m, 1]`` how much a virtual node reads from virtual ones, between 0 and 1."""

    def transposed(self) -> Blocks:
        """Return the blocks of the transposed adjacency, rows normalised again."""
        read, write, among = (row_normalised(block.transpose(-1, -2)) for block in (self.write, self.read, self.among))
        return Blocks(read, write, among, self.real_gate, self.virtual_gate)


class Placement(nn.Module):
    """Blocks from where nodes are: two embeddings of each, and a gate that depends on the first."""

    def __init__(self, virtual: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Parameter(torch.randn(virtual, EMBEDDING)) for _ in range(2))  # apart from each other
        self.gate = nn.Linear(EMBEDDING, 1)

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> Blocks:
        """Return the blocks for real nodes embedded at ``[..., v, k]`` each."""
        among, virtual_gate = affinity(self.first, self.second), torch.sigmoid(self.gate(self.first))
        return Blocks(
            affinity(first, self.second),
            affinity(self.first, second),
            among.expand(*first.shape[:-2], -1, -1),
            torch.sigmoid(self.gate(first)),
            virtual_gate.expand(*first.shape[:-2], -1, -1),
        )


class DiffusionConvolution(nn.Module):
    """Sums what is reached in each number of steps, in both directions, each through a linear map of its own.

    Parameters
    ----------
    width
        Features of a node, before and after.
    steps
        Most steps.

    References
    ----------
    Li et al. (2018), arXiv:1707.01926.
    """

    def __init__(self, width: int, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.mix = nn.Linear((2 * steps + 1) * width, width)

    def forward(self, x: torch.Tensor, ways: Sequence[Operator]) -> torch.Tensor:
        """Return features like ``x`` ``[v + m, ..., w]``, diffused by one step of either direction at a time."""
        reached = [x]
        for way in ways:
            at = x
            for _ in range(self.steps):
                at = way(at)
                reached.append(at)
        mixed: torch.Tensor = self.mix(torch.cat(reached, dim=-1))
        return mixed
