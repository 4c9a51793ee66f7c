"""How nodes of a graph learn from their neighbours: layers of messages over edges with weights, for many graphs at once.

Nodes come first: features are ``[v, n, w]`` for ``v`` nodes of ``n`` graphs with the same edges, weights ``[e, n, 1]``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch_geometric.nn import MessagePassing


def perceptron(sizes: list[int]) -> nn.Sequential:
    """Return linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class _Messages(MessagePassing):
    """Sums over the edges that end at a node: what comes in from their tails, times their weights."""

    def __init__(self, aggregation: str = "add") -> None:
        super().__init__(aggr=aggregation, node_dim=0)

    def message(self, x_j: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
        """Return the messages of all edges ``[e, n, w]``."""
        return x_j if weight is None else x_j * weight


class GINLayer(_Messages):
    """Graph isomorphism network (Xu et al. 2019, arXiv:1810.00826): a perceptron of the node and the sum of its neighbours.

    Parameters
    ----------
    width
        Features of a node.
    depth
        Linear layers of the perceptron.
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.perceptron = perceptron([width] * (depth + 1))
        self.epsilon = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor, edges: torch.Tensor, weight: torch.Tensor) -> Any:
        """Return features ``[v, n, w]``."""
        return self.perceptron((1.0 + self.epsilon) * x + self.propagate(edges, x=x, weight=weight))


class GCNLayer(_Messages):
    """Graph convolution (Kipf and Welling 2017, arXiv:1609.02907): weights over the roots of the degrees, a loop at each node.

    Parameters
    ----------
    width
        Features of a node.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, edges: torch.Tensor, weight: torch.Tensor) -> Any:
        """Return features ``[v, n, w]``."""
        tail, head = edges
        root = torch.ones(x.shape[0], weight.shape[1], 1, dtype=x.dtype, device=x.device).index_add(0, head, weight).rsqrt()
        passed = self.propagate(edges, x=x, weight=root[tail] * weight * root[head])
        return self.linear(passed + root**2 * x)


class SAGELayer(_Messages):
    """GraphSAGE (Hamilton et al. 2017, arXiv:1706.02216): one linear map of the node, one of the mean of its neighbours.

    Parameters
    ----------
    width
        Features of a node.
    """

    def __init__(self, width: int) -> None:
        super().__init__("mean")
        self.own, self.others = nn.Linear(width, width), nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor, edges: torch.Tensor, weight: torch.Tensor) -> Any:
        """Return features ``[v, n, w]``; the weights do not matter."""
        del weight
        return self.own(x) + self.others(self.propagate(edges, x=x, weight=None))
