"""Networks in layers: an embedding of the nodes, messages between them, a read-out of the edges after each layer.

This is how Madadi and Correia (arXiv:2303.06024) build theirs; the layers differ.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from braess.learn._convolutions import perceptron
from braess.learn.graph_model import Frame, GraphModel, Tensors


@dataclass
class LayeredModel(GraphModel):
    """A graph network that is read out at the edges after each layer of messages.

    Parameters
    ----------
    layers
        Layers of messages.
    width
        Features of a node within.
    batch, rate
        As in `GraphModel`.
    """

    layers: int = 7
    width: int = 73

    @abstractmethod
    def layer(self) -> nn.Module:
        """Return one layer of messages: features, edges and weights to features ``[v, n, w]``."""

    def network(self, frame: Frame) -> nn.Module:
        """Return the network."""
        return _Layered([self.layer() for _ in range(self.layers)], frame, self.width)


class _Layered(nn.Module):
    """Embeds the nodes, passes messages, and reads the edges out after each step; the sum, if positive, is the answer.

    Parameters
    ----------
    layers
        Layers of messages.
    frame
        What the network is for.
    width
        Features of a node within.
    """

    def __init__(self, layers: Sequence[nn.Module], frame: Frame, width: int) -> None:
        super().__init__()
        self.edges: torch.Tensor
        self.register_buffer("edges", torch.tensor(frame.edges), persistent=False)
        self.embedding = nn.Linear(len(frame.terminals), width)
        self.layers = nn.ModuleList(layers)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in layers)
        self.readouts = nn.ModuleList(perceptron([2 * width + frame.features, width, 1]) for _ in range(len(layers) + 1))

    def forward(self, tensors: Tensors) -> torch.Tensor:
        """Return the scaled answers ``[e, n]``; in learning below 0 too, or a network that is too low could never rise."""
        tail, head = self.edges
        x = self.embedding(tensors.nodes).expand(-1, tensors.features.shape[1], -1)
        total = self._read(0, x, tail, head, tensors.features)
        for at, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            passed = layer(x, self.edges, tensors.weight)
            x = torch.relu(norm(passed.flatten(0, 1)).view_as(passed)) + x
            total = total + self._read(at + 1, x, tail, head, tensors.features)
        return total if self.training else torch.relu(total)

    def _read(self, at: int, x: torch.Tensor, tail: torch.Tensor, head: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        read: torch.Tensor = self.readouts[at](torch.cat([x[tail], x[head], features], dim=2))[:, :, 0]
        return read
