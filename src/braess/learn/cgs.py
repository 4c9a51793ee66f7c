"""CGS: a convergent graph solver, which answers by the fixed points of contracting maps that it makes of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import nn
from torch_geometric.utils import softmax

from braess.errors import InputError
from braess.learn._convolutions import perceptron
from braess.learn._fixed_points import contracting, fixed_points
from braess.learn.graph_model import Frame, GraphModel, Tensors

# Entries of the maps at first: in the middle of the interval outside of which they would not learn.
_MIDDLE = 0.5


@dataclass
class CGS(GraphModel):
    """Convergent graph solver.

    An encoder of messages with attention makes linear maps of the graph, one a head, that surely contract; each has one fixed
    point, which is found exactly enough and differentiated without its iterates. Every edge is read from the fixed points
    at its ends. However few layers the encoder has, each node hears of all from which a path leads to it.

    Parameters
    ----------
    layers
        Layers of messages of the encoder.
    width
        Features of a node and of an edge within.
    heads
        Maps.
    gamma
        How much the maps contract, below 1: what a node hears fades by this factor with each edge on the way, at least.
    batch, rate
        As in `GraphModel`.

    References
    ----------
    Park, Choo and Park, "Convergent graph solvers", International Conference on Learning Representations (2022),
    arXiv:2106.01680. Theirs have node or graph answers, and gamma 0.5.
    """

    name: ClassVar[str] = "cgs"
    reference: ClassVar[str] = "Park, Choo and Park (2022), arXiv:2106.01680"

    layers: int = 3
    width: int = 64
    heads: int = 32
    gamma: float = 0.9

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        if not self.gamma < 1.0:
            raise InputError("impossible number", field="gamma", found=self.gamma, expected="less than 1")

    def network(self, frame: Frame) -> nn.Module:
        """Return the network."""
        return _Network(frame, self.layers, self.width, self.heads, self.gamma)


class AttentionLayer(nn.Module):
    """Edges learn from their ends, then nodes from the edges that end there, by attention.

    Parameters
    ----------
    before, after
        Features of a node and of an edge.
    width
        Features within the perceptrons.
    """

    def __init__(self, before: tuple[int, int], after: tuple[int, int], width: int) -> None:
        super().__init__()
        read = 2 * before[0] + before[1]
        self.edge = perceptron([read, width, after[1]])
        self.attention = perceptron([read, width, 1])
        self.node = perceptron([after[1] + before[0], width, after[0]])

    def forward(self, x: torch.Tensor, z: torch.Tensor, edges: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features of nodes ``[v, n, w]`` and of edges ``[e, n, w]``."""
        tail, head = edges
        read = torch.cat([z, x[tail], x[head]], dim=2)
        z = self.edge(read)
        share = softmax(self.attention(read), head, num_nodes=len(x), dim=0)
        heard = z.new_zeros(len(x), *z.shape[1:]).index_add(0, head, share * z)
        return self.node(torch.cat([heard, x], dim=2)), z


class ConvergentMaps(nn.Module):
    """Makes contracting maps of graphs, and finds their fixed points.

    Parameters
    ----------
    nodes, edges
        Features of a node and of an edge.
    layers, width, heads, gamma
        As in `CGS`.
    """

    def __init__(self, nodes: int, edges: int, *, layers: int, width: int, heads: int, gamma: float) -> None:
        super().__init__()
        sizes = [(nodes, edges), *[(width, width)] * (layers - 1), (heads, heads)]
        stack = [AttentionLayer(before, after, width) for before, after in pairwise(sizes)]
        nn.init.constant_(stack[-1].edge[-1].get_parameter("bias"), _MIDDLE)
        self.layers = nn.ModuleList(stack)
        self.gamma = gamma

    def maps(self, x: torch.Tensor, z: torch.Tensor, edges: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the entries of the maps ``[e, n, m]`` and what they add ``[v, n, m]``."""
        for layer in self.layers:
            x, z = layer(x, z, edges)
        return contracting(z, edges, len(x)), x

    def forward(self, x: torch.Tensor, z: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Return the fixed points ``[v, n, m]``.

        Parameters
        ----------
        x, z
            Features of nodes ``[v, n, p]`` and of edges ``[e, n, q]``.
        edges
            ``[2, e]`` tail and head of each edge; several graphs of different sizes are one graph of several parts, ``n`` 1.
        """
        entries, added = self.maps(x, z, edges)
        return fixed_points(entries, added, edges, self.gamma)


class _Network(nn.Module):
    """Reads the edges out of the fixed points at their ends."""

    def __init__(self, frame: Frame, layers: int, width: int, heads: int, gamma: float) -> None:
        super().__init__()
        features = frame.features + 1
        self.register_buffer("edges", torch.tensor(frame.edges), persistent=False)
        self.solver = ConvergentMaps(len(frame.terminals), features, layers=layers, width=width, heads=heads, gamma=gamma)
        self.read = perceptron([2 * heads + features, width, 1])

    def forward(self, tensors: Tensors) -> torch.Tensor:
        """Return the scaled answers ``[e, n]``; in learning below 0 too, or a network that is too low could never rise."""
        edges = self.get_buffer("edges")
        tail, head = edges
        z = torch.cat([tensors.features, tensors.weight], dim=2)
        h = self.solver(tensors.nodes.expand(-1, z.shape[1], -1), z, edges)
        found: torch.Tensor = self.read(torch.cat([h[tail], h[head], z], dim=2))[:, :, 0]
        return found if self.training else torch.relu(found)
