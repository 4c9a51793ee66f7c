"""Gradients of road problems against central differences of their own evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road import DelaySettings, load
from braess.domains.road.problems import CapacityExpansion, TollDesign
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.problem import Differentiable, capability

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
