"""VirtualNodes: a diffusion over the graph and a few nodes that are not on it, through which all others see each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from braess.learn._semi_adaptive import EMBEDDING, Blocks, DiffusionConvolution, Operator, Placement
from braess.learn.layered import LayeredModel


@dataclass
class VirtualNodes(LayeredModel):
    """Graph network with virtual nodes and read-outs of edges after each layer.

    Weights between real nodes are those of the graph. Those of virtual nodes are learned: they follow from the features
    of the nodes in each layer, so that the numbering of the nodes does not matter and each input has weights of its own.

    Parameters
    ----------
    layers, width, batch, rate
        As in `LayeredModel`.
    virtual
        Virtual nodes of each layer.
    steps
        Most steps that features diffuse in a layer.

    References
    ----------
    Cao, Zhuang, Zhao and Wang, "Virtual nodes improve long-term traffic prediction" (2025), arXiv:2501.10048, who forecast
    series of sensors; weights that follow from features, and flows on edges, are this library's.
    """

    name: ClassVar[str] = "virtual-nodes"
    reference: ClassVar[str] = "Cao, Zhuang, Zhao and Wang (2025), arXiv:2501.10048"

    virtual: int = 4
    steps: int = 2

    def layer(self) -> VirtualLayer:
        """Return one layer."""
        return VirtualLayer(self.width, self.virtual, self.steps)


class VirtualLayer(nn.Module):
    """A diffusion over real and virtual nodes; the virtual ones begin with what they read from the real ones.

    Parameters
    ----------
    width
        Features of a node.
    virtual, steps
        As in `VirtualNodes`.
    """

    def __init__(self, width: int, virtual: int, steps: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Linear(width, EMBEDDING) for _ in range(2))
        self.placement = Placement(virtual)
        self.diffusion = DiffusionConvolution(width, steps)

    def forward(self, x: torch.Tensor, edges: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return features ``[v, n, w]``."""
        at = x.transpose(0, 1)
        blocks: Blocks = self.placement(self.first(at), self.second(at))
        start = torch.cat([x, _gathered(blocks.write, x)])
        tail, head = edges
        ways = (_way(head, tail, weight, blocks), _way(tail, head, weight, blocks.transposed()))
        passed: torch.Tensor = self.diffusion(start, ways)
        return passed[: len(x)]


def _gathered(weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the sums ``[a, n, w]`` of features ``[b, n, w]`` by weights ``[n, a, b]``."""
    return torch.einsum("nab,bnw->anw", weights, x)


def _way(source: torch.Tensor, sink: torch.Tensor, weight: torch.Tensor, blocks: Blocks) -> Operator:
    """Return the step by which real nodes average the sources of their edges, and virtual nodes take part."""
    real = blocks.write.shape[-1]
    total = weight.new_zeros(real, *weight.shape[1:]).index_add(0, sink, weight)
    share = weight / total.clamp(min=torch.finfo(weight.dtype).tiny)[sink]
    real_gate, virtual_gate = (gate.transpose(0, 1) for gate in (blocks.real_gate, blocks.virtual_gate))

    def step(x: torch.Tensor) -> torch.Tensor:
        near, far = x[:real], x[real:]
        passed = torch.zeros_like(near).index_add(0, sink, share * near[source])
        return torch.cat(
            [
                (1.0 - real_gate) * passed + real_gate * _gathered(blocks.read, far),
                (1.0 - virtual_gate) * _gathered(blocks.write, near) + virtual_gate * _gathered(blocks.among, far),
            ]
        )

    return step
