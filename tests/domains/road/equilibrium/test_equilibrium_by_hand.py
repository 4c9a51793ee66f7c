"""Equilibria that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road.equilibrium import Assignment, assign, path_cost_spread, verify


def test_braess_network_with_the_extra_link(braess):
    """The library's namesake: six drivers on three paths of two each, 92 minutes each, 552 in total."""
    found = assign(*braess)
    np.testing.assert_allclose(found.flow, [4, 2, 2, 2, 4], atol=1e-6)
    assert found.total_travel_time == pytest.approx(6 * 92, rel=1e-7)
    assert found.relative_gap <= 1e-10


def test_braess_network_without_the_extra_link(braess):
    """Closing the road makes everybody faster (83 minutes), which is the paradox."""
    network, demand = braess
    is_open = np.array([True, True, True, False, True])
    found = Assignment(network, demand).solve(open_links=is_open)
    np.testing.assert_allclose(found.flow, [3, 3, 3, 0, 3], atol=1e-6)
    assert found.total_travel_time == pytest.approx(6 * 83, rel=1e-7)


def test_braess_system_optimum_leaves_the_extra_link_empty(braess):
    """A planner would not use the extra road at all, so the optimum equals the equilibrium without it."""
    found = assign(*braess, principle="system-optimum")
    np.testing.assert_allclose(found.flow, [3, 3, 3, 0, 3], atol=1e-5)
    assert found.objective == found.total_cost == pytest.approx(498, rel=1e-7)


def test_pigou(build):
    """Pigou's roads (times 1 and x): all take the second at equilibrium, half of them at the optimum."""
    case = build([(0, 1, 1, 1, 0, 1), (0, 1, 1, 1e-9, 1e9, 1)], {(0, 1): 1.0}, nodes=2)
    np.testing.assert_allclose(assign(*case).flow, [0, 1], atol=1e-6)
    best = assign(*case, principle="system-optimum")
    np.testing.assert_allclose(best.flow, [0.5, 0.5], atol=1e-6)
    assert best.total_travel_time == pytest.approx(0.75)


def test_parallel_links_share_their_flow(build):
    """Three equal parallel links must be told apart and loaded alike."""
    found = assign(*build([(0, 1, 2, 3, 0.15, 4)] * 3, {(0, 1): 12.0}, nodes=2))
    np.testing.assert_allclose(found.flow, 4.0, rtol=1e-9)


def test_constant_cost_caps_the_time_of_its_rival(build):
    """With a constant road of 5 the congested road 2 (1 + x) carries 1.5, whether b or power makes the cost constant."""
    for b, power in ((0.0, 4.0), (0.25, 0.0)):
        constant = (0, 1, 1, 5 / (1 + b), b, power)
        found = assign(*build([(0, 1, 1, 2, 1, 1), constant], {(0, 1): 10.0}, nodes=2))
        np.testing.assert_allclose(found.flow, [1.5, 8.5], rtol=1e-8)
        assert found.beckmann == pytest.approx(2 * 1.5 + 1.5**2 + 5 * 8.5)


def test_square_root_cost(build):
    """A power below 1 has an infinite slope at zero flow and must still be solved: 1 + sqrt(x) = 3 at x = 4."""
    found = assign(*build([(0, 1, 1, 1, 1, 0.5), (0, 1, 1, 3, 0, 1)], {(0, 1): 9.0}, nodes=2))
    np.testing.assert_allclose(found.flow, [4, 5], rtol=1e-7)


def test_cycle_without_cost(build):
    """A cycle of zero-cost links must neither loop nor carry flow around."""
    links = [
        (0, 1, 1, 1, 1, 1),
        (1, 2, 1, 0, 0, 4),
        (2, 1, 1, 0, 0, 4),
        (2, 3, 1, 1, 1, 1),
        (0, 2, 1, 1, 1, 1),
        (1, 3, 1, 1, 1, 1),
    ]
    case = build(links, {(0, 3): 4.0, (1, 2): 1.0, (2, 1): 1.0}, nodes=4)
    found = assign(*case)
    assert found.total_travel_time == pytest.approx(4 * 6)
    np.testing.assert_allclose(found.flow[[0, 4, 3, 5]], 2.0, rtol=1e-8)
    assert verify(*case, found.flow).imbalance < 1e-12


def test_all_costs_zero(build):
    """A network on which nothing costs anything has a gap of zero, not one of zero over zero."""
    found = assign(*build([(0, 1, 1, 0, 0.15, 4), (1, 0, 1, 0, 0.15, 4)], {(0, 1): 3.0}, nodes=2))
    assert found.relative_gap == 0.0
    np.testing.assert_array_equal(found.flow, [3, 0])


def test_closed_nodes_are_ends_only(build):
    """A node without through traffic attracts its own trips and is driven around by all others."""
    links = [(0, 1, 1, 1, 0, 1), (1, 2, 1, 1, 0, 1), (0, 2, 1, 10, 0, 1)]
    trips = {(0, 2): 3.0, (0, 1): 2.0, (1, 2): 1.0}
    found = assign(*build(links, trips, nodes=3, closed_nodes=[1]))
    np.testing.assert_allclose(found.flow, [2, 1, 3])


def test_tolls_and_distance_count_in_the_choice(build):
    """The generalised cost decides: a toll of 4 at 0.5 minutes each makes equal roads differ by 2."""
    network, demand = build([(0, 1, 1, 1, 1, 1)] * 2, {(0, 1): 6.0}, nodes=2, toll_factor=0.5)
    found = Assignment(network, demand).solve(toll=np.array([4.0, 0.0]))
    np.testing.assert_allclose(found.flow, [2, 4], rtol=1e-8)
    np.testing.assert_allclose(found.cost, 5.0, rtol=1e-8)
    np.testing.assert_allclose(found.time, [3, 5], rtol=1e-8)
    assert found.total_cost == pytest.approx(30)


def test_trips_within_a_zone_and_empty_demand(build):
    """Trips within a zone load nothing, and no trips at all are an equilibrium of zeros."""
    found = assign(*build([(0, 1, 1, 1, 1, 1), (1, 0, 1, 1, 1, 1)], {(0, 0): 5.0}, nodes=2))
    assert found.flow.sum() == 0.0
    assert found.relative_gap == 0.0
    np.testing.assert_array_equal(found.time, 1.0)


def test_path_costs_are_equal(braess):
    """The relative gap may hide one bad path of little flow; the spread of used path costs does not."""
    network, demand = braess
    assignment = Assignment(network, demand)
    assert path_cost_spread(assignment, assignment.solve()).max() < 1e-9
    assert path_cost_spread(assignment, assignment.solve(relative_gap=0.5)).max() > 1.0
