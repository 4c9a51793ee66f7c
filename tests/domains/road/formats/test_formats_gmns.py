"""GMNS tables are read by the specification, and every defect is reported where it is."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road.formats import read_gmns, write_gmns
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError

NODES = "node_id,x_coord,y_coord,zone_id\n10,0.5,1.5,2\n20,3,4,\n30,5,6,1\n"
LINKS = (
    "link_id,name,from_node_id,to_node_id,directed,length,capacity,free_speed,lanes,toll\n"
    'a,"Main, Street",10,20,1,2,900,60,2,0\n'
    "b,High Street,20,30,false,3,1800,30,1,5\n"
)
DEMAND = "o_zone_id,d_zone_id,volume\n2,1,7.5\n"


def write(tmp_path, nodes=NODES, links=LINKS, demand=DEMAND, config=None):
    for name, text in (("node", nodes), ("link", links), ("demand", demand), ("config", config)):
        if text is not None:
            (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def test_small_network(tmp_path):
    """Because capacity is per lane, times come from speeds, and a two-way link is two links."""
    network, demand = read_gmns(write(tmp_path))
    assert network.name == tmp_path.name
    assert network.node_ids.tolist() == [10, 20, 30]
    assert network.tail.tolist() == [0, 1, 2]
    assert network.head.tolist() == [1, 2, 1]
    assert network.capacity.tolist() == [1800, 1800, 1800]
    assert network.free_flow_time.tolist() == [2, 6, 6]
    assert network.b.tolist() == [0.15] * 3
    assert network.power.tolist() == [4] * 3
    assert network.toll.tolist() == [0, 5, 5]
    assert network.coordinates.tolist() == [[0.5, 1.5], [3, 4], [5, 6]]
    assert network.zone_nodes.tolist() == [2, 0]  # zones in the order of their labels
    assert demand.matrix.tolist() == [[0, 0], [7.5, 0]]


def test_optional_columns(tmp_path):
    """Because the tools of the Path4GMNS family add delay functions and give times themselves."""
    links = "link_id,from_node_id,to_node_id,capacity,VDF_fftt1,VDF_alpha1,VDF_beta1\n1,10,20,900,1.5,0.2,3\n"
    network, demand = read_gmns(write(tmp_path, links=links, demand=None))
    assert (network.free_flow_time[0], network.b[0], network.power[0], network.capacity[0]) == (1.5, 0.2, 3, 900)
    assert demand is None


@pytest.mark.parametrize(
    ("length", "speed", "minutes"), [("miles", "mph", 2), ("km", "kph", 2), ("meters", "kmh", 0.002), ("furlong", "mph", 2)]
)
def test_units_of_the_configuration(tmp_path, length, speed, minutes):
    """Because lengths in metres and speeds in km/h are common and would be wrong by a thousand."""
    config = f"dataset_name,long_length,speed,crs\ntown,{length},{speed},epsg:4326\n"
    network, _ = read_gmns(write(tmp_path, config=config))
    assert network.free_flow_time[0] == pytest.approx(minutes)
    assert (network.name, network.geographic) == ("town", True)


def test_every_node_is_a_zone_without_zones(tmp_path):
    """Because small examples leave the column out."""
    nodes = "node_id,x_coord,y_coord\n30,,\n10,,\n20,,\n"
    network, demand = read_gmns(write(tmp_path, nodes=nodes, demand="o_zone_id,d_zone_id,volume\n10,30,5\n"))
    assert network.coordinates is None
    assert network.node_ids[network.zone_nodes].tolist() == [10, 20, 30]
    assert demand.matrix[0, 2] == 5


def test_semicolons_and_byte_order_mark(tmp_path):
    """Because spreadsheets of half the world write semicolons."""
    write(tmp_path, links=LINKS.replace('"Main, Street"', "Main").replace(",", ";"))
    (tmp_path / "node.csv").write_bytes(b"\xef\xbb\xbf" + NODES.replace("\n", "\r\n").encode())
    assert read_gmns(tmp_path)[0].links == 3


NODE_DEFECTS = {
    "no coordinate": (NODES.replace("20,3,4,", "20,,4,"), 3, "x_coord", "the value is missing"),
    "NaN": (NODES.replace("20,3,4,", "20,nan,4,"), 3, "x_coord", "not a number"),
    "label no number": (NODES.replace("20,3", "B,3"), 3, "node_id", "not a number"),
    "label fractional": (NODES.replace("20,3", "2.5,3"), 3, "node_id", "not a whole number"),
    "node twice": (NODES.replace("20,3", "10,3"), 3, "node_id", "is given twice"),
    "zone at two nodes": (NODES.replace("20,3,4,", "20,3,4,2"), 3, "zone_id", "the zone has two nodes"),
    "no zones": (NODES.replace("5,2", "5,").replace("6,1", "6,0"), None, "zone_id", "no node belongs to a zone"),
    "column missing": (NODES.replace("y_coord", "y_cord"), 1, "y_coord", "did you mean 'y_cord'"),
    "column twice": (NODES.replace("zone_id", "x_coord"), 1, "x_coord", "names a column twice"),
    "row too short": (NODES.replace("20,3,4,", "20,3"), 3, None, "wrong number of values"),
    "open quotation": (NODES.replace("20,3", '20,"3'), 4, None, "not comma-separated text"),
}


@pytest.mark.parametrize(("nodes", "line", "field", "message"), NODE_DEFECTS.values(), ids=NODE_DEFECTS.keys())
def test_node_defects_are_located(tmp_path, nodes, line, field, message):
    """Because a user can repair a table only when told what is wrong and where."""
    with pytest.raises(InputError, match=message) as caught:
        read_gmns(write(tmp_path, nodes=nodes))
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(tmp_path / "node.csv"), line, field)


LINK_DEFECTS = {
    "unknown node": (LINKS.replace("10,20,1", "10,21,1"), 2, "to_node_id", "there is no such node"),
    "no capacity": (LINKS.replace("900", "0"), 2, "capacity", "no capacity"),
    "negative capacity": (LINKS.replace("900", "-900"), 2, "capacity", "no capacity"),
    "capacity missing": (LINKS.replace("900", ""), 2, "capacity", "the value is missing"),
    "no lanes": (LINKS.replace("60,2", "60,0"), 2, "lanes", "the link has no lanes"),
    "no speed": (LINKS.replace("900,60", "900,0"), 2, "free_speed", "no speed"),
    "negative length": (LINKS.replace("1,2,900", "1,-2,900"), 2, "length", "negative value"),
    "direction": (LINKS.replace("false", "maybe"), 3, "directed", "neither true nor false"),
    "link twice": (LINKS.replace("\nb,", "\na,"), 3, "link_id", "is given twice"),
    "column missing": (LINKS.replace("capacity", "capcity"), 1, "capacity", "did you mean 'capcity'"),
    "no time": (LINKS.replace("free_speed", "limit"), 1, "free_flow_time", "the column is missing"),
    "negative cost": (LINKS.replace("30,1,5", "30,1,-5"), None, "toll", "links are wrong"),
}


@pytest.mark.parametrize(("links", "line", "field", "message"), LINK_DEFECTS.values(), ids=LINK_DEFECTS.keys())
def test_link_defects_are_located(tmp_path, links, line, field, message):
    """Because a user can repair a table only when told what is wrong and where."""
    with pytest.raises(InputError, match=message) as caught:
        read_gmns(write(tmp_path, links=links, config="toll_factor\n10\n"))
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(tmp_path / "link.csv"), line, field)


def test_unknown_zone_in_the_demand(tmp_path):
    """Because trips to a zone without node cannot travel."""
    with pytest.raises(InputError, match="there is no such zone") as caught:
        read_gmns(write(tmp_path, demand="o_zone_id,d_zone_id,volume\n1,3,7\n"))
    assert (caught.value.line, caught.value.field, caught.value.found) == (2, "d_zone_id", "3")


def test_bad_configuration_is_reported(tmp_path):
    """Because a factor that is no number would otherwise be lost."""
    with pytest.raises(InputError, match=r"config\.csv:2: toll_factor: not a number"):
        read_gmns(write(tmp_path, config="toll_factor\nhigh\n"))


def test_missing_tables_are_named(tmp_path):
    """Because the wrong folder is an easy mistake."""
    with pytest.raises(InputError, match=r"node\.csv: there is no such file"):
        read_gmns(tmp_path)


def test_what_gmns_cannot_express_is_refused(tmp_path):
    """Because two zones at a node, or two nodes of one label, would not read back."""
    one = np.ones(1)
    parts = dict.fromkeys(("capacity", "free_flow_time", "b", "power", "length", "toll", "speed", "link_type"), one)
    for ids, zones in (([1, 1], [0]), ([1, 2], [0, 0])):
        network = RoadNetwork("x", np.array(ids), np.array(zones), np.ones(2), np.array([0]), np.array([1]), **parts)
        with pytest.raises(InputError, match="cannot express repeated entries"):
            write_gmns(network, tmp_path)
