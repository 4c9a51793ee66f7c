"""Virtual nodes: their weights, what they let every node see, and the model of flows built on them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

torch = pytest.importorskip("torch", reason="graph models need the extra learn")
pytest.importorskip("torch_geometric", reason="graph models need the extra learn")

from braess.learn._semi_adaptive import EMBEDDING, Placement
from braess.learn.virtual_nodes import VirtualLayer, VirtualNodes
from braess.testing.learning import ModelConformance


class TestVirtualNodesConformance(ModelConformance):
    nonsense: ClassVar = {"layers": 0, "width": -1, "virtual": 0, "steps": 0, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> VirtualNodes:
        return VirtualNodes(**({"layers": 2, "width": 16, "virtual": 2, "batch": 32} | settings))


def test_virtual_nodes_may_change_places() -> None:
    """In another order, with what places them, they give every real node the same."""
    torch.manual_seed(0)
    layer, order = VirtualLayer(4, 3, 2), torch.tensor([2, 0, 1])
    edges, x, weight = torch.randint(9, (2, 30)), torch.randn(9, 2, 4), torch.rand(30, 2, 1)
    before = layer(x, edges, weight)
    with torch.no_grad():
        for placed in (layer.placement.first, layer.placement.second):
            placed.copy_(placed[order].clone())
    assert torch.allclose(layer(x, edges, weight), before, atol=1e-6)


def test_weights_are_shares() -> None:
    """What a node reads from virtual nodes, they from it and from each other, adds up to 1, in both directions."""
    torch.manual_seed(0)
    blocks = Placement(3)(torch.randn(5, 7, EMBEDDING), torch.randn(5, 7, EMBEDDING))
    for way in (blocks, blocks.transposed()):
        for weights, shape in ((way.read, (5, 7, 3)), (way.write, (5, 3, 7)), (way.among, (5, 3, 3))):
            assert weights.shape == shape
            assert (weights >= 0).all()
            assert torch.allclose(weights.sum(-1), torch.ones(shape[:-1]))
        assert ((way.real_gate > 0) & (way.real_gate < 1)).all()


def test_one_layer_sees_every_node() -> None:
    """On a path of 12 nodes a layer of two steps reaches two nodes; through virtual nodes it reaches all."""
    torch.manual_seed(0)
    edges, weight = torch.stack([torch.arange(11), torch.arange(1, 12)]), torch.ones(11, 1, 1)
    layer, x = VirtualLayer(4, 2, 2), torch.randn(12, 1, 4, requires_grad=True)
    (far,) = torch.autograd.grad(layer(x, edges, weight)[11].square().sum(), x)
    assert (far.abs().sum(dim=(1, 2)) > 0).all()
