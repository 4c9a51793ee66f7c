"""From an assignment file to a solution: the same as the Python call, and every mistake answered with file and line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from braess.domains.road import (
    Assignment,
    ClassAssignment,
    DelaySettings,
    Demand,
    ElasticAssignment,
    ElasticDemand,
    UserClass,
    load,
    read_assignment,
    skims,
)
from braess.domains.road.assignment_file import AssignmentSettings, check_assignment
from braess.domains.road.formats import write_csv_demand, write_gmns, write_matrices
from braess.errors import InputError

BASE = 'network = "sioux-falls"\n'


@pytest.fixture(scope="module")
def roads():
    return load("sioux-falls")


def link(network, label):
    return next(at for at in range(network.links) if network.link_label(at) == label)


def values(network, **given):
    """Values ``[links]`` by label, as ``_6_8=3``, zero elsewhere."""
    found = np.zeros(network.links)
    for label, value in given.items():
        found[link(network, label[1:].replace("_", "->"))] = value
    return found


def write(folder, text, **files):
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
    path = folder / "case.toml"
    path.write_text(text)
    return path


def test_the_least_file_is_the_plain_call(tmp_path, roads):
    """A network alone: the published equilibrium, from nothing but its name."""
    found = read_assignment(write(tmp_path, BASE)).build().solve()
    expected = Assignment(*roads).solve()
    np.testing.assert_array_equal(found.columns["flow"], expected.flow)
    assert found.facts["total_travel_time"] == expected.total_travel_time == pytest.approx(7_480_225.3, abs=0.1)
    assert "preload" not in found.columns
    assert "delay_function" not in found.columns


def test_every_key_of_one_class(tmp_path, roads):
    """Demand, factors, delay, preload, tolls, closed links and principle must all reach the library."""
    network, demand = roads
    write_csv_demand(demand.scaled(0.5), tmp_path / "trips.csv")
    text = """network = "sioux-falls"
