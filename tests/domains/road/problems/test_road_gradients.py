"""Gradients of road problems against central differences of their own evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road import DelaySettings, load, load_lane_swap
from braess.domains.road.problems import CapacityExpansion, LaneAddition, LaneSwap, TollDesign
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.problem import Differentiable, DifferentiableConstraints, capability

_LINKS = [15, 16, 18, 24, 38, 47, 73]
_EVERYTHING = ("total_travel_time", "vehicle_distance", "maximum_volume_capacity", "construction_cost", "co2")


def _expansion():
    network, demand = load("sioux-falls")
    return CapacityExpansion(
        network,
        demand,
        links=_LINKS,
        cost=np.arange(1.0, 8.0),
        largest=10_000.0,
        exponent=2,
        cost_weight=1e-6,
        objectives=("total_system_cost", *_EVERYTHING),
        units=Units(time="min", length="km"),
        relative_gap=1e-13,
    )


def _tolls(change=lambda network: network):
    network, demand = load("sioux-falls")
    network = change(network)
    objectives = ("toll_revenue", *_EVERYTHING[:-1], "co2")
    return TollDesign(
        network,
        demand,
        links=_LINKS,
        largest=4.0,
        objectives=objectives,
        units=Units(time="min", length="km"),
        relative_gap=1e-13,
    )


def _tolls_beside_buses():
    """Other traffic, on conical links: it must count in the objectives and in their derivatives alike."""
    buses = np.random.default_rng(1).uniform(0, 2000, 76)
    return _tolls(lambda network: DelaySettings(function="conical", steepness=4.0).on(network).with_links(preload=buses))


@pytest.mark.parametrize("make", [_expansion, _tolls, _tolls_beside_buses])
def test_gradients_agree_with_central_differences(make):
    problem = make()
    assert capability(problem, Differentiable) is problem
    rng = np.random.default_rng(3)
    high = 10_000.0 if isinstance(problem, CapacityExpansion) else 4.0
    matrix = rng.uniform(0.1, 0.9, (3, problem.space.width)) * high
    values, gradients = problem.value_and_gradient(matrix)
    np.testing.assert_allclose(values, problem.evaluate(problem.space.unflatten(matrix)).objectives, rtol=1e-8)
    step = 1e-4 * high
    for k in range(problem.space.width):
        move = step * np.eye(problem.space.width)[k]
        up = problem.evaluate(problem.space.unflatten(matrix + move)).objectives
        down = problem.evaluate(problem.space.unflatten(matrix - move)).objectives
        measured = (up - down) / (2 * step)
        scale = np.abs(gradients).max(axis=2)
        assert (np.abs(gradients[:, :, k] - measured) <= 1e-4 * scale + 1e-12).all()


def test_a_matrix_of_another_width_is_refused():
    with pytest.raises(InputError, match="not flat designs"):
        _tolls().value_and_gradient(np.zeros((2, 3)))


def _lanes():
    network, demand = load("sioux-falls")
    return LaneAddition(network, demand, links=_LINKS, budget_share=0.5, objectives=_EVERYTHING[:-1], relative_gap=1e-13)


def _swaps():
    found = load_lane_swap("sioux-falls", 0.25)
    return LaneSwap(
        found.network, found.demand, pairs=found.pairs.tolist()[:6], objectives=_EVERYTHING[:-1], relative_gap=1e-13
    )


@pytest.mark.parametrize("make", [_lanes, _swaps])
def test_discrete_decisions_have_gradients_in_between(make):
    """Half a lane is no design, so the values on both sides of one are compared, by which the gradient must change it."""
    problem = make()
    low, high = problem.space.bounds
    matrix = np.random.default_rng(5).uniform(low + 0.1, high - 0.1, (2, problem.space.width))
    _, gradients = problem.value_and_gradient(matrix)
    for k in range(problem.space.width):
        move = 1e-4 * np.eye(problem.space.width)[k]
        measured = (problem.value_and_gradient(matrix + move)[0] - problem.value_and_gradient(matrix - move)[0]) / 2e-4
        scale = np.abs(gradients).max(axis=2)
        assert (np.abs(gradients[:, :, k] - measured) <= 1e-4 * scale + 1e-12).all()


@pytest.mark.parametrize("make", [_lanes, _swaps])
def test_at_whole_lanes_values_are_the_evaluations(make):
    """The relaxation must be that of the problem: at a design the two may not differ."""
    problem = make()
    designs = problem.space.sample(3, np.random.default_rng(0))
    values, _ = problem.value_and_gradient(problem.space.flatten(designs)[0])
    np.testing.assert_allclose(values, problem.evaluate(designs).objectives, rtol=1e-8)


def test_budgets_have_gradients():
    """What a budget leaves must follow from the marginal costs, linear and quadratic, without an equilibrium."""
    network, demand = load("sioux-falls")
    cost = np.arange(1.0, 8.0)
    bought = CapacityExpansion(network, demand, links=_LINKS, cost=cost, largest=10.0, exponent=2, budget=50.0)
    for problem in (bought, _lanes()):
        assert capability(problem, DifferentiableConstraints) is problem
        low, high = problem.space.bounds
        matrix = np.random.default_rng(1).uniform(low, high, (4, problem.space.width))
        over, gradients = problem.constraint_and_gradient(matrix)
        assert over.shape == (4, 1)
        assert gradients.shape == (4, 1, problem.space.width)
        away = 1e-6 * (high - low)
        inner = np.clip(matrix, low + away, high - away)
        over, gradients = problem.constraint_and_gradient(inner)
        for k in range(problem.space.width):
            move = away * np.eye(problem.space.width)[k]
            measured = (problem.constraint_and_gradient(inner + move)[0] - problem.constraint_and_gradient(inner - move)[0]) / 2
            np.testing.assert_allclose(gradients[:, 0, k] * away[k], measured[:, 0], rtol=1e-4, atol=1e-9)
    assert over[0, 0] == pytest.approx(inner[0] @ problem.cost - problem.budget)
    swaps = _swaps()
    assert swaps.constraint_and_gradient(np.zeros((2, 6)))[1].shape == (2, 0, 6)


def test_designs_out_of_bounds_are_refused():
    """A follower with three lanes more than allowed would answer; the answer would mean nothing."""
    with pytest.raises(InputError):
        _lanes().value_and_gradient(np.full((1, 7), 1.5))
