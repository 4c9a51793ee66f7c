"""ODGraph: a graph network that sees who sends how much to whom, and whose flows leave no node but where trips end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from braess.learn._convolutions import perceptron
from braess.learn.graph_model import Frame, GraphModel, Tensors

# How often flows are made positive and balanced again in turn.
_ROUNDS = 50
# Least share of the usual answer of an edge, in how corrections are spread over the edges.
_LEAST = 0.05


@dataclass
class ODGraph(GraphModel):
    """Graph network for flows between terminals.

    Each layer lets edges learn from their ends, nodes from the edges around them, and terminals from those that they send to
    and receive from, in proportion (virtual links between origin and destination). What is learned is how the answer differs
    from the usual one of each edge. At the end the least correction that balances all nodes is added: what flows out
    less what flows in is what the node sends less what it receives.

    Parameters
    ----------
    layers
        Layers of messages.
    width
        Features of a node and of an edge within.
    batch, rate
        As in `GraphModel`.

    Notes
    -----
    Virtual links between origins and destinations follow Liu and Meidani, "End-to-end heterogeneous graph neural networks for
    traffic assignment", Transportation Research Part C 165 (2024), arXiv:2310.13193, who add conservation to the loss.
    """

    name: ClassVar[str] = "od-graph"
    reference: ClassVar[str] = "this library; virtual links by Liu and Meidani (2024), arXiv:2310.13193"

    layers: int = 4
    width: int = 64

    def network(self, frame: Frame) -> nn.Module:
        """Return the network."""
        return _Network(frame, self.layers, self.width)


class _EdgePerceptron(nn.Module):
    """A perceptron of what is known of an edge and its ends; the first layer reads each node once, not once for each edge."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.tail, self.head = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.own, self.last = nn.Linear(width, width), nn.Linear(width, out)

    def forward(self, x: torch.Tensor, z: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """Return features of edges ``[e, n, out]`` from those of nodes ``[v, n, w]`` and of edges ``[e, n, w]``."""
        tail, head = ends
        hidden = self.own(z)
        hidden += self.tail(x)[tail]
        hidden += self.head(x)[head]
        read: torch.Tensor = self.last(torch.relu_(hidden))
        return read


class _Layer(nn.Module):
    """Edges learn from their ends, then nodes from the edges around them and from those they exchange trips with."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.edge = _EdgePerceptron(width, width)
        self.node = perceptron([5 * width, width, width])
        self.end_norm, self.edge_norm, self.node_norm = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(5 * width)

    def forward(
        self, x: torch.Tensor, z: torch.Tensor, ends: torch.Tensor, terminals: torch.Tensor, shares: list[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features of nodes ``[v, n, w]`` and of edges ``[e, n, w]``; shares are ``[n or 1, p, p]``."""
        tail, head = ends
        z = z + self.edge(self.end_norm(x), self.edge_norm(z), ends)
        nothing = torch.zeros_like(x)
        at = x[terminals]
        passed = [
            nothing.index_add(0, head, z),
            nothing.index_add(0, tail, z),
            *(nothing.index_add(0, terminals, _exchanged(share, at)) for share in shares),
        ]
        return x + self.node(self.node_norm(torch.cat([x, *passed], dim=2))), z


class _Network(nn.Module):
    """Embeds nodes and edges, passes messages, and adds what it learned to the usual answers; balanced."""

    def __init__(self, frame: Frame, layers: int, width: int) -> None:
        super().__init__()
        ends, usual = torch.tensor(frame.edges), torch.tensor(frame.usual_target, dtype=torch.float64)
        incidence = torch.zeros(frame.nodes, len(usual), dtype=torch.float64)
        incidence.index_put_((ends[0], torch.arange(len(usual))), torch.tensor(1.0, dtype=torch.float64), accumulate=True)
        incidence.index_put_((ends[1], torch.arange(len(usual))), torch.tensor(-1.0, dtype=torch.float64), accumulate=True)
        spread = usual.abs() + _LEAST * usual.abs().mean() + torch.finfo(torch.float64).tiny
        spread_back = spread[:, None] * incidence.T
        self._keep("ends", ends)
        self._keep("terminals", torch.tensor(frame.terminals))
        self._keep("usual", usual.float())
        self._keep("usual_features", torch.tensor(frame.usual_features, dtype=torch.float32))
        self._keep("incidence", incidence.float())
        self._keep("correction", (spread_back @ torch.linalg.pinv(incidence @ spread_back, hermitian=True)).float())
        self._ratio = frame.node_scale / frame.target_scale
        self.nodes_in = nn.Linear(2 * len(frame.terminals) + 2, width)
        self.edges_in = nn.Linear(2 * frame.features + 1, width)
        self.layers = nn.ModuleList(_Layer(width) for _ in range(layers))
        self.read = _EdgePerceptron(width, 1)
        for parameter in self.read.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, tensors: Tensors) -> torch.Tensor:
        """Return the scaled answers ``[e, n]``."""
        ends, terminals = self.get_buffer("ends"), self.get_buffer("terminals")
        usual, usual_features = self.get_buffer("usual"), self.get_buffer("usual_features")
        sent, n = tensors.nodes, tensors.features.shape[1]
        between = sent[terminals].transpose(0, 1)  # [n or 1, p, p]
        back = torch.zeros_like(sent).index_add(0, terminals, between.permute(2, 0, 1))
        out, into = sent.sum(2, keepdim=True), back.sum(2, keepdim=True)
        x = self.nodes_in(torch.cat([sent, back, out, into], dim=2)).expand(-1, n, -1)
        changed = tensors.features - usual_features[:, None]
        known = usual[:, None, None].expand(-1, n, 1)
        z = self.edges_in(torch.cat([tensors.features, changed, known], dim=2))
        shares = [_shares(between), _shares(between.transpose(1, 2))]
        for layer in self.layers:
            x, z = layer(x, z, ends, terminals, shares)
        found = usual[:, None] + self.read(x, z, ends)[:, :, 0]
        due = (out - into)[:, :, 0] * self._ratio
        found = self._balanced(found, due)
        if not self.training:
            for _ in range(_ROUNDS):
                if (found >= 0.0).all():
                    break
                found = self._balanced(found.clamp(min=0.0), due)
            found = found.clamp(min=0.0)
        return found

    def _balanced(self, found: torch.Tensor, due: torch.Tensor) -> torch.Tensor:
        """Return the nearest answers ``[e, n]`` at which each node sends on what is ``due`` ``[v, n]`` more than it gets."""
        return found + self.get_buffer("correction") @ (due - self.get_buffer("incidence") @ found)

    def _keep(self, name: str, values: torch.Tensor) -> None:
        self.register_buffer(name, values, persistent=False)


def _shares(between: torch.Tensor) -> torch.Tensor:
    """Return what share of its trips each terminal exchanges with each other, ``[n or 1, p, p]``."""
    return between / between.sum(2, keepdim=True).clamp(min=torch.finfo(between.dtype).tiny)


def _exchanged(shares: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """Return the mean of the features ``[p, n, w]`` of those that each terminal exchanges trips with, by shares."""
    if len(shares) == 1:
        return (shares[0] @ at.flatten(1)).view_as(at)
    return torch.einsum("nab,bnw->anw", shares, at)
