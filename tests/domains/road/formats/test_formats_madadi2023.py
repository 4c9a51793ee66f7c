"""The scenarios of Madadi and Correia read their networks in their own way."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road.formats import as_published_madadi2023, read_lane_swap_pairs
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError


@pytest.fixture
def network():
    """Links 7->8, 8->7 and 8->9."""
    return RoadNetwork(
        name="x",
        node_ids=np.array([7, 8, 9]),
        zone_nodes=np.array([0]),
        through=np.array([False, True, True]),
        tail=np.array([0, 1, 1]),
        head=np.array([1, 0, 2]),
        capacity=np.array([1.0, 2.0, 3.0]),
        free_flow_time=np.array([0.0, 1.0, 2.0]),
        b=np.array([0.15, 0.0, 1.0]),
        power=np.array([1.0, 0.0, 1.5]),
        length=np.array([5.0, 0.0, 6.0]),
        toll=np.zeros(3),
        speed=np.zeros(3),
        link_type=np.ones(3),
    )


def test_as_published(network):
    """Because the published values hold only for the networks as that study read them."""
    changed = as_published_madadi2023(network)
    assert changed.free_flow_time.tolist() == [1e-6, 1, 2]
    assert changed.length.tolist() == [5, 1e-6, 6]
    assert changed.power.tolist() == [4, 4, 1.5]
    assert changed.b.tolist() == [0.15, 0, 1]
    assert changed.through.all()
    assert network.power.tolist() == [1, 0, 1.5]


def test_pairs_become_links(tmp_path, network):
    """Because a swap takes from one direction what it gives to the other."""
    path = tmp_path / "pairs.json"
    path.write_text("[[8, 7]]")
    assert read_lane_swap_pairs(path, network).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[8, 9]]", "the network lacks a link of the pair"),
        ("[[8]]", "not a pair of nodes"),
        ('[["8", "7"]]', "not a pair of nodes"),
        ('{"a": 1}', "not a list of node pairs"),
        ("[[8, 7]", "not JSON"),
    ],
)
def test_defects_are_reported(tmp_path, network, text, message):
    """Because a pair of one direction only cannot swap lanes."""
    path = tmp_path / "pairs.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_lane_swap_pairs(path, network)
