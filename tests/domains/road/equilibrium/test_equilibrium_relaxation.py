"""Flows and capacities that are best together: no choice of capacities comes below the bound, and the bound is reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from braess.domains.road.equilibrium import Assignment, CapacityRelaxation
from braess.errors import InputError

SEEDS = st.integers(0, 10_000)
quick = settings(max_examples=60, deadline=None, derandomize=True)


def _mixture(network, capacity, flow, share):
    """Return ``(1 - share) Z + share T`` of flows, written out link by link."""
    ratio = np.divide(flow, capacity, out=np.zeros_like(flow), where=capacity > 0)
    growth = network.b * np.where(network.power > 0, ratio, 1.0) ** network.power
    time = network.free_flow_time * (1 + growth)
    integral = flow * network.free_flow_time * (1 + growth / (network.power + 1))
    return float(((1 - share) * integral + share * flow * time).sum())


@pytest.mark.parametrize(("share", "principle"), [(0.0, "user-equilibrium"), (1.0, "system-optimum")])
def test_with_capacities_that_are_given_it_is_the_equilibrium_or_the_optimum(random_case, share, principle):
    network, demand = random_case(5, load=2.0)
    found = CapacityRelaxation(network, demand).solve(
        network.capacity, network.capacity, np.zeros(network.links), share=share, relative_gap=1e-11
    )
    wanted = Assignment(network, demand, principle=principle).solve(relative_gap=1e-11)
    assert found.value == pytest.approx(wanted.objective, rel=1e-9)
    assert found.bound == pytest.approx(wanted.objective, rel=1e-9)
    assert found.bound <= wanted.objective


@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize("least", [0.0, 1.0])
def test_two_links_against_a_plain_optimiser(build, share, least):
    """Over one flow and two capacities a general optimiser finds the same least value."""
    links = [(0, 1, 4.0, 1.0, 0.5, 4.0), (0, 1, 6.0, 2.0, 0.3, 2.0)]
    network, demand = build(links, {(0, 1): 9.0}, nodes=2)
    low, high, price = np.array([least, 2.0]), network.capacity, np.array([0.7, 0.05])
    found = CapacityRelaxation(network, demand).solve(low, high, price, share=share, relative_gap=1e-12)

    def total(x):
        return _mixture(network, x[1:], np.array([x[0], 9.0 - x[0]]), share) + float(price @ (x[1:] - low))

    bounds = [(1e-6, 9.0), (max(least, 1e-6), 4.0), (2.0, 6.0)]
    plain = min(
        (
            minimize(total, start, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-12})
            for start in ([4.0, 2.0, 4.0], [1.0, 3.5, 5.0], [8.0, 1.5, 2.5])
        ),
        key=lambda one: one.fun,
    )
    assert found.value == pytest.approx(plain.fun, rel=1e-7)
    assert found.capacity == pytest.approx(plain.x[1:], rel=1e-3)


@quick
@given(seed=SEEDS, share=st.sampled_from([0.1, 0.5, 1.0]), gap=st.sampled_from([1e-1, 1e-3, 1e-9]))
def test_no_capacities_come_below_the_bound(random_case, seed, share, gap):
    """However loosely it is solved for, the bound holds for the equilibrium and for the optimum of any capacities."""
    network, demand = random_case(seed, load=1.5)
    rng = np.random.default_rng(seed)
    may_vanish = np.flatnonzero(rng.random(network.links) < 0.2)[2:]
    may_vanish = may_vanish[may_vanish >= 14]  # the ring stays, so all trips have a path
    low = network.capacity * rng.choice([0.3, 0.8, 1.0], network.links)
    low[may_vanish] = 0.0
    price = np.where(rng.random(network.links) < 0.5, rng.exponential(1.0, network.links), 0.0)
    found = CapacityRelaxation(network, demand).solve(low, network.capacity, price, share=share, relative_gap=gap)
    assert found.bound <= found.value
    for _ in range(4):
        part = rng.choice([0.0, 0.5, 1.0], network.links)
        capacity = low + part * (network.capacity - low)
        opens = capacity > 0
        other = replace(network, capacity=np.where(opens, capacity, 1.0))
        for principle in ("user-equilibrium", "system-optimum"):
            flow = Assignment(other, demand, principle=principle).solve(open_links=opens).flow
            spent = float(price @ (capacity - low))
            assert found.bound <= (_mixture(network, capacity, flow, share) + spent) * (1 + 1e-12)


@quick
@given(seed=SEEDS)
def test_a_warm_solve_comes_to_the_same(random_case, seed):
    network, demand = random_case(seed)
    rng = np.random.default_rng(seed)
    relaxation = CapacityRelaxation(network, demand)
    low, price = 0.5 * network.capacity, rng.exponential(1.0, network.links)
    first = relaxation.solve(low, network.capacity, 2.0 * price, share=1.0)
    cold = relaxation.solve(low, network.capacity, price, share=1.0, relative_gap=1e-10)
    warm = relaxation.solve(low, network.capacity, price, share=1.0, relative_gap=1e-10, start=first.state)
    assert warm.value == pytest.approx(cold.value, rel=1e-9)


def test_a_preload_counts(build):
    network, demand = build([(0, 1, 4.0, 1.0, 0.5, 4.0)], {(0, 1): 3.0}, nodes=2, preload=np.array([2.0]))
    found = CapacityRelaxation(network, demand).solve(np.array([1.0]), np.array([4.0]), np.array([0.3]), share=1.0)
    choices = np.linspace(1.0, 4.0, 100_001)
    assert found.value == pytest.approx((5.0 * (1 + 0.5 * (5.0 / choices) ** 4) + 0.3 * (choices - 1.0)).min(), rel=1e-9)


def test_says_what_is_wrong(random_case):
    network, demand = random_case(1)
    relaxation, nothing = CapacityRelaxation(network, demand), np.zeros(network.links)
    with pytest.raises(InputError, match="low, high"):
        relaxation.solve(network.capacity, 0.5 * network.capacity, nothing, share=1.0)
    with pytest.raises(InputError, match="price"):
        relaxation.solve(nothing, network.capacity, nothing - 1.0, share=1.0)
    with pytest.raises(InputError, match="share"):
        relaxation.solve(nothing, network.capacity, nothing, share=1.5)
    with pytest.raises(InputError, match="one value per link"):
        relaxation.solve(nothing[1:], network.capacity, nothing, share=1.0)
    conical = replace(network, delay_function=np.ones(network.links, np.int64), power=np.full(network.links, 4.0))
    with pytest.raises(InputError, match="delay"):
        CapacityRelaxation(conical, demand)


def test_trips_without_a_path_have_an_infinite_bound(random_case):
    network, demand = random_case(1)
    nothing = np.zeros(network.links)
    found = CapacityRelaxation(network, demand).solve(nothing, nothing, nothing, share=1.0)
    assert found.value == found.bound == np.inf
    assert found.state is None
