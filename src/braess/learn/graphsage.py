"""GraphSAGE: means over neighbours, which Madadi and Correia compare theirs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from braess.learn._convolutions import SAGELayer
from braess.learn.layered import LayeredModel


@dataclass
class GraphSAGE(LayeredModel):
    """GraphSAGE with means, read out at the edges after each layer; parameters as in `LayeredModel`.

    References
    ----------
    Hamilton, Ying and Leskovec, "Inductive representation learning on large graphs", NeurIPS 2017, arXiv:1706.02216.
    """

    name: ClassVar[str] = "graphsage"
    reference: ClassVar[str] = "Hamilton, Ying and Leskovec (2017), arXiv:1706.02216"

    def layer(self) -> SAGELayer:
        """Return one layer."""
        return SAGELayer(self.width)
