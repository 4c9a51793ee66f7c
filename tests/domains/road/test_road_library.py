"""Networks are found by name or path, with the figures that their sources state."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from braess.domains import road
from braess.domains.road.catalogue import SHIPPED
from braess.domains.road.formats import write_csv_demand, write_gmns
from braess.errors import InputError

FIGURES = {
    "braess": (2, 4, 5, 6),
    "sioux-falls": (24, 24, 76, 360600),
    "eastern-massachusetts": (74, 74, 258, 65576.37543099989),
    "anaheim": (38, 416, 914, 104694.40),
}
needs_data = pytest.mark.skipif(not os.environ.get("BRAESS_DATA"), reason="BRAESS_DATA does not name the larger data")


@pytest.fixture
def no_data(monkeypatch):
    """Only what is shipped."""
    monkeypatch.delenv("BRAESS_DATA", raising=False)


@pytest.mark.parametrize(("name", "figures"), FIGURES.items(), ids=FIGURES.keys())
def test_shipped_networks(no_data, name, figures):
    """Because counts and total demand are what the sources state."""
    network, demand = road.load(name)
    assert network.name == name
    assert (network.zones, network.nodes, network.links) == figures[:3]
    assert demand.total == pytest.approx(figures[3], rel=1e-12)
    assert (network.coordinates is not None) == (name in ("anaheim", "sioux-falls"))
    assert road.names() == sorted(FIGURES)


def test_coordinates_are_where_the_cities_are(no_data):
    """Because swapped longitude and latitude would put California into Antarctica."""
    x, y = road.load("anaheim")[0].coordinates.mean(axis=0)
    assert (round(x), round(y)) == (-118, 34)


@needs_data
def test_larger_networks():
    """Because the generalised cost of Chicago has weights that the files do not hold."""
    network, demand = road.load("chicago-sketch")
    assert (network.zones, network.nodes, network.links) == (387, 933, 2950)
    assert demand.total == pytest.approx(1260907.44)
    assert (network.toll_factor, network.distance_factor) == (0.02, 0.04)
    assert not network.geographic
    assert road.load("chicago-sketch", toll_factor=0.0)[0].toll_factor == 0
    berlin, demand = road.load("berlin-mitte-center")
    assert (berlin.zones, berlin.nodes, berlin.links) == (36, 398, 871)
    assert demand.total == pytest.approx(11481.924)


WRONG = {
    "siouxfalls": "did you mean 'sioux-falls'",
    "Anahiem": "did you mean 'anaheim'",
    "chicago-sketch": "not shipped.*BRAESS_DATA names, which is not set",
    "chicago-sketches": "did you mean 'chicago-sketch'",
    "": "one of anaheim, braess, eastern-massachusetts, sioux-falls, or a path",
    "no/such/file": "there is no network or file of this name",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items(), ids=WRONG.keys())
def test_wrong_names(no_data, name, message):
    """Because a wrong name should lead to the right one."""
    with pytest.raises(InputError, match=message):
        road.load(name)
    with pytest.raises(InputError, match=message):
        road.published_flows(name)


def test_networks_below_the_data_folder(tmp_path, monkeypatch):
    """Because anyone may keep a collection of their own."""
    folder = tmp_path / "tntp" / "my-town"
    folder.mkdir(parents=True)
    for kind in ("net", "trips"):
        (folder / f"x_{kind}.tntp").write_bytes((SHIPPED / f"tntp/braess/Braess_{kind}.tntp").read_bytes())
    monkeypatch.setenv("BRAESS_DATA", str(tmp_path))
    assert "my-town" in road.names()
    assert road.load("my-town")[0].name == "my-town"
    with pytest.raises(InputError, match=str(tmp_path)):
        road.load("other-town")


def test_paths(tmp_path):
    """Because most users bring their own files."""
    net, trips = (SHIPPED / f"tntp/sioux-falls/SiouxFalls_{kind}.tntp" for kind in ("net", "trips"))
    network, demand = road.load(net)
    assert (network.name, demand.total) == ("SiouxFalls", 360600)
    assert road.load(str(net), trips)[1].total == 360600
    alone = tmp_path / "alone_net.tntp"
    alone.write_bytes(net.read_bytes())
    with pytest.raises(InputError, match="no demand beside it"):
        road.load(alone)
    with pytest.raises(InputError, match="is not a network"):
        road.load(trips)
    with pytest.raises(InputError, match="is not a demand file"):
        road.load(net, net)
    with pytest.raises(InputError, match="load_design reads it"):
        road.load(SHIPPED / "dndp/SiouxFalls/SF_DNDP_10_1.txt")
    with pytest.raises(InputError, match="belongs to another network"):
        road.load(net, SHIPPED / "tntp/braess/Braess_trips.tntp")


def test_demand_in_other_formats(tmp_path):
    """Because demand often comes from another tool than the network."""
    openmatrix = pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    network, demand = road.load("sioux-falls")
    write_csv_demand(demand.scaled(2), tmp_path / "double.csv")
    assert road.load("sioux-falls", tmp_path / "double.csv")[1].total == 721200
    with openmatrix.open_file(str(tmp_path / "x.omx"), "w") as file:
        file["all"] = demand.matrix
    assert road.load("sioux-falls", tmp_path / "x.omx")[1].total == 360600
    write_gmns(network, tmp_path / "gmns")
    assert road.load(tmp_path / "gmns", tmp_path / "x.omx")[1].total == 360600
    assert road.load(tmp_path / "gmns", tmp_path / "double.csv")[1].total == 721200


def test_gmns_folder(tmp_path):
    """Because a GMNS network comes with its demand."""
    network, demand = road.load("sioux-falls")
    write_gmns(network, tmp_path, demand)
    again, trips = road.load(tmp_path, toll_factor=0.5)
    assert (again.name, again.toll_factor, again.geographic) == ("sioux-falls", 0.5, True)
    np.testing.assert_array_equal(trips.matrix, demand.matrix)
    with pytest.raises(InputError, match="in TNTP files only"):
        road.load(tmp_path, zero_capacity=1.0)
    (tmp_path / "demand.csv").unlink()
    with pytest.raises(InputError, match=r"has no demand\.csv"):
        road.load(tmp_path)


def test_import_is_light():
    """Because the command line should answer at once: heavy packages are imported late."""
    code = "import sys, json; import braess.domains.road; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"pandas", "numba", "matplotlib", "torch", "openmatrix", "tables"} & set(json.loads(done.stdout))
