"""Path flows: conservation, chains of open links, and the splits against plain enumeration."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, path_flows, skims
from braess.domains.road.equilibrium._kernel import Bush
from braess.domains.road.equilibrium._paths import Found, Way, by_width
from braess.domains.road.network import Demand
from braess.errors import InputError

quick = settings(max_examples=40, deadline=None, derandomize=True)
SPLITS = ("proportional", "few")


def _origin_flows(solved, zone):
    """Return the flow of one origin by link, read from its bush."""
    bushes = solved.state.bushes
    part = slice(bushes.link_start[zone], bushes.link_start[zone + 1])
    flow = np.zeros(solved.flow.size)
    flow[bushes.link[part]] = bushes.flow[part]
    return flow


def _check(prepared, solved, paths, open_links):
    """Everything that must hold for any break-up into paths."""
    network = prepared.network
    trips = prepared.demand.matrix * ~np.eye(network.zones, dtype=np.bool_)
    sums = np.zeros_like(trips)
    np.add.at(sums, (paths.origin, paths.destination), paths.flow)
    np.testing.assert_allclose(sums, trips, rtol=1e-9)
    assert (paths.flow > 0).all()
    assert paths.left_out == 0.0
    scale = 1e-9 * max(solved.flow.max(), 1.0)
    np.testing.assert_allclose(paths.link_flow(), solved.flow, rtol=1e-9, atol=scale)
    for zone in range(network.zones):
        own = np.zeros(network.links)
        for path in np.flatnonzero(paths.origin == zone):
            own[paths.links(path)] += paths.flow[path]
        np.testing.assert_allclose(own, _origin_flows(solved, zone), rtol=1e-9, atol=scale)
    for path in paths:
        links = list(path.links)
        nodes = [network.zone_nodes[path.origin], *network.head[links]]
        assert nodes[:-1] == network.tail[links].tolist()
        assert nodes[-1] == network.zone_nodes[path.destination]
        assert len(set(nodes)) == len(nodes)
        assert open_links[links].all()
        assert network.through[nodes[1:-1]].all()
    assert len({(path.origin, path.destination, path.links) for path in paths}) == len(paths)


def _excess(prepared, solved, paths):
    """Return the share of the total cost that paths cost above the shortest."""
    shortest = skims(prepared, solved, further={"choice": solved.choice_cost}).further["choice"]
    detour = paths.along(solved.choice_cost) - shortest[paths.origin, paths.destination]
    return float(paths.flow @ detour) / max(float(solved.flow @ solved.choice_cost), 1e-300)


@quick
@given(
    seed=st.integers(0, 10_000),
    closed=st.sets(st.integers(0, 6), max_size=2),
    principle=st.sampled_from(["user-equilibrium", "system-optimum"]),
)
def test_paths_add_up_on_any_network(random_case, seed, closed, principle):
    """Both splits must give the trips of each pair and the flow of each origin by open chains, as short as the gap says."""
    network, demand = random_case(seed, load=3.0)
    through = np.ones(network.nodes, np.bool_)
    through[list(closed)] = False
    network = replace(network, through=through)
    rng = np.random.default_rng(seed)
    open_links = rng.random(network.links) > 0.15
    nobody = Assignment(network, Demand(np.zeros_like(demand.matrix)))
    reachable = np.isfinite(skims(nobody, nobody.solve(open_links=open_links)).cost)
    prepared = Assignment(network, Demand(demand.matrix * reachable), principle=principle)
    solved = prepared.solve(open_links=open_links)
    for split in SPLITS:
        paths = path_flows(prepared, solved, split=split)
        _check(prepared, solved, paths, open_links)
        assert abs(_excess(prepared, solved, paths) - solved.relative_gap) < 1e-11
    for zone in range(network.zones):
        used = int((_origin_flows(solved, zone) > 0).sum())
        assert (paths.origin == zone).sum() <= (prepared.demand.matrix[zone] > 0).sum() + used


def _enumerate(network, flow, node, origin, amount):
    """Give all paths back from a node with their flows, split by what enters each node: plain recursion."""
    if node == origin:
        return {(): amount}
    entering = [link for link in np.flatnonzero(network.head == node) if flow[link] > 0]
    total = sum(flow[link] for link in entering)
    found = {}
    for link in entering:
        for rest, part in _enumerate(network, flow, network.tail[link], origin, amount * flow[link] / total).items():
            found[(*rest, int(link))] = part
    return found


@quick
@given(seed=st.integers(0, 10_000))
def test_proportional_split_is_that_of_plain_recursion(random_case, seed):
    """The compiled walk must find exactly the paths, and their flows, that recursion over the link flows finds."""
    prepared = Assignment(*random_case(seed, load=5.0))
    solved = prepared.solve()
    found = {(path.origin, path.destination, path.links): path.flow for path in path_flows(prepared, solved)}
    expected = {}
    for origin, end in np.argwhere(prepared.demand.matrix > 0):
        if origin != end:
            trips = prepared.demand.matrix[origin, end]
            for links, flow in _enumerate(prepared.network, _origin_flows(solved, origin), end, origin, trips).items():
                expected[origin, end, links] = flow
    assert found.keys() == expected.keys()
    for key, flow in expected.items():
        assert found[key] == pytest.approx(flow, rel=1e-9)


@pytest.mark.parametrize("split", SPLITS)
def test_braess_by_hand(braess, split):
    """Braess's 6 trips use the two outer paths and the one through the new road, 2 on each, at a cost of 92."""
    prepared = Assignment(*braess)
    paths = path_flows(prepared, prepared.solve(), split=split)
    assert {path.links for path in paths} == {(0, 2), (1, 4), (0, 3, 4)}
    np.testing.assert_allclose(paths.flow, 2.0, rtol=1e-7)
    np.testing.assert_allclose(paths.cost, 92.0)


