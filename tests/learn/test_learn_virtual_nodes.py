"""Virtual nodes: the adjacency they extend, what they let every node see, and the model of flows built on them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

torch = pytest.importorskip("torch", reason="graph models need the extra learn")
pytest.importorskip("torch_geometric", reason="graph models need the extra learn")

from braess.learn._semi_adaptive import SemiAdaptiveAdjacency, row_normalised
from braess.learn.virtual_nodes import VirtualLayer, VirtualNodes
from braess.testing.learning import ModelConformance


class TestVirtualNodesConformance(ModelConformance):
    nonsense: ClassVar = {"layers": 0, "width": -1, "virtual": 0, "steps": 0, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> VirtualNodes:
        return VirtualNodes(**({"layers": 2, "width": 16, "virtual": 2, "batch": 32} | settings))


def random_graph(nodes: int) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(nodes, nodes) * (torch.rand(nodes, nodes) < 0.4)


@pytest.mark.parametrize("variant", ["semi-adaptive", "uniform"])
def test_without_virtual_nodes_it_is_the_graph(variant: str) -> None:
    real = random_graph(7)
    forward, backward = SemiAdaptiveAdjacency(real, 0, variant)()
    assert torch.equal(forward, row_normalised(real))
    assert torch.equal(backward, row_normalised(real.T))


@pytest.mark.parametrize("variant", ["semi-adaptive", "adaptive", "uniform"])
def test_rows_sum_to_one(variant: str) -> None:
    real = random_graph(7) + 0.1
    for way in SemiAdaptiveAdjacency(real, 3, variant)():
        assert way.shape == (10, 10)
        assert (way >= 0).all()
        assert torch.allclose(way.sum(1), torch.ones(10))


def test_numbers_of_virtual_nodes_do_not_matter() -> None:
    """Virtual nodes in another order, with what places them, give the same adjacency in that order."""
    adjacency = SemiAdaptiveAdjacency(random_graph(6), 3)
    before, order = adjacency()[0], torch.tensor([2, 0, 1])
    with torch.no_grad():
        for placed in (adjacency.placement.first, adjacency.placement.second):
            placed.copy_(placed[order].clone())
    whole = torch.cat([torch.arange(6), 6 + order])
    assert torch.allclose(adjacency()[0], before[whole][:, whole], atol=1e-6)


def test_one_layer_sees_every_node() -> None:
    """On a path of 12 nodes a layer of two steps reaches two nodes; through virtual nodes it reaches all."""
    torch.manual_seed(0)
    edges, weight = torch.stack([torch.arange(11), torch.arange(1, 12)]), torch.ones(11, 1, 1)
    layer, x = VirtualLayer(4, 2, 2), torch.randn(12, 1, 4, requires_grad=True)
    (far,) = torch.autograd.grad(layer(x, edges, weight)[11].square().sum(), x)
    assert (far.abs().sum(dim=(1, 2)) > 0).all()
