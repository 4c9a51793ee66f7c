"""What is written reads back exactly, whatever the numbers and the text."""

from __future__ import annotations

import csv
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.road.formats import (
    read_csv_demand,
    read_gmns,
    write_csv_demand,
    write_geojson,
    write_gmns,
    write_links_csv,
)
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import InputError

NUMBERS = st.floats(min_value=0, allow_infinity=False, allow_nan=False, max_value=1e12)
POSITIVE = st.floats(min_value=1e-300, max_value=1e12)
ANY = st.floats(allow_infinity=False, allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@st.composite
def networks(draw, coordinates=None):
    """Networks of one to five nodes with up to six links, loops and parallel links included."""
    nodes, links = draw(st.integers(1, 5)), draw(st.integers(0, 6))
    node = st.integers(0, nodes - 1)
    zones = draw(st.lists(node, min_size=1, max_size=nodes, unique=True))
    placed = draw(st.booleans()) if coordinates is None else coordinates

    def per_link(values):
        return np.array(draw(st.lists(values, min_size=links, max_size=links)), dtype=np.float64)

    return RoadNetwork(
        name=draw(TEXT),
        node_ids=np.array(draw(st.lists(st.integers(0, 2**52), min_size=nodes, max_size=nodes, unique=True))),
        zone_nodes=np.array(zones),
        through=np.array(draw(st.lists(st.booleans(), min_size=nodes, max_size=nodes))),
        tail=per_link(node).astype(int),
        head=per_link(node).astype(int),
        capacity=per_link(POSITIVE),
        free_flow_time=per_link(NUMBERS),
        b=per_link(NUMBERS),
        power=per_link(NUMBERS),
        length=per_link(NUMBERS),
        toll=per_link(NUMBERS),
        speed=per_link(NUMBERS),
        link_type=per_link(st.integers(-9, 9)).astype(int),
        toll_factor=draw(NUMBERS),
        distance_factor=draw(NUMBERS),
        coordinates=np.array(draw(st.lists(st.tuples(ANY, ANY), min_size=nodes, max_size=nodes))) if placed else None,
        geographic=draw(st.booleans()) if placed else False,
    )


def assert_same(found, expected):
    for field in dataclasses.fields(expected):
        left, right = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(right, np.ndarray):
            np.testing.assert_array_equal(left, right, err_msg=field.name)
        else:
            assert left == right, field.name


@settings(max_examples=60, deadline=None)
@given(networks(), st.data())
def test_gmns(network, data):
    """Because a network handed to another tool and back must be the same network."""
    size = network.zones
    cells = data.draw(st.lists(NUMBERS, min_size=size * size, max_size=size * size))
    demand = Demand(np.array(cells).reshape(size, size))
    with tempfile.TemporaryDirectory() as folder:
        write_gmns(network, folder, demand)
        again, trips = read_gmns(folder)
    assert_same(again, network)
    np.testing.assert_array_equal(trips.matrix, demand.matrix)


@settings(max_examples=60, deadline=None)
@given(networks(coordinates=True), TEXT, st.data())
def test_geojson(network, label, data):
    """Because a map must show the numbers that were computed, and strange names must not break the file."""
    flow = data.draw(st.lists(st.floats(), min_size=network.links, max_size=network.links))
    names = [data.draw(TEXT)] * network.links
    extra = {"flow!": flow, "named " + label: names}
    with tempfile.TemporaryDirectory() as folder:
        write_geojson(network, Path(folder) / "sub" / "x.geojson", extra)
        found = json.loads((Path(folder) / "sub" / "x.geojson").read_text(encoding="utf-8"))
    assert found["name"] == network.name
    assert len(found["features"]) == network.links
    for link, feature in enumerate(found["features"]):
        line = network.coordinates[[network.tail[link], network.head[link]]].tolist()
        assert feature["geometry"] == {"type": "LineString", "coordinates": line}
        properties = feature["properties"]
        assert properties["capacity"] == network.capacity[link]
        assert properties["from_node"] == network.node_ids[network.tail[link]]
        assert properties["flow!"] == (flow[link] if np.isfinite(flow[link]) else None)
        assert properties["named " + label] == names[link]


@settings(max_examples=60, deadline=None)
@given(networks(), TEXT, st.data())
def test_links_csv(network, label, data):
    """Because a spreadsheet must show the numbers that were computed, and strange names must not break the file."""
    flow = data.draw(st.lists(st.floats(allow_nan=False), min_size=network.links, max_size=network.links))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "links.csv"
        write_links_csv(network, path, {"extra " + label: flow})
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    assert [float(row["extra " + label]) for row in rows] == flow
    assert [float(row["free_flow_time"]) for row in rows] == network.free_flow_time.tolist()
    assert [int(row["to_node"]) for row in rows] == network.node_ids[network.head].tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.booleans(), st.data())
def test_demand_list(size, gmns, data):
    """Because a perturbed demand must be the same for everyone who reads it."""
    cells = data.draw(st.lists(NUMBERS, min_size=size * size, max_size=size * size))
    demand = Demand(np.array(cells).reshape(size, size))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trips.csv"
        write_csv_demand(demand, path, gmns=gmns)
        np.testing.assert_array_equal(read_csv_demand(path, size).matrix, demand.matrix)


def test_extra_columns_are_checked(tmp_path):
    """Because a column of the wrong length or name would shift or hide values."""
    one = np.ones(1)
    parts = dict.fromkeys(("capacity", "free_flow_time", "b", "power", "length", "toll", "speed", "link_type"), one)
    network = RoadNetwork("x", np.array([1, 2]), np.array([0]), np.ones(2), np.array([0]), np.array([1]), **parts)
    with pytest.raises(InputError, match="flow: array does not match the number of links"):
        write_links_csv(network, tmp_path / "x.csv", {"flow": [1, 2]})
    with pytest.raises(InputError, match="capacity: the name is taken"):
        write_links_csv(network, tmp_path / "x.csv", {"capacity": [1]})
    with pytest.raises(InputError, match="the network has no coordinates"):
        write_geojson(network, tmp_path / "x.geojson")
