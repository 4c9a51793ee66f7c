"""GIN: the graph isomorphism network of the hybrid framework of Madadi and Correia."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from braess.learn._convolutions import GINLayer
from braess.learn.layered import LayeredModel


@dataclass
class GIN(LayeredModel):
    """Graph isomorphism network with read-outs of edges after each layer.

    Parameters
    ----------
    layers, width, batch, rate
        As in `LayeredModel`; the defaults are published.
    depth
        Linear layers of the perceptron of each layer.

    References
    ----------
    Madadi and Correia, "A hybrid deep-learning-metaheuristic framework for bi-level network design problems", Expert Systems
    with Applications 243 (2024), arXiv:2303.06024.
    """

    name: ClassVar[str] = "gin"
    reference: ClassVar[str] = "Madadi and Correia (2023), arXiv:2303.06024"

    depth: int = 5

    def layer(self) -> GINLayer:
        """Return one layer."""
        return GINLayer(self.width, self.depth)
