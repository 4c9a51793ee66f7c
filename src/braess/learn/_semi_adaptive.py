"""Virtual nodes: nodes that are on no road, tied to all real ones by learned weights, so that one layer sees everything.

Nodes come first: features are ``[v + m, ...]`` for ``v`` real nodes, then ``m`` virtual ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import nn

EMBEDDING = 10  # numbers that place a node, as in Graph WaveNet

Variant = Literal["semi-adaptive", "adaptive", "fixed"]
Operator = Callable[[torch.Tensor], torch.Tensor]


def row_normalised(matrix: torch.Tensor) -> torch.Tensor:
    """Divide rows that are not negative by their sums; rows of zeros stay."""
    return matrix / matrix.sum(-1, keepdim=True).clamp(min=torch.finfo(matrix.dtype).tiny)


def affinity(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the weights ``[..., a, b]`` of nodes placed at ``[..., b, k]`` for those at ``[..., a, k]``; rows sum to 1."""
    return torch.softmax(torch.relu(one @ other.transpose(-1, -2)), dim=-1)


def _places(nodes: int) -> tuple[nn.Parameter, nn.Parameter]:
    """Return where nodes are, twice: apart from each other, but no farther than that scores of pairs are about 1.

    Farther apart, each would take nearly all from the one that happens to be nearest, and learn nothing of the others.
    """
    first, second = (nn.Parameter(EMBEDDING**-0.25 * torch.randn(nodes, EMBEDDING)) for _ in range(2))
    return first, second


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

    def around(self, real: torch.Tensor) -> torch.Tensor:
        """Return the adjacency ``[v + m, v + m]`` with this block ``[v, v]`` of real nodes."""
        above = torch.cat([(1.0 - self.real_gate) * real, self.real_gate * self.read], dim=-1)
        below = torch.cat([(1.0 - self.virtual_gate) * self.write, self.virtual_gate * self.among], dim=-1)
        return torch.cat([above, below])


class Placement(nn.Module):
    """Blocks from where nodes are: two embeddings of each, and a gate that depends on the first."""

    def __init__(self, virtual: int) -> None:
        super().__init__()
        self.first, self.second = _places(virtual)
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


class Adjacency(nn.Module):
    """Adjacency of real and virtual nodes, the same for all inputs.

    Parameters
    ----------
    real
        ``[v, v]`` weights between real nodes, not negative: how much the node of the row takes from that of the column.
    virtual
        Number of virtual nodes; with none, all but ``"adaptive"`` is the weights of the real nodes alone.
    variant
        ``"semi-adaptive"`` keeps the weights between real nodes and learns those where virtual ones are touched; ``"adaptive"``
        learns all, in one normalisation; ``"fixed"`` learns nothing: virtual nodes average all real ones, and have
        ``m / (v + m)`` of the weight for each.
    """

    def __init__(self, real: torch.Tensor, virtual: int, variant: Variant) -> None:
        super().__init__()
        self.register_buffer("real", real)
        self.virtual, self.variant = virtual, variant
        if variant == "adaptive":
            self.first, self.second = _places(len(real) + virtual)
        elif variant == "semi-adaptive" and virtual:
            self.first, self.second = _places(len(real))
            self.placement = Placement(virtual)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the adjacency ``[v + m, v + m]`` and its transpose, the rows of both normalised."""
        if self.variant == "adaptive":
            learned = affinity(self.first, self.second)
            return learned, row_normalised(learned.T)
        real = self.get_buffer("real")
        ways = row_normalised(real), row_normalised(real.T)
        if not self.virtual:
            return ways
        blocks = self._blocks(real)
        return blocks.around(ways[0]), blocks.transposed().around(ways[1])

    def _blocks(self, real: torch.Tensor) -> Blocks:
        """Return the blocks that touch virtual nodes, as they are learned or, if nothing is learned, uniform."""
        if self.variant == "semi-adaptive":
            blocks: Blocks = self.placement(self.first, self.second)
            return blocks
        v, m = len(real), self.virtual
        return Blocks(
            real.new_full((v, m), 1.0 / m),
            real.new_full((m, v), 1.0 / v),
            real.new_zeros(m, m),
            real.new_full((v, 1), m / (v + m)),
            real.new_zeros(m, 1),
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
