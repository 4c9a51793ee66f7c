"""What must hold for every network: optimality, invariances, monotone objectives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from braess.domains.road.equilibrium import assign, verify
from braess.domains.road.network import Demand

SEEDS = st.integers(0, 10_000)
PER_LINK = ("tail", "head", "capacity", "free_flow_time", "b", "power", "length", "toll", "speed", "link_type")
quick = settings(max_examples=25, deadline=None, derandomize=True)


def _frank_wolfe(network, demand, rounds=400):
    """Minimise the Beckmann value by a plain method on a dense cost matrix: slow, and shares no code with the solver."""
    flow = _all_or_nothing(network, demand, network.travel_time(np.zeros(network.links)))
    for _ in range(rounds):
        target = _all_or_nothing(network, demand, network.travel_time(flow))
        step = minimize_scalar(
            lambda s, way=target - flow, at=flow: _beckmann(network, at + s * way), bounds=(0, 1), method="bounded"
        ).x
        flow = flow + step * (target - flow)
    return _beckmann(network, flow)


def _beckmann(network, flow):
    growth = network.b * (flow / network.capacity) ** network.power / (network.power + 1)
    return float(flow @ (network.free_flow_time * (1 + growth)))


def _all_or_nothing(network, demand, cost):
    """Load shortest paths found by Bellman and Ford's rule, link by link."""
    flow = np.zeros(network.links)
    for origin in range(network.zones):
        distance = np.full(network.nodes, np.inf)
        distance[origin] = 0.0
        last = np.full(network.nodes, -1)
        for _ in range(network.nodes):
            for link in range(network.links):
                value = distance[network.tail[link]] + cost[link]
                if value < distance[network.head[link]]:
                    distance[network.head[link]] = value
                    last[network.head[link]] = link
        for end in range(network.zones):
            node = end
            while node != origin:
                flow[last[node]] += demand.matrix[origin, end]
                node = network.tail[last[node]]
    return flow


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agrees_with_a_plain_convex_solver(random_case, seed):
    """An independent method must come down to the same least Beckmann value, from above."""
    network, demand = random_case(seed, nodes=5, extra=5)
    found = assign(network, demand)
    other = _frank_wolfe(network, demand)
    assert found.beckmann <= other * (1 + 1e-9)
    assert found.beckmann == pytest.approx(other, rel=2e-3)


@quick
@given(seed=SEEDS)
def test_flows_verify(random_case, seed):
    """A plain recomputation from the link flows alone must confirm gap, totals and conservation."""
    case = random_case(seed)
    for principle in ("user-equilibrium", "system-optimum"):
        found = assign(*case, principle=principle)
        seen = verify(*case, found.flow, principle=principle)
        assert abs(seen.relative_gap) < 2e-10
        assert seen.imbalance < 1e-9
        assert seen.beckmann == pytest.approx(found.beckmann, rel=1e-12)
        assert seen.total_travel_time == pytest.approx(found.total_travel_time, rel=1e-12)


@quick
@given(seed=SEEDS)
def test_system_optimum_costs_no_more(random_case, seed):
    """Each principle must win by its own measure."""
    case = random_case(seed)
    selfish, best = (assign(*case, principle=p) for p in ("user-equilibrium", "system-optimum"))
    assert best.total_cost <= selfish.total_cost * (1 + 1e-9)
    assert selfish.beckmann <= best.beckmann * (1 + 1e-9)


@quick
@given(seed=SEEDS, link=st.integers(0, 23), factor=st.floats(1.0, 10.0))
def test_capacity_never_raises_the_beckmann_value(random_case, seed, link, factor):
    """More capacity may raise travel time (Braess) but never the minimum of the Beckmann function."""
    network, demand = random_case(seed)
    capacity = network.capacity.copy()
    capacity[link] *= factor
    before = assign(network, demand).beckmann
    assert assign(network.with_links(capacity=capacity), demand).beckmann <= before * (1 + 1e-9)


@quick
@given(seed=SEEDS, factor=st.floats(1e-3, 1e4))
def test_unit_of_flow_does_not_matter(random_case, seed, factor):
    """Vehicles per day instead of per hour: flows scale, times stay."""
    network, demand = random_case(seed)
    one = assign(network, demand)
    other = assign(network.with_links(capacity=network.capacity * factor), demand.scaled(factor))
    assert other.beckmann == pytest.approx(one.beckmann * factor, rel=1e-9)
    assert other.flow @ one.cost == pytest.approx(one.flow @ one.cost * factor, rel=1e-6)


@quick
@given(seed=SEEDS, factor=st.floats(1e-3, 1e4))
def test_unit_of_time_does_not_matter(random_case, seed, factor):
    """Seconds instead of minutes: the objective scales with the unit."""
    network, demand = random_case(seed)
    scaled = assign(network.with_links(free_flow_time=network.free_flow_time * factor), demand)
    assert scaled.beckmann == pytest.approx(assign(network, demand).beckmann * factor, rel=1e-9)


@quick
@given(seed=SEEDS)
def test_order_of_links_does_not_matter(random_case, seed):
    """Shuffled rows of the link table describe the same network."""
    network, demand = random_case(seed)
    order = np.random.default_rng(seed).permutation(network.links)
    shuffled = replace(network, **{name: getattr(network, name)[order] for name in PER_LINK})
    one, other = assign(network, demand), assign(shuffled, demand)
    assert other.beckmann == pytest.approx(one.beckmann, rel=1e-9)
    assert other.total_cost == pytest.approx(one.total_cost, rel=1e-4)


def test_precision_buys_a_smaller_gap(random_case):
    """A tighter demand on the gap must cost no fewer iterations and give no worse objective."""
    case = random_case(5, load=2.0)
    found = [assign(*case, relative_gap=gap) for gap in (1e-2, 1e-6, 1e-12)]
    assert [f.relative_gap <= gap for f, gap in zip(found, (1e-2, 1e-6, 1e-12), strict=True)] == [True] * 3
    assert found[0].iterations <= found[1].iterations <= found[2].iterations
    assert found[2].beckmann <= found[0].beckmann * (1 + 1e-12)
    assert found[2].history[-1] == found[2].relative_gap


def test_zones_without_trips_are_skipped(random_case):
    """Removing an origin's trips must equal never having had them."""
    network, demand = random_case(8)
    matrix = demand.matrix.copy()
    matrix[2] = 0.0
    found = assign(network, Demand(matrix))
    first, last = found.state.bushes.node_start[2:4]
    assert first == last
    assert abs(verify(network, Demand(matrix), found.flow).relative_gap) < 2e-10
