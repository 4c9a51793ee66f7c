"""Real networks against the values published for them."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains import road
from braess.domains.road.equilibrium import Assignment, assign, path_cost_spread, verify
from braess.errors import InputError


def test_sioux_falls():
    """The best-known solution of the field's standard example (Transportation Networks for Research)."""
    found = assign(*road.load("sioux-falls"))
    assert found.total_travel_time == pytest.approx(7_480_225.3, abs=0.1)
    assert found.beckmann == pytest.approx(4_231_335.28710744, rel=1e-12)


def test_anaheim():
    """A network whose zones carry no through traffic."""
    network, demand = road.load("anaheim")
    found = assign(network, demand)
    assert found.total_travel_time == pytest.approx(1_419_913.9, abs=0.1)
    assert verify(network, demand, found.flow).relative_gap < 1.1e-10


@pytest.mark.parametrize("name", ["braess", "eastern-massachusetts", "sioux-falls", "anaheim"])
@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
def test_shipped_networks_converge_far(name, principle):
    """Every network we ship reaches gaps near rounding, confirmed by the plain route and by path costs."""
    network, demand = road.load(name)
    assignment = Assignment(network, demand, principle=principle)
    found = assignment.solve(relative_gap=1e-13)
    seen = verify(network, demand, found.flow, principle=principle)
    assert abs(seen.relative_gap) < 1e-12
    assert seen.imbalance < 1e-9 * demand.total
    assert path_cost_spread(assignment, found).max() < 1e-5 * found.choice_cost.max()


def test_warm_start_saves_iterations_on_sioux_falls():
    """Warm starts must pay where searches use them: a few links wider than before."""
    network, demand = road.load("sioux-falls")
    assignment = Assignment(network, demand)
    first = assignment.solve()
    rng = np.random.default_rng(1)
    cold, warm = [], []
    for _ in range(20):
        capacity = network.capacity * np.where(rng.random(network.links) < 0.05, 1.5, 1.0)
        cold.append(assignment.solve(capacity=capacity))
        warm.append(assignment.solve(capacity=capacity, start=first.state))
        assert warm[-1].beckmann == pytest.approx(cold[-1].beckmann, rel=1e-9)
    assert sum(w.iterations for w in warm) < 0.6 * sum(c.iterations for c in cold)


@pytest.mark.slow
def test_chicago_sketch():
    """The published optimum of a network with tolls and distances, at which naive bush rules stall."""
    try:
        network, demand = road.load("chicago-sketch")
    except InputError as missing:
        pytest.skip(f"Chicago-Sketch is not at hand: {missing}")
    found = assign(network, demand)
    assert found.beckmann == pytest.approx(17_313_018.7387477, rel=1e-11)
    assert verify(network, demand, found.flow).relative_gap < 1.1e-10