def test_two_choices_in_a_row(build):
    """Where paths part twice, 2 to 1 and 3 to 1, the shares multiply; few paths are three at most."""
    links = [
        (0, 1, 1.0, 2.0, 0.5, 1.0),  # 2 + x
        (0, 1, 1.0, 6.0, 1 / 6, 1.0),  # 6 + x
        (1, 2, 1.0, 1.0, 1.0, 1.0),  # 1 + x
        (1, 2, 1.0, 7.0, 1 / 7, 1.0),  # 7 + x
    ]
    prepared = Assignment(*build(links, {(0, 2): 12.0}, nodes=3))
    solved = prepared.solve(relative_gap=1e-14)
    paths = path_flows(prepared, solved)
    assert [path.links for path in paths] == [(0, 2), (1, 2), (0, 3), (1, 3)]
    np.testing.assert_allclose(paths.flow, [6.0, 3.0, 2.0, 1.0])
    few = path_flows(prepared, solved, split="few")
    assert [path.links for path in few] == [(0, 2), (1, 3), (1, 2)]
    np.testing.assert_allclose(few.flow, [8.0, 3.0, 1.0])


def test_selection_and_threshold():
    """What is asked for is what comes, and what a threshold leaves out is counted."""
    prepared = Assignment(*load("sioux-falls"))
    solved = prepared.solve()
    for split in SPLITS:
        every = path_flows(prepared, solved, split=split)
        pair = path_flows(prepared, solved, split=split, pairs=[(0, 19), (3, 3)])
        same = [path for path in every if (path.origin, path.destination) == (0, 19)]
        assert list(pair) == same
        wide = path_flows(prepared, solved, split=split, least_flow=100.0)
        assert list(wide) == [path for path in every if path.flow >= 100.0]
        assert wide.left_out == pytest.approx(every.flow.sum() - wide.flow.sum())
        assert list(every) == list(path_flows(prepared, solved, split=split))
    assert len(path_flows(prepared, solved, pairs=np.zeros((0, 2), dtype=int))) == 0


def test_flow_lost_to_rounding_stays_on_used_paths():
    """Where a little less is left than the trips need, the last path takes it, never a road that nobody uses."""
    bush = Bush(
        node=np.array([0, 1], np.uint32),
        end=np.array([0, 3], np.uint32),
        link=np.array([0, 1, 2], np.uint32),
        tail=np.zeros(3, np.uint32),
        flow=np.zeros(3),
        merge=np.array([1], np.uint32),
    )
    share, left = np.array([0.0, 0.6, 0.4]), np.array([0.0, 0.6, 0.4 - 1e-6])
    way = Way(*(np.zeros(3, kind) for kind in (np.uint32, np.uint32, np.float64, np.uint32)))
    zones = np.zeros(4, np.int32)
    found = Found(np.array([0, 0, 9]), zones, zones.copy(), np.zeros(4), np.zeros(4, np.int64), np.zeros(4, np.uint32))
    for trips in (1.0, 1e-7):  # the second finds nothing left at all
        by_width(bush, share, left, 1, trips, (0, 1), np.zeros(2), np.zeros(2, np.uint32), way, found)
    assert found.size[:2].tolist() == [3, 3]
    np.testing.assert_allclose(found.flow[:3], [0.6, 0.4, 1e-7], rtol=1e-12)
    assert found.link[0] == 1
    assert found.link[1] == 2
    assert found.link[2] != 0


