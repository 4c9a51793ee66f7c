"""Elastic demand: trips that are made are worth their cost, those not made are not, and flows are an equilibrium of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from braess.domains.road import load
from braess.domains.road.elastic_demand import ElasticDemand
from braess.domains.road.equilibrium import Assignment, ElasticAssignment, assign, skims, verify
from braess.domains.road.network import Demand
from braess.errors import InputError

FUNCTIONS = ("linear", "exponential", "power")
functions = pytest.mark.parametrize("function", FUNCTIONS)
quick = settings(max_examples=20, deadline=None, derandomize=True)


def _around_equilibrium(network, demand, function, elasticity):
    """Take the equilibrium of the trips as the reference."""
    assignment = Assignment(network, demand)
    cost = skims(assignment, assignment.solve()).cost
    return ElasticDemand(demand, np.maximum(cost, 1e-3), elasticity, function)


def _pair(amount):
    return Demand(np.array([[0.0, amount], [0.0, 0.0]]))


@functions
@pytest.mark.parametrize(("reference", "at"), [(6.0, 4.0), (1.0, 40.0)])
def test_one_road_by_hand(build, function, reference, at):
    """Cost 1 + x meets a demand of elasticity 1, below its reference or several times it: one equation, solved by bisection."""
    network, _ = build([(0, 1, 1.0, 1.0, 1.0, 1.0)], {(0, 1): 1.0}, nodes=2)
    elastic = ElasticDemand(_pair(reference), np.full((2, 2), at), 1.0, function)
    low, high = 0.0, 20.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        ratio = (1 + middle) / at
        wanted = reference * {"linear": max(2 - ratio, 0.0), "exponential": np.exp(1 - ratio), "power": 1 / ratio}[function]
        low, high = (middle, high) if wanted > middle else (low, middle)
    found = ElasticAssignment(network, elastic).solve()
    assert found.demand.matrix[0, 1] == pytest.approx(low, rel=1e-9)
    np.testing.assert_allclose(found.flow, [low])
    assert found.trip_cost[0, 1] == pytest.approx(1 + low)


@functions
@quick
@given(seed=st.integers(0, 10_000), elasticity=st.floats(0.1, 3.0))
def test_trips_and_flows_belong_together(random_case, function, seed, elasticity):
    """The trips must be those of the demand function at the costs, and the flows an equilibrium of these trips."""
    network, demand = random_case(seed)
    network = network.with_links(free_flow_time=network.free_flow_time + 0.1)
    elastic = _around_equilibrium(network, demand.scaled(0.7), function, elasticity)
    for principle in ("user-equilibrium", "system-optimum"):
        found = ElasticAssignment(network, elastic, principle=principle).solve()
        assert found.demand_gap < 1e-5
        seen = verify(network, found.demand, found.flow, principle=principle)
        assert abs(seen.relative_gap) < 1e-8
        assert seen.imbalance < 1e-8 * (1 + found.demand.total)


@functions
@pytest.mark.parametrize("elasticity", [0.1, 0.7, 3.0])
@pytest.mark.parametrize("seed", [7, 40, 67, *range(90, 96)])
def test_demand_far_from_its_bound(random_case, function, elasticity, seed):
    """On jammed roads hardly any of the trips are made that an empty road would draw: no digits lost, no step into the wall."""
    network, demand = random_case(seed, nodes=7 + seed % 12, extra=10 + seed % 30, load=3.0)
    rng = np.random.default_rng(seed)
    toll = rng.uniform(0, 3, network.links) * (rng.random(network.links) < 0.4)
    network = network.with_links(toll_factor=1.0, toll=toll, free_flow_time=network.free_flow_time + 0.1)
    elastic = _around_equilibrium(network, demand, function, elasticity)
    for principle in ("user-equilibrium", "system-optimum"):
        found = ElasticAssignment(network, elastic, principle=principle).solve()
        assert found.demand_gap < 1e-5
        assert abs(verify(network, found.demand, found.flow, principle=principle).relative_gap) < 1e-7


@functions
@quick
@given(seed=st.integers(0, 10_000))
def test_the_reference_is_a_fixed_point(random_case, function, seed):
    """At the costs of an equilibrium the demand function gives its very trips, so nothing may change."""
    network, demand = random_case(seed)
    network = network.with_links(free_flow_time=network.free_flow_time + 0.1)
    fixed = assign(network, demand)
    elastic = _around_equilibrium(network, demand, function, 0.8)
    found = ElasticAssignment(network, elastic).solve()
    apart = ~np.eye(network.zones, dtype=np.bool_)
    np.testing.assert_allclose(found.demand.matrix[apart], demand.matrix[apart], atol=1e-5)
    assert found.total_cost == pytest.approx(fixed.total_cost, rel=1e-6)


@functions
def test_the_optimum_is_worth_most(random_case, function):
    """What trips are worth less what they cost everybody is largest where trips see the marginal cost."""
    network, demand = random_case(6, load=2.0)
    network = network.with_links(free_flow_time=network.free_flow_time + 0.1)
    elastic = _around_equilibrium(network, demand, function, 0.8)

    def worth(found):
        paid = elastic.surplus(found.trip_cost).sum() + (found.demand.matrix * found.trip_cost).sum()
        return float(paid - found.total_cost)

    selfish, best = (ElasticAssignment(network, elastic, principle=p).solve() for p in ("user-equilibrium", "system-optimum"))
    assert worth(best) > worth(selfish)
    assert best.demand.total < selfish.demand.total


@functions
@pytest.mark.parametrize("elasticity", [0.4, 1.0, 2.5])
def test_the_surplus_is_the_integral_of_the_demand(function, elasticity):
    """Closed forms against quadrature, on both sides of the reference cost and beyond where linear demand ends."""
    elastic = ElasticDemand(_pair(7.0), np.full((2, 2), 3.0), elasticity, function)
    for cost in (0.5, 2.0, 3.0, 5.0, 20.0):
        area = quad(lambda u: elastic.trips(np.full((2, 2), u))[0, 1], cost, 3.0, limit=200, points=[3 + 3 / elasticity])[0]
        assert elastic.surplus(np.full((2, 2), cost)).sum() == pytest.approx(area, rel=1e-7, abs=1e-9)


def test_a_prohibitive_toll_ends_linear_demand(build):
    """Linear demand reaches zero: nobody drives, and nothing breaks."""
    network, _ = build([(0, 1, 1.0, 1.0, 1.0, 1.0)], {(0, 1): 1.0}, nodes=2, toll_factor=1.0)
    elastic = ElasticDemand(_pair(6.0), np.full((2, 2), 4.0), 1.0, "linear")
    found = ElasticAssignment(network, elastic).solve(toll=np.array([9.0]))
    assert found.demand.total == 0.0
    assert found.flow[0] == 0.0
    assert found.demand_gap == 0.0


@functions
@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_real_networks_from_nothing_and_from_a_neighbour(name, function):
    """More capacity draws more trips (induced traffic), found as well from the state before."""
    network, demand = load(name)
    assignment = ElasticAssignment(network, _around_equilibrium(network, demand, function, 0.5))
    first = assignment.solve()
    assert first.demand.total == pytest.approx(demand.total - np.trace(demand.matrix), rel=1e-6)
    capacity = network.capacity * 1.2
    warm, cold = (assignment.solve(capacity=capacity, start=start) for start in (first.state, None))
    assert warm.demand.total > first.demand.total
    assert warm.surplus > 0
    assert cold.surplus == pytest.approx(warm.surplus, rel=1e-6)
    assert warm.demand_gap < 1e-6
    np.testing.assert_allclose(warm.flow, cold.flow, atol=1e-4 * cold.flow.max())


@functions
def test_no_trips_at_all(random_case, function):
    """A demand of nothing is a demand: no flow, no error."""
    network, demand = random_case(1)
    elastic = ElasticDemand(Demand(0 * demand.matrix), np.ones(demand.matrix.shape), 1.0, function)
    found = ElasticAssignment(network, elastic).solve()
    assert not found.flow.any()
    assert found.demand.total == found.surplus == 0.0


def test_bad_demand_functions_are_refused(build):
    network, demand = build([(0, 1, 1.0, 1.0, 1.0, 1.0)], {(0, 1): 1.0}, nodes=2)
    cost = np.ones((2, 2))
    for field, arguments in (
        ("function", (demand, cost, 1.0, "logit")),
        ("cost", (demand, np.zeros((2, 2)), 1.0)),
        ("cost", (demand, np.ones(2), 1.0)),
        ("elasticity", (demand, cost, -1.0)),
    ):
        with pytest.raises(InputError, match=field):
            ElasticDemand(*arguments)
    free = ElasticAssignment(network.with_links(free_flow_time=[0.0]), ElasticDemand(demand, cost, 1.0, "power"))
    with pytest.raises(InputError, match="constant elasticity"):
        free.solve()
    assignment = ElasticAssignment(network, ElasticDemand(demand, cost, 1.0))
    with pytest.raises(InputError, match="no open path"):
        assignment.solve(open_links=np.zeros(1, np.bool_))
