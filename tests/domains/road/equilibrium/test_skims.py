"""Skims against shortest paths by SciPy and networkx, and against sums over enumerated paths."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.road.equilibrium import Assignment, path_flows, skims
from braess.domains.road.network import Demand
from braess.errors import InputError

quick = settings(max_examples=40, deadline=None, derandomize=True)


def _dressed(case, seed, *, closed_nodes=(), trips=0.6):
    """Give a case lengths, tolls and closed nodes, and take all trips of some origins away."""
    network, demand = case
    rng = np.random.default_rng(seed)
    through = np.ones(network.nodes, np.bool_)
    through[list(closed_nodes)] = False
    network = replace(
        network,
        length=rng.uniform(0, 5, network.links),
        toll=rng.uniform(0, 3, network.links) * (rng.random(network.links) < 0.3),
        toll_factor=1.5,
        distance_factor=0.2,
        through=through,
    )
    return network, Demand(demand.matrix * (rng.random(network.zones) < trips)[:, None])


def _shortest(network, cost, open_links):
    """Return costs between all zones by networkx; a node that is not passed is left by a twin of it that nothing enters."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(("in", node) for node in range(network.nodes))
    graph.add_nodes_from(("out", node) for node in range(network.nodes))
    graph.add_edges_from((("in", node), ("out", node), {"cost": 0.0}) for node in np.flatnonzero(network.through))
    for link in np.flatnonzero(open_links):
        graph.add_edge(("out", network.tail[link]), ("in", network.head[link]), cost=cost[link])
    result = np.full((network.zones, network.zones), np.inf)
    for origin, start in enumerate(network.zone_nodes):
        found = nx.single_source_dijkstra_path_length(graph, ("out", start), weight="cost")
        for end, node in enumerate(network.zone_nodes):
            result[origin, end] = 0.0 if node == start else found.get(("in", node), np.inf)
    return result


@quick
@given(seed=st.integers(0, 10_000), closed=st.sets(st.integers(0, 6), max_size=2), shut=st.floats(0, 0.4))
def test_costs_are_those_of_networkx(random_case, seed, closed, shut):
    """Zero-cost and parallel links, closed nodes and links, and zones without trips must give what plain Dijkstra gives."""
    network, demand = _dressed(random_case(seed), seed, closed_nodes=closed)
    rng = np.random.default_rng(seed + 1)
    open_links = rng.random(network.links) >= shut
    reachable = np.isfinite(_shortest(network, network.free_flow_time, open_links))
    prepared = Assignment(network, Demand(demand.matrix * reachable))
    solved = prepared.solve(open_links=open_links)
    expected = _shortest(network, solved.cost, open_links)
    for over in ("shortest", "used"):
        found = skims(prepared, solved, over=over, further={"toll": network.toll})
        np.testing.assert_array_equal(np.isfinite(found.cost), reachable)
        np.testing.assert_allclose(found.cost, expected, rtol=1e-6 if over == "used" else 1e-12, atol=1e-6)
        parts = found.time + 0.2 * found.distance + 1.5 * found.further["toll"]
        np.testing.assert_allclose(found.cost, parts, rtol=1e-12)
        assert not found.time.diagonal().any()


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_costs_and_trips_add_up_to_the_totals(name, principle):
    """Trips times their mean time over used paths must be the flow times its time: two roads to the same total."""
    from braess.domains.road import load

    prepared = Assignment(*load(name), principle=principle)
    solved = prepared.solve()
    used = skims(prepared, solved, over="used", further={"choice": solved.choice_cost})
    trips = np.where(np.isfinite(used.time), prepared.demand.matrix, 0.0)
    with np.errstate(invalid="ignore"):
        assert np.nansum(trips * used.time) == pytest.approx(solved.total_travel_time, rel=1e-12)
        assert np.nansum(trips * used.cost) == pytest.approx(solved.total_cost, rel=1e-12)
        shortest = skims(prepared, solved, further={"choice": solved.choice_cost})
        total = float(solved.flow @ solved.choice_cost)
        gap = 1.0 - np.nansum(trips * shortest.further["choice"]) / total
        assert gap == pytest.approx(solved.relative_gap, abs=1e-12)


def test_means_are_those_of_the_paths(random_case):
    """The mean over used paths must be what the paths themselves weigh up to."""
    for seed in range(10):
        network, demand = _dressed(random_case(seed, load=4.0), seed, trips=1.0)
        prepared = Assignment(network, demand)
        solved = prepared.solve()
        used, paths = skims(prepared, solved, over="used"), path_flows(prepared, solved)
        for matrix, values in ((used.distance, paths.distance), (used.time, paths.time)):
            sums, trips = np.zeros_like(matrix), np.zeros_like(matrix)
            np.add.at(sums, (paths.origin, paths.destination), paths.flow * values)
            np.add.at(trips, (paths.origin, paths.destination), paths.flow)
            np.testing.assert_allclose(matrix[trips > 0], (sums / np.where(trips > 0, trips, 1.0))[trips > 0], rtol=1e-9)


def test_braess_by_hand(braess):
    """At 6 trips all three paths carry 2 and cost 92; the way against the arrows does not exist."""
    prepared = Assignment(*braess)
    found = skims(prepared, prepared.solve())
    assert found.cost[0, 3] == pytest.approx(92.0)
    assert found.cost[0, 1] == pytest.approx(40.0)
    assert found.cost[1, 2] == pytest.approx(12.0)
    assert np.isinf(found.cost[3, 0])


def test_mean_weighs_a_short_and_a_fast_road(build):
    """Two roads cost the same, one tolled: 6 trips split 4 to 2, and so do time and length."""
    links = [(0, 1, 1.0, 2.0, 0.5, 1.0), (0, 1, 1.0, 4.0, 0.25, 1.0)]  # 2 + x and 4 + x
    network, demand = build(links, {(0, 1): 6.0}, nodes=2)
    prepared = Assignment(network.with_links(length=np.array([9.0, 3.0])), demand)
    solved = prepared.solve(relative_gap=1e-14)
    assert skims(prepared, solved, over="used").distance[0, 1] == pytest.approx((4 * 9 + 2 * 3) / 6)
    assert skims(prepared, solved).distance[0, 1] in (9.0, 3.0)


def test_zones_that_share_a_node_are_no_way_apart(build):
    """Two zones at one node exchange trips that use no road."""
    network, _ = build([(0, 1, 1.0, 2.0, 0.5, 1.0), (1, 0, 1.0, 2.0, 0.5, 1.0)], {}, nodes=2)
    network = replace(network, zone_nodes=np.array([0, 1, 1]))
    prepared = Assignment(network, Demand(np.ones((3, 3))))
    found = skims(prepared, prepared.solve(), over="used")
    assert found.time[1, 2] == found.time[2, 1] == 0.0
    assert found.time[0, 1] == found.time[0, 2] > 2.0


def test_wrong_input_is_refused(braess):
    """Each mistake is named, and an equilibrium of another network is not read."""
    prepared = Assignment(*braess)
    solved = prepared.solve()
    with pytest.raises(InputError, match="did you mean 'shortest'"):
        skims(prepared, solved, over="shortes")
    with pytest.raises(InputError, match="toll: array does not match"):
        skims(prepared, solved, further={"toll": np.zeros(3)})
    with pytest.raises(InputError, match="taken"):
        skims(prepared, solved, further={"time": np.zeros(5)})
    network = braess[0].with_links(tail=np.array([0, 0, 1, 1, 1]))
    with pytest.raises(InputError, match="another network"):
        skims(Assignment(network, braess[1]), solved)