@pytest.mark.skipif(not os.environ.get("BRAESS_DATA"), reason="BRAESS_DATA does not name the larger data")
def test_chicago_sketch_adds_up():
    """On a network of ordinary size too; tolls and lengths are part of its costs."""
    prepared = Assignment(*load("chicago-sketch"))
    solved = prepared.solve()
    trips = prepared.demand.matrix * ~np.eye(prepared.network.zones, dtype=np.bool_)
    for split in SPLITS:
        paths = path_flows(prepared, solved, split=split)
        sums = np.zeros_like(trips)
        np.add.at(sums, (paths.origin, paths.destination), paths.flow)
        np.testing.assert_allclose(sums, trips, rtol=1e-9)
        np.testing.assert_allclose(paths.link_flow(), solved.flow, rtol=1e-9, atol=1e-9 * solved.flow.max())
        assert _excess(prepared, solved, paths) == pytest.approx(solved.relative_gap, rel=1e-3)


def test_trips_of_another_demand(braess):
    """Paths of a solve with other trips need these trips, and say so."""
    network, demand = braess
    prepared = Assignment(network, demand)
    solved = prepared.solve(demand=demand.scaled(0.5))
    with pytest.raises(InputError, match="other trips"):
        path_flows(prepared, solved)
    assert path_flows(prepared, solved, demand=demand.scaled(0.5)).flow.sum() == pytest.approx(3.0)


def test_table_speaks_of_labels():
    """Tables name zones and nodes as the files do."""
    prepared = Assignment(*load("sioux-falls"))
    paths = path_flows(prepared, prepared.solve(), pairs=[(0, 3)])
    frame = paths.to_frame()
    assert frame["origin"].tolist() == [1] * len(paths)
    assert frame["destination"].tolist() == [4] * len(paths)
    assert frame["nodes"][0].split()[0] == "1"
    assert frame["nodes"][0].split()[-1] == "4"
    assert frame["links"][0] == " ".join(str(link) for link in paths.links(0))
    np.testing.assert_allclose(frame["time"], frame["cost"])


def test_zones_that_share_a_node_have_an_empty_path(build):
    """Trips between two zones at one node are listed, with no link, so that the sums are right."""
    network, _ = build([(0, 1, 1.0, 2.0, 0.5, 1.0), (1, 0, 1.0, 2.0, 0.5, 1.0)], {}, nodes=2)
    prepared = Assignment(replace(network, zone_nodes=np.array([0, 1, 1])), Demand(np.ones((3, 3))))
    solved = prepared.solve()
    for split in SPLITS:
        paths = path_flows(prepared, solved, split=split)
        assert paths.flow.tolist() == [1.0] * 6
        assert {path.links for path in paths if path.origin and path.destination} == {()}
        assert paths.columns()["nodes"] == ["1 2", "1 2", "2 1", "2", "2 1", "2"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"split": "proportionl"}, "did you mean 'proportional'"),
        ({"most_paths": 2}, "there are more paths"),
        ({"most_paths": 0}, "at least 1"),
        ({"least_flow": -1.0}, "least_flow"),
        ({"least_flow": np.nan}, "least_flow"),
        ({"pairs": [(0, 4)]}, "from 0 to 3"),
        ({"pairs": [0, 3]}, "no pairs"),
        ({"pairs": [(0.0, 3.0)]}, "no pairs"),
    ],
)
def test_wrong_settings_are_refused(braess, settings, words):
    """Each mistake is answered with what is right."""
    prepared = Assignment(*braess)
    solved = prepared.solve()
    with pytest.raises(InputError, match=words):
        path_flows(prepared, solved, **settings)
    with pytest.raises(InputError, match="not one value for each link"):
        path_flows(prepared, solved).along(np.zeros(2))


def test_many_parallel_choices_are_bounded(build):
    """Forty choices in a row make a million million paths: they are refused, few wide ones and those of a threshold found."""
    links = [(at, at + 1, 1.0, 1.0, 1.0, 1.0) for at in range(40) for _ in range(2)]
    prepared = Assignment(*build(links, {(0, 40): 8.0}, nodes=41))
    solved = prepared.solve()
    with pytest.raises(InputError, match="split='few'"):
        path_flows(prepared, solved, most_paths=10_000)
    assert path_flows(prepared, solved, split="few").flow.tolist() == pytest.approx([4.0, 4.0])
    assert path_flows(prepared, solved, least_flow=1.0).left_out == pytest.approx(8.0)
