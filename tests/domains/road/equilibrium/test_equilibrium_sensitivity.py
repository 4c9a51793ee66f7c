"""Derivatives of the equilibrium against closed forms, central differences and the identity of both products."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, Sensitivity
from braess.domains.road.network import Demand
from braess.errors import InputError

_STEP = 1e-5


def _generic(name: str, principle: str) -> Assignment:
    """Shake free-flow times a little: networks drawn by hand have paths that tie exactly, where there is no derivative.

    Tolls see to it that the system optimum is not that of the travel time alone, whose first order would be zero.
    """
    network, demand = load(name)
    rng = np.random.default_rng(7)
    shaken = network.free_flow_time * (1.0 + 1e-2 * rng.random(network.links)) + 1e-3 * rng.random(network.links)
    toll = network.free_flow_time * rng.random(network.links)
    return Assignment(network.with_links(free_flow_time=shaken, toll=toll, toll_factor=0.5), demand, principle=principle)


def _own(assignment, name):
    return assignment.demand.matrix if name == "demand" else getattr(assignment.network, name)


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
@pytest.mark.parametrize("network", ["sioux-falls", "anaheim"])
@pytest.mark.parametrize("name", ["capacity", "free_flow_time", "toll", "demand"])
def test_both_products_agree_with_central_differences(network, principle, name):
    assignment = _generic(network, principle)
    solved = assignment.solve(relative_gap=1e-14)
    sensitivity = Sensitivity(assignment, solved)
    assert sensitivity.differentiable
    own = _own(assignment, name)
    scale = assignment.network.free_flow_time if name == "toll" else own
    direction = scale * np.random.default_rng(1).uniform(-1, 1, own.shape)

    def at(step):
        changed = own + step * direction
        changes = {name: Demand(changed) if name == "demand" else changed}
        return assignment.solve(**changes, start=solved.state, relative_gap=1e-14)

    up, down = at(_STEP), at(-_STEP)
    change = sensitivity.along(**{name: direction})
    for attribute in ("flow", "time", "cost"):
        measured = (getattr(up, attribute) - getattr(down, attribute)) / (2 * _STEP)
        assert np.abs(getattr(change, attribute) - measured).max() < 1e-5 * np.abs(measured).max()
    measured = (up.total_travel_time - down.total_travel_time) / (2 * _STEP)
    assert change.total_travel_time == pytest.approx(measured, rel=1e-5)
    gradient = sensitivity.gradient(total_travel_time=1.0)
    product = float((getattr(gradient, name) * direction).sum())
    assert product == pytest.approx(change.total_travel_time, rel=1e-8, abs=1e-9 * solved.total_travel_time)


def test_two_roads_by_hand(build):
    """Costs 1 + x / 2 and 2 + x / 4 for 6 trips: x = 10/3; a unit of capacity of the first road moves 20/9 trips to it."""
    links = [(0, 1, 1.0, 1.0, 0.5, 1.0), (0, 1, 1.0, 2.0, 0.125, 1.0)]
    assignment = Assignment(*build(links, {(0, 1): 6.0}, nodes=2, toll_factor=1.0))
    solved = assignment.solve(relative_gap=1e-14)
    np.testing.assert_allclose(solved.flow, [10 / 3, 8 / 3])
    sensitivity = Sensitivity(assignment, solved)
    np.testing.assert_allclose(sensitivity.along(capacity=np.array([1.0, 0.0])).flow, [20 / 9, -20 / 9])
    np.testing.assert_allclose(sensitivity.along(toll=np.array([1.0, 0.0])).flow, [-4 / 3, 4 / 3])
    np.testing.assert_allclose(sensitivity.along(demand=np.array([[0.0, 1.0], [0.0, 0.0]])).flow, [1 / 3, 2 / 3])
    np.testing.assert_allclose(sensitivity.gradient(flow=np.array([1.0, 0.0])).toll, [-4 / 3, 4 / 3])


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
def test_the_products_are_adjoint_on_any_network(random_case, principle):
    for seed in range(20):
        assignment = Assignment(*random_case(seed, load=2.0, toll_factor=0.5), principle=principle)
        sensitivity = Sensitivity(assignment, assignment.solve(relative_gap=1e-12))
        rng = np.random.default_rng(seed)
        links, zones = assignment.network.links, assignment.network.zones
        weight = {name: rng.normal(size=links) for name in ("flow", "time", "cost")}
        direction = {name: rng.normal(size=links) for name in ("capacity", "free_flow_time", "toll")}
        direction["demand"] = rng.normal(size=(zones, zones)) * (assignment.demand.matrix > 0)
        change = sensitivity.along(**direction)
        gradient = sensitivity.gradient(**weight)
        forward = sum(float(weight[name] @ getattr(change, name)) for name in weight)
        backward = sum(float((direction[name] * getattr(gradient, name)).sum()) for name in direction)
        assert forward == pytest.approx(backward, rel=1e-6, abs=1e-6)


def test_a_road_about_to_come_into_use_is_a_kink(build):
    """At 2 trips the second road costs just what the first does, and nobody takes it yet."""
    links = [(0, 1, 1.0, 1.0, 1.0, 1.0), (0, 1, 1.0, 3.0, 1.0, 1.0)]
    network, demand = build(links, {(0, 1): 2.0}, nodes=2)
    at_kink = Assignment(network, demand)
    assert not Sensitivity(at_kink, at_kink.solve(relative_gap=1e-14)).differentiable
    for trips in (1.9, 2.1):
        beside = Assignment(network, Demand(demand.matrix * trips / 2.0))
        assert Sensitivity(beside, beside.solve(relative_gap=1e-14)).differentiable


def test_roads_of_constant_cost_that_tie_have_no_derivative(build):
    links = [(0, 1, 1.0, 1.0, 0.0, 1.0), (0, 1, 1.0, 1.0, 0.0, 1.0)]
    assignment = Assignment(*build(links, {(0, 1): 2.0}, nodes=2))
    assert not Sensitivity(assignment, assignment.solve()).differentiable


def test_wrong_shapes_are_refused(braess):
    assignment = Assignment(*braess)
    sensitivity = Sensitivity(assignment, assignment.solve())
    with pytest.raises(InputError, match="capacity"):
        sensitivity.along(capacity=np.zeros(3))
    with pytest.raises(InputError, match="demand"):
        sensitivity.along(demand=np.zeros((2, 2)))
    with pytest.raises(InputError, match="flow"):
        sensitivity.gradient(flow=np.full(5, np.nan))
    with pytest.raises(InputError, match="another network"):
        Sensitivity(Assignment(*load("sioux-falls")), assignment.solve())
