import json
import math
from dataclasses import replace

import numpy as np
import pytest

from braess.domains.road.artifact import LinkState, RoadArtifact, Total, write_artifact
from braess.domains.road.artifact_reading import read_artifact
from braess.domains.road.layout import stress_layout
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError


def network(**changes):
    """Four nodes in a square, two directions on one side, two parallel links, and one link of constant time."""
    tail, head = np.array([0, 1, 1, 1, 2, 3]), np.array([1, 0, 2, 2, 3, 0])
    n = tail.size
    parts = {
        "name": "square",
        "node_ids": np.array([10, 20, 30, 40]),
        "zone_nodes": np.array([0, 2]),
        "through": np.ones(4, dtype=bool),
        "tail": tail,
        "head": head,
        "capacity": np.full(n, 100.0),
        "free_flow_time": np.full(n, 2.0),
        "b": np.array([0.15] * (n - 1) + [0.0]),
        "power": np.full(n, 4.0),
        "length": np.ones(n),
        "toll": np.zeros(n),
        "speed": np.zeros(n),
        "link_type": np.ones(n, dtype=int),
        "coordinates": np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]),
    }
    return RoadNetwork(**{**parts, **changes})


def compared(**changes):
    net = network(**changes)
    exists = np.array([True] * 5 + [False])
    exists[4] = False
    exists[5] = True
    before = LinkState.of(net, np.array([50.0, 120, 80, 80, 10, 30]), exists=exists)
    after = LinkState.of(net.with_links(capacity=net.capacity * 1.5), np.array([40.0, 100, 90, 70, 60, 30]))
    extra = (Total("construction cost", "M$", 0.0, 12.5),)
    return RoadArtifact.of(
        net, after, before, changes={4: "opened", 1: "lanes added"}, flow_unit="veh/h", time_unit="min", totals=extra
    )


def test_what_is_written_is_read_back():
    """A record must say the same as the study that wrote it."""
    written = compared()
    read = read_artifact(write_artifact(written))
    assert (read.title, read.flow_unit, read.time_unit, read.placement) == ("Square", "veh/h", "min", "planar")
    assert [read.nodes[i] for i in read.tail] == [written.nodes[i] for i in written.tail]
    for state, other in ((read.before, written.before), (read.after, written.after)):
        for name in ("capacity", "flow", "time"):
            np.testing.assert_allclose(getattr(state, name), getattr(other, name), rtol=1e-8)
    assert read.changes == written.changes
    assert read.congestible.tolist() == [True] * 5 + [False]
    assert read.totals[1] == written.totals[1]


def test_bytes_are_deterministic_and_survive_a_round_trip():
    """Equal designs must leave equal records."""
    first = write_artifact(compared(coordinates=None))
    assert first == write_artifact(compared(coordinates=None))
    assert write_artifact(read_artifact(first)) == first


def test_it_is_geojson_with_the_promised_properties():
    """Users open the file in programs that know GeoJSON, and look for these names."""
    document = json.loads(write_artifact(compared()))
    assert document["type"] == "FeatureCollection"
    opened = document["features"][4]
    assert opened["geometry"] == {"type": "LineString", "coordinates": [[1.0, 1.0], [0.0, 1.0]]}
    properties = opened["properties"]
    assert (properties["from"], properties["to"], properties["change"], properties["chosen"]) == ("30", "40", "opened", True)
    assert properties["capacity_before"] is None
    assert properties["flow_before"] is None
    assert properties["volume_capacity_after"] == pytest.approx(60 / 150)
    assert document["braess"]["totals"][1]["after"] == 12.5


def test_total_travel_time_is_flow_times_time():
    """The headline number must be the sum anybody can check by hand."""
    net = network()
    flow = np.full(6, 100.0)
    total = RoadArtifact.of(net, LinkState.of(net, flow)).totals[0]
    assert total.after == pytest.approx(5 * 100 * 2 * 1.15 + 100 * 2)
    assert total.before is None


@pytest.mark.parametrize(("name", "title"), [("sioux-falls", "Sioux Falls"), ("A5 2030-v2", "A5 2030-v2"), ("x_1", "x_1")])
def test_titles_are_names_that_people_use(name, title):
    """A figure of sioux-falls is a figure of Sioux Falls; a name that somebody chose is left alone."""
    net = network(name=name)
    assert RoadArtifact.of(net, LinkState.of(net, np.ones(6))).title == title


def test_states_and_changes_must_fit_the_network():
    """A mix-up of networks must not become a plausible picture."""
    net = network()
    good = LinkState.of(net, np.ones(6))
    with pytest.raises(InputError, match="do not match the links"):
        RoadArtifact.of(net, LinkState(np.ones(5), np.ones(5), np.ones(5)))
    with pytest.raises(InputError, match="no such link"):
        RoadArtifact.of(net, good, changes={6: "opened"})


