"""TNTP node and flow files are read and joined to their network."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road.formats import NodeCoordinates, read_tntp_flows, read_tntp_nodes
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError


@pytest.fixture
def network():
    """Nodes 1, 2, 3; two parallel links from 1 to 2 and one from 2 to 3."""
    ones = np.ones(3)
    return RoadNetwork(
        name="three",
        node_ids=np.array([1, 2, 3]),
        zone_nodes=np.array([0, 2]),
        through=np.ones(3, dtype=bool),
        tail=np.array([0, 1, 0]),
        head=np.array([1, 2, 1]),
        capacity=ones,
        free_flow_time=ones,
        b=ones,
        power=ones,
        length=ones,
        toll=ones,
        speed=ones,
        link_type=np.ones(3),
    )


def write(tmp_path, text):
    path = tmp_path / "x.tntp"
    path.write_text(text)
    return path


NODES = {
    "header without tilde": "Node\tX\tY\t;\n1\t0.5\t1\t;\n2\t-3\t4\t;\n3\t5\t6\t;\n",
    "cells between tabs": "Node \tX \tY \t;\n1 \t0.5 \t \t1 \t \t;\n2\t-3 \t \t4\t;\n3\t5\t6\t;\n",
    "no header": "1 0.5 1\n2 -3 4\n3 5 6\n",
    "columns swapped": "~ Y X id\n1 0.5 1\n4 -3 2\n6 5 3\n",
    "metadata": "<NUMBER OF NODES> 3\n<END OF METADATA>\n~ node x y;\n1 0.5 1;\n2 -3 4;\n3 5 6;\n",
}


@pytest.mark.parametrize("text", NODES.values(), ids=NODES.keys())
def test_node_files(tmp_path, network, text):
    """Because each published file has its own layout."""
    nodes = read_tntp_nodes(write(tmp_path, text), geographic=True)
    placed = nodes.attach(network)
    np.testing.assert_array_equal(placed.coordinates, [[0.5, 1], [-3, 4], [5, 6]])
    assert placed.geographic


NODE_DEFECTS = {
    "no number": ("Node X Y\n1 a 2\n", 2, "x", "not a number"),
    "infinite": ("Node X Y\n1 2 inf\n", 2, "y", "not a number"),
    "twice": ("Node X Y\n1 2 3\n2 2 3\n1 4 5\n", 4, "node", "given twice"),
    "short row": ("Node X Y\n1 2\n", 2, None, "the row has 2 values"),
    "no rows": ("Node X Y\n", None, None, "the file has no nodes"),
    "no y": ("Node X Z\n1 2 3\n", 1, "y", "the header lacks a column"),
}


@pytest.mark.parametrize(("text", "line", "field", "message"), NODE_DEFECTS.values(), ids=NODE_DEFECTS.keys())
def test_node_defects_are_located(tmp_path, text, line, field, message):
    """Because a wrong position spoils every map."""
    with pytest.raises(InputError, match=message) as caught:
        read_tntp_nodes(write(tmp_path, text))
    assert (caught.value.line, caught.value.field) == (line, field)


def test_every_node_needs_coordinates(network):
    """Because a missing position must not become zero."""
    with pytest.raises(InputError, match="1 of 3 nodes have no coordinates") as caught:
        NodeCoordinates(np.array([3, 1, 9]), np.zeros((3, 2))).attach(network)
    assert caught.value.found == [2]


FLOWS = {
    "published": "From \tTo \tVolume \tCost \n2 \t3 \t7.5 \t1 \n1 \t2 \t10 \t2 \n1 \t2 \t20 \t3 \n",
    "colons and semicolons": "~ \tTail \tHead \t: \tVolume \tCost \t;\n2\t3\t:\t7.5\t1\t;\n1\t2\t:\t10\t2;\n1 2 : 20 3;\n",
    "no header": "2 3 7.5 1\n1 2 10 2\n1 2 20 3\n",
}


@pytest.mark.parametrize("text", FLOWS.values(), ids=FLOWS.keys())
def test_flows_follow_the_links(tmp_path, network, text):
    """Because flow files have their own order, and parallel links are told apart by it."""
    flows = read_tntp_flows(write(tmp_path, text), network)
    assert flows.volume.tolist() == [10, 7.5, 20]
    assert flows.cost.tolist() == [2, 1, 3]


def test_flows_without_cost(tmp_path, network):
    """Because the volumes alone are what most comparisons need."""
    flows = read_tntp_flows(write(tmp_path, "from to volume\n2 3 7.5\n1 2 10\n1 2 20\n"), network)
    assert flows.cost.tolist() == [0, 0, 0]


FLOW_DEFECTS = {
    "unknown link": ("From To Volume Cost\n2 1 5 1\n", 2, "from, to", "there is no such link"),
    "three parallel links": ("From To Volume\n1 2 5\n1 2 5\n1 2 5\n2 3 1\n", 4, "from, to", "given twice"),
    "link missing": ("From To Volume Cost\n1 2 5 1\n2 3 5 1\n", None, "from, to", "1 of 3 links have no flow"),
    "negative": ("From To Volume Cost\n1 2 -5 1\n", 2, "volume", "negative flow"),
    "no number": ("From To Volume Cost\n1 2 x 1\n", 2, "volume", "not a number"),
    "no rows": ("From To Volume Cost\n", None, None, "the file has no flows"),
}


@pytest.mark.parametrize(("text", "line", "field", "message"), FLOW_DEFECTS.values(), ids=FLOW_DEFECTS.keys())
def test_flow_defects_are_located(tmp_path, network, text, line, field, message):
    """Because best-known flows joined to the wrong links would falsify every comparison."""
    with pytest.raises(InputError, match=message) as caught:
        read_tntp_flows(write(tmp_path, text), network)
    assert (caught.value.line, caught.value.field) == (line, field)
