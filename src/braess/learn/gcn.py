"""GCN: graph convolutions, which Madadi and Correia compare theirs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from braess.learn._convolutions import GCNLayer
from braess.learn.layered import LayeredModel


@dataclass
class GCN(LayeredModel):
    """Graph convolutional network with read-outs of edges after each layer; parameters as in `LayeredModel`.

    References
    ----------
    Kipf and Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017, arXiv:1609.02907.
    """

    name: ClassVar[str] = "gcn"
    reference: ClassVar[str] = "Kipf and Welling (2017), arXiv:1609.02907"

    def layer(self) -> GCNLayer:
        """Return one layer."""
        return GCNLayer(self.width)