def _spoiled(path, value):
    document = json.loads(write_artifact(compared()))
    owner = document
    for key in path[:-1]:
        owner = owner[key]
    owner[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["type"], "Feature"),
        (["braess"], None),
        (["braess", "version"], 2),
        (["braess", "version"], True),
        (["braess", "title"], "x" * 300),
        (["braess", "title"], "bell\x07"),
        (["braess", "placement"], "mars"),
        (["braess", "compared"], 1),
        (["braess", "units"], []),
        (["braess", "units", "flow"], 3),
        (["braess", "totals"], [1]),
        (["braess", "totals"], [{"name": "n", "unit": "", "before": "1", "after": 2}]),
        (["braess", "totals"], [{}] * 51),
        (["features"], []),
        (["features"], {}),
        (["features", 0], None),
        (["features", 0, "properties"], 1),
        (["features", 0, "properties", "from"], 10),
        (["features", 0, "properties", "chosen"], "yes"),
        (["features", 1, "properties", "change"], None),
        (["features", 0, "properties", "flow_after"], -1),
        (["features", 0, "properties", "flow_after"], "1"),
        (["features", 0, "properties", "flow_after"], True),
        (["features", 0, "properties", "flow_after"], 10**400),
        (["features", 0, "geometry", "type"], "Point"),
        (["features", 0, "geometry", "coordinates"], [[0, 0]]),
        (["features", 0, "geometry", "coordinates"], [[0, 0, 0], [1, 1]]),
        (["features", 0, "geometry", "coordinates"], [[0, 1e300], [1, 1]]),
        (["features", 0, "geometry", "coordinates"], [[0, math.nan], [1, 1]]),
    ],
)
def test_a_spoiled_artifact_is_refused_with_the_place(path, value):
    """A foreign record is refused by name, and neither crashes nor is drawn."""
    with pytest.raises(InputError):
        read_artifact(_spoiled(path, value))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"null", b"[1]", b"[" * 100_000, b'{"type": NaN}', b"1" * 5000])
def test_other_bytes_are_refused(data):
    """Whatever the bytes are, the answer is an error of ours."""
    with pytest.raises(InputError):
        read_artifact(data)


def test_a_zero_capacity_in_a_foreign_record_means_no_link():
    """A division by zero must not reach the colours."""
    read = read_artifact(_spoiled(["features", 0, "properties", "capacity_after"], 0))
    assert not read.after.exists[0]


def test_layout_keeps_the_distances_of_a_network_that_fits_in_the_plane():
    """Where distances along links fit in the plane, the layout must find them: a path and a triangle do."""
    path = network(
        tail=np.array([0, 1, 2]),
        head=np.array([1, 2, 3]),
        length=np.array([1.0, 2.0, 1.0]),
        **{name: np.ones(3) for name in ("capacity", "free_flow_time", "b", "power", "toll", "speed", "link_type")},
        coordinates=None,
    )
    places = stress_layout(path)
    steps = np.hypot(*np.diff(places, axis=0).T)
    np.testing.assert_allclose(steps / steps[0], [1.0, 2.0, 1.0], atol=0.02)


def test_layout_is_deterministic_finite_and_spread_out():
    """The same network must look the same each time, whatever its oddities: loops, parts apart, no length, one node."""
    loose = network(coordinates=None, length=np.zeros(6), tail=np.array([0, 0, 1, 1, 3, 3]), head=np.array([1, 1, 0, 0, 3, 3]))
    places = stress_layout(loose)
    np.testing.assert_array_equal(places, stress_layout(loose))
    assert places.min() == 0
    assert places.max() == pytest.approx(1)
    assert len(np.unique(places.round(6), axis=0)) == 4
    alone = replace(loose, node_ids=[1], through=[True], zone_nodes=[0], tail=np.zeros(6, int), head=np.zeros(6, int))
    assert stress_layout(alone).tolist() == [[0.5, 0.5]]


def test_own_names_are_always_readable():
    """A name from a file may hold anything; the record made of it must be one that we read again."""
    odd = "a\u00a0b\x00" + "c" * 300 + "\ud800"
    net = network(name=odd)
    state = LinkState.of(net, np.ones(6))
    totals = [Total(odd, odd, None, 1.0)]
    written = RoadArtifact.of(net, state, changes={0: odd}, flow_unit=odd, time_unit="min", totals=totals)
    read = read_artifact(write_artifact(written))
    assert read.title.startswith("a b cc")
    assert read.changes[0] == read.flow_unit == read.totals[1].name == read.title


def test_damaged_bytes_never_crash_the_reader():
    """Any byte may be wrong: the answer is an artifact or an error of ours."""
    data = write_artifact(compared())
    rng = np.random.default_rng(3)
    spoiled = [
        data[:place] + bytes([value]) + data[place + 1 :]
        for place, value in zip(rng.integers(0, len(data), 400), rng.integers(0, 256, 400), strict=True)
    ]
    assert sum(map(_refused, spoiled)) > 200


def _refused(data):
    try:
        read_artifact(data)
    except InputError:
        return True
    return False