demand = "trips.csv"
demand_multiplier = 1.6
toll_factor = 0.5
distance_factor = 0.1
principle = "system-optimum"
relative_gap = 1e-11
preload = "buses.csv"
toll = "tolls.csv"
closed = ["10->16"]
[delay]
function = "conical"
steepness = 4
"""
    path = write(tmp_path, text, buses="link,flow\n6->8,1500\n", tolls="init_node,term_node,toll\n8,6,3\n")
    found = read_assignment(path).build().solve()
    same = DelaySettings(function="conical", steepness=4.0).on(network)
    same = same.with_links(
        toll_factor=0.5, distance_factor=0.1, preload=values(network, _6_8=1500), toll=values(network, _8_6=3)
    )
    shut = values(network, _10_16=1) == 0
    expected = Assignment(same, demand.scaled(0.8), principle="system-optimum").solve(relative_gap=1e-11, open_links=shut)
    np.testing.assert_allclose(found.columns["flow"], expected.flow, rtol=1e-9, atol=1e-6)
    assert found.facts["total_cost"] == pytest.approx(expected.total_cost)
    assert found.columns["flow"][~shut] == 0
    assert set(found.columns["delay_function"]) == {"conical"}
    np.testing.assert_array_equal(found.columns["preload"], same.preload)
    np.testing.assert_allclose(found.columns["volume_capacity"], (expected.flow + same.preload) / same.capacity)
    np.testing.assert_allclose(found.columns["marginal_cost_toll"], (expected.choice_cost - expected.cost) / 0.5)


def test_several_functions_one_after_the_other(tmp_path, roads):
    """Functions by link type or name: the later one holds where both are said."""
    network, _ = roads
    text = BASE + 'time_unit = "min"\n'
    text += '[[delay]]\nfunction = "conical"\nsteepness = 3\nlink_types = [1]\n'
    text += '[[delay]]\nfunction = "akcelik"\nperiod = 1\ndelay_parameter = 0.4\nlinks = ["6->8"]\n'
    found = read_assignment(write(tmp_path, text)).build()
    names = found.solve().columns["delay_function"]
    at = link(network, "6->8")
    assert names[at] == "akcelik"
    assert set(np.delete(names, at)) == {"conical"}
    assert (found.network.b[at], found.network.power[at]) == (pytest.approx(15), pytest.approx(3.2))


CLASSES = """network = "sioux-falls"
demand_multiplier = 0.5
preload = "buses.csv"
toll = "tolls.csv"
[[user_class]]
name = "car"
share = 0.9
value_of_time = 0.5
[[user_class]]
name = "truck"
demand = "trucks.csv"
value_of_time = 3.0
distance_factor = 0.2
passenger_car_units = 2.5
toll = "truck_tolls.csv"
toll_per_length = 0.25
banned = ["10->17"]
banned_types = [7]
"""
FILES = {
    "buses": "init_node,term_node,flow\n6,8,1500\n",
    "tolls": "init_node,term_node,toll\n8,6,3\n15,19,1\n",
    "truck_tolls": "init_node,term_node,toll\n8,6,4\n",
    "trucks": "origin,destination,volume\n1,20,600\n7,13,800\n",
}


def test_classes(tmp_path, roads, monkeypatch):
    """Each key of a class must mean what `UserClass` means by it; the multiplier is for all trips."""
    network, demand = roads
    kinds = np.ones(network.links, np.int64)
    kinds[link(network, "6->5")] = 7
    with_types = network.with_links(link_type=kinds)
    monkeypatch.setattr(AssignmentSettings, "read", _reading(AssignmentSettings.read, link_type=kinds))
    found = read_assignment(write(tmp_path, CLASSES, **FILES)).build().solve()
    same = with_types.with_links(preload=values(network, _6_8=1500), toll=values(network, _8_6=3, _15_19=1))
    trucks = np.zeros((24, 24))
    trucks[0, 19], trucks[6, 12] = 300, 400
    truck = UserClass(
        "truck",
        Demand(trucks),
        value_of_time=3.0,
        distance_factor=0.2,
        passenger_car_units=2.5,
        toll=values(network, _8_6=4, _15_19=1) + 0.25 * network.length,
        banned=values(network, _10_17=1, _6_5=1) > 0,
    )
    assignment = ClassAssignment(same, [UserClass("car", demand.scaled(0.45), value_of_time=0.5), truck])
    expected = assignment.solve()
    np.testing.assert_allclose(found.columns["flow"], expected.volume, rtol=1e-9, atol=1e-6)
    for at, name in enumerate(("car", "truck")):
        np.testing.assert_allclose(found.columns[f"cost_{name}"], expected.cost[at])
        assert found.facts[f"total_cost_{name}"] == pytest.approx(expected.total_cost[at])
    assert found.columns["flow_truck"][link(network, "10->17")] == 0
    assert found.columns["flow_truck"][link(network, "6->5")] == 0
    assert found.facts["trips_truck"] == 700
    waiting = float(same.preload @ expected.time)
    assert found.facts["total_travel_time"] == pytest.approx(expected.total_travel_time.sum() + waiting)
    alone, solved = found.read("truck")
    np.testing.assert_allclose(skims(alone, solved).cost, skims(*assignment.alone("truck", expected)).cost)


def _reading(read, **changes):
    def changed(self, folder, demand=None):
        network, trips = read(self, folder, demand)
        return network.with_links(**changes), trips

    return changed


def test_one_class_is_no_class(tmp_path, roads):
    """A single class of ordinary cars must give the totals of the file without it, the preload counted in both."""
    text = BASE + 'preload = "buses.csv"\n'
    plain = read_assignment(write(tmp_path, text, **FILES)).build().solve()
    text += '[[user_class]]\nname = "all"\nshare = 1.0\n'
    one = read_assignment(write(tmp_path, text)).build().solve()
    for name in ("total_travel_time", "total_cost", "largest_volume_capacity"):
        assert one.facts[name] == pytest.approx(plain.facts[name])
    assert one.read(None)[1].total_cost == pytest.approx(plain.facts["total_cost"])


def test_a_network_needs_no_demand_where_each_class_brings_its_own(tmp_path, roads):
    """Demand by class is all there is to a folder of GMNS tables without a demand, whose zones go by its labels."""
    network, _ = roads
    write_gmns(network, tmp_path / "city")
    (tmp_path / "city" / "demand.csv").unlink(missing_ok=True)
    text = 'network = "city"\n'
    for name, volume in (("a", 500), ("b", 700)):
        (tmp_path / f"{name}.csv").write_text(f"o_zone_id,d_zone_id,volume\n1,20,{volume}\n")
        text += f'[[user_class]]\nname = "{name}"\ndemand = "{name}.csv"\n'
    found = read_assignment(write(tmp_path, text)).build()
    assert found.trips() == 1200
    assert found.solve().facts["trips_b"] == 700
    with pytest.raises(InputError, match="no demand"):
        read_assignment(write(tmp_path, 'network = "city"\n')).build()


ELASTIC = """network = "sioux-falls"
toll_factor = 1.0
toll = "tolls.csv"
closed = ["10->16"]
[elastic]
elasticity = 0.7
function = "linear"
"""


def test_elastic_demand_refers_to_the_network_as_it_is(tmp_path, roads):
    """Tolls and closures lose trips: those made at the equilibrium without them are the reference."""
    network, demand = roads
    path = write(tmp_path, ELASTIC, tolls=FILES["tolls"])
    found = read_assignment(path).build().solve()
    today = Assignment(network, demand)
    cost = skims(today, today.solve()).cost
    changed = network.with_links(toll_factor=1.0, toll=values(network, _8_6=3, _15_19=1))
    shut = values(network, _10_16=1) == 0
    elastic = ElasticDemand(demand, cost, 0.7, "linear")
    expected = ElasticAssignment(changed, elastic).solve(open_links=shut)
    np.testing.assert_allclose(found.trips_made.matrix, expected.demand.matrix, atol=1e-4)
    assert found.facts["surplus"] == pytest.approx(expected.surplus, rel=1e-6)
    assert found.facts["surplus"] < 0
    assert found.facts["trips_made"] < found.facts["reference_trips"] == 360_600
    prepared, fixed = found.read(None)
    np.testing.assert_allclose(fixed.flow, found.columns["flow"], rtol=1e-3, atol=1)
    assert prepared.demand is found.trips_made


@pytest.mark.parametrize("suffix", ["csv", "omx"])
def test_elastic_demand_by_known_costs(tmp_path, roads, suffix):
    """Costs of an earlier run are a reference too: half of them, and trips are lost even without a toll."""
    if suffix == "omx":
        pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    network, demand = roads
    today = Assignment(network, demand)
    half = skims(today, today.solve()).cost / 2
    write_matrices(tmp_path / f"costs.{suffix}", {"cost": half}, np.arange(1, 25))
    text = BASE + f'[elastic]\nelasticity = 0.5\nfunction = "power"\nreference = "costs.{suffix}"\n'
    found = read_assignment(write(tmp_path, text)).build().solve()
    expected = ElasticAssignment(network, ElasticDemand(demand, half, 0.5, "power")).solve()
    assert found.facts["trips_made"] == pytest.approx(expected.demand.total, rel=1e-6)
    assert found.facts["trips_made"] < 0.9 * demand.total


def test_first_best_tolls_with_elastic_demand(tmp_path):
    """Charged on top, the tolls of the optimum must bring it about where drivers and trips choose for themselves."""
    text = BASE + "toll_factor = 0.5\n[elastic]\nelasticity = 0.5\n"
    best = read_assignment(write(tmp_path, text)).build(principle="system-optimum").solve()
    rows = [f"{at},{toll!r}" for at, toll in enumerate(best.columns["marginal_cost_toll"].tolist())]
    text = BASE + 'toll_factor = 0.5\ntoll = "tolls.csv"\n[elastic]\nelasticity = 0.5\n'
    tolled = read_assignment(write(tmp_path, text, tolls="\n".join(["link,toll", *rows]))).build().solve()
    assert tolled.facts["trips_made"] == pytest.approx(best.facts["trips_made"], rel=1e-6)
    np.testing.assert_allclose(tolled.columns["flow"], best.columns["flow"], rtol=1e-4, atol=1)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("netwrk = 'sioux-falls'", 1, "did you mean 'network'"),
        ("network = 'sioux-fals'", 1, "did you mean 'sioux-falls'"),
        (BASE + "demand_multiplier = 0.0", 2, "more than 0"),
        (BASE + "relative_gap = 2.0", 2, "between 0 and 1"),
        (BASE + "principle = 'optimum'", 2, "'user-equilibrium' or 'system-optimum'"),
        (BASE + "closed = ['6->88']", 2, "closed: no such link"),
        (BASE + "toll = 'tolls.csv'", 2, "the tolls weigh nothing"),
        (BASE + "toll = 't.csv'\n[[user_class]]\nname = 'a'\nshare = 1.0", 2, "a value_of_time of each class"),
        (BASE + "[delay]\nfunction = 'connical'", 3, "'bpr', 'conical' or 'akcelik'"),
        (BASE + "[delay]\nfunction = 'conical'", 2, "delay.steepness: is needed for conical"),
        (BASE + "[delay]\nfunction = 'conical'\nsteepnes = 3.0", 4, "did you mean 'steepness'"),
        (BASE + "[delay]\nfunction = 'conical'\nsteepness = 1.0", 4, "more than 1"),
        (BASE + "[delay]\nfunction = 'conical'\nsteepness = 'high'", 4, "valid number"),
        (BASE + "delay = {function = 'conical', steep = 3.0}", 2, "did you mean 'steepness'"),
        (BASE + "delay = 3", 2, "valid array"),
        (BASE + "[[delay]]\nfunction = 'bpr'\n[[delay]]\nfunction = 'bpr'\nlink_types = [9]", 6, "delay.1.link_types"),
        (BASE + "time_unit = 'hours'\n[delay]\nfunction = 'bpr'", 2, "unknown unit"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 0.5\n[[user_class]]\nshare = 0.5", 5, "user_class.1.name: "),
        (BASE + "[[user_class]]\nname = 'a'", 2, "one of the two"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.5", 4, "between 0 and 1"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 0.6\n[[user_class]]\nname = 'b'\nshare = 0.6", 2, "more than all trips"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 0.5\n[[user_class]]\nname = 'a'\nshare = 0.5", 6, "different names"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.0\nvalue_of_time = 0.0", 5, "more than 0"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.0\nvalue_oftime = 1.0", 5, "did you mean 'value_of_time'"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.0\nbanned = ['6->88']", 5, "banned: no such link"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.0\nbanned_types = [4]", 5, "no link is of this type"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.0\ntoll_per_length = 1.0", 2, "its tolls weigh nothing"),
        (BASE + "[elastic]\nfunction = 'linear'", 2, "elastic.elasticity: field required"),
        (BASE + "[elastic]\nelasticity = -1.0", 3, "more than 0"),
        (BASE + "[elastic]\nelasticity = 1.0\nfunction = 'log'", 4, "'linear', 'exponential' or 'power'"),
        (BASE + "[elastic]\nelasticity = 1.0\n[[user_class]]\nname = 'a'\nshare = 1.0", 2, "cannot be elastic"),
        (BASE + "[elastic", 2, "not TOML"),
    ],
)
def test_mistakes_are_answered_with_file_and_line(tmp_path, text, line, words):
    """Every mistake must be answered with the file, the line and what is right, by reading and by checking alike."""
    path = write(tmp_path, text)
    with pytest.raises(InputError) as found:
        read_assignment(path).build()
    assert words in str(found.value)
    assert (found.value.file, found.value.line) == (str(path), line)
    if "not TOML" not in words and not text.startswith("netwrk"):
        assert [str(problem) for problem in check_assignment(path).problems] == [str(found.value)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (BASE + "preload = 'nothing.csv'", "nothing.csv"),
        (BASE + "demand = 'nothing.csv'", "nothing.csv"),
        (BASE + "toll_factor = 1.0\ntoll = 'nothing.csv'", "nothing.csv"),
        (BASE + "[[user_class]]\nname = 'a'\ndemand = 'nothing.csv'", "nothing.csv"),
        (BASE + "[[user_class]]\nname = 'a'\nshare = 1.0\nvalue_of_time = 1.0\ntoll = 'nothing.csv'", "nothing.csv"),
        (BASE + "[elastic]\nelasticity = 1.0\nreference = 'nothing.csv'", "nothing.csv"),
        (BASE + "preload = 'bad.csv'", "bad.csv:2"),
        (BASE + "[elastic]\nelasticity = 1.0\nreference = 'few.csv'", "few.csv"),
    ],
)
def test_files_that_are_missing_or_wrong_are_named(tmp_path, text, named):
    """The file to mend is the one to name, not the one that mentions it."""
    few = "origin,destination,cost\n1,2,5.0\n"
    path = write(tmp_path, text, bad="init_node,term_node,flow\n6,8,-1\n", few=few)
    with pytest.raises(InputError) as found:
        read_assignment(path).build()
    assert str(found.value).startswith(str(tmp_path / named))


def test_a_file_that_cannot_be_read_or_is_something_else(tmp_path):
    """Study files and missing files have an answer of their own."""
    with pytest.raises(InputError, match="cannot read the file"):
        read_assignment(tmp_path / "nothing.toml")
    path = write(tmp_path, "[problem]\nkind = 'lane-addition'\n")
    with pytest.raises(InputError, match="is a study file"):
        read_assignment(path)
    assert check_assignment(path).kind == "unknown"
    assert check_assignment(tmp_path / "nothing.toml").kind == "unknown"


def test_closing_all_roads_out_of_a_zone_is_found_by_the_solve(tmp_path, roads):
    """What only the solve can find must be bad input all the same, with the trips that have no path."""
    network, _ = roads
    out_of_one = [network.link_label(at) for at in range(network.links) if network.node_ids[network.tail[at]] == 1]
    path = write(tmp_path, BASE + f"closed = {out_of_one!r}".replace("'", '"'))
    task = read_assignment(path).build()
    with pytest.raises(InputError, match="no open path"):
        task.solve()


def test_settings_go_before_those_of_the_file(tmp_path):
    """The command line replaces keys of the file, and only those."""
    file = read_assignment(write(tmp_path, BASE + "relative_gap = 1e-6\n"))
    task = file.build(principle="system-optimum")
    assert (task.principle, task.relative_gap) == ("system-optimum", 1e-6)
    assert replace(file.settings, principle="system-optimum").build(tmp_path).trips() == task.trips()
