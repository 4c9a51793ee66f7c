"""First-best tolls turn user equilibrium into system optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, marginal_cost_tolls
from braess.errors import InputError

_GAP = 1e-14


def _both(network, demand, gap=_GAP):
    """Solve the optimum, and the equilibrium under the network's own tolls and the first-best ones."""
    optimum = Assignment(network, demand, principle="system-optimum").solve(relative_gap=gap)
    tolls = marginal_cost_tolls(network, optimum)
    return optimum, tolls, Assignment(network, demand).solve(toll=network.toll + tolls, relative_gap=gap)


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.5])
@pytest.mark.parametrize("name", ["sioux-falls", "eastern-massachusetts", "anaheim"])
def test_tolled_equilibrium_is_the_optimum(name, scale):
    """The theorem itself, on real networks: flows and totals agree to 1e-8, and differ without the tolls."""
    network, demand = load(name)
    network, demand = network.with_links(toll_factor=0.25), demand.scaled(scale)
    optimum, tolls, tolled = _both(network, demand)
    assert np.abs(tolled.flow - optimum.flow).max() < 1e-8 * optimum.flow.max()
    assert tolled.total_travel_time == pytest.approx(optimum.total_travel_time, rel=1e-8)
    assert (tolls >= 0).all()
    free = Assignment(network, demand).solve()
    assert free.total_travel_time > optimum.total_travel_time * (1 + 1e-5)


def test_tolls_come_on_top_of_those_already_there():
    """Tolls and distances that drivers already weigh are kept: the optimum is that of the generalised cost."""
    network, demand = load("sioux-falls")
    own = np.random.default_rng(5).uniform(0, 3, network.links)
    network = network.with_links(toll_factor=0.5, toll=own, distance_factor=0.1)
    optimum, _, tolled = _both(network, demand)
    assert np.abs(tolled.flow - optimum.flow).max() < 1e-8 * optimum.flow.max()
    assert tolled.total_travel_time == pytest.approx(optimum.total_travel_time, rel=1e-8)


@given(seed=st.integers(0, 10_000), load=st.sampled_from([0.5, 1.0, 2.0]), factor=st.floats(0.1, 10.0))
@settings(max_examples=60, deadline=None)
def test_on_any_network_the_total_cost_is_least(random_case, seed, load, factor):
    """Where paths of constant cost tie, flows are not unique, but what all trips cost together is."""
    network, demand = random_case(seed, load=load, toll_factor=factor)
    optimum, tolls, tolled = _both(network, demand, gap=1e-13)
    total = tolled.total_cost - factor * float(tolls @ tolled.flow)
    assert total == pytest.approx(optimum.total_cost, rel=1e-8)
    rising = (network.b > 0) & (network.power > 0) & (network.free_flow_time > 0)
    assert not tolls[~rising].any()


def test_pigou_by_hand(build):
    """Costs x and 1 for one trip: half of it should take each road, and the toll on the first is 1/2 (Pigou)."""
    network, demand = build([(0, 1, 1.0, 1e-9, 1e9, 1.0), (0, 1, 1.0, 1.0, 0.0, 1.0)], {(0, 1): 1.0}, nodes=2, toll_factor=0.1)
    _, tolls, tolled = _both(network, demand)
    np.testing.assert_allclose(tolls, [5.0, 0.0], rtol=1e-8)
    np.testing.assert_allclose(tolled.flow, [0.5, 0.5], rtol=1e-8)


def test_braess_roads_by_hand(build, braess):
    """On Braess's network the optimum leaves the bridge empty; drivers who pay for their delay do the same."""
    network, demand = braess
    optimum, tolls, tolled = _both(network.with_links(toll_factor=1.0), demand)
    np.testing.assert_allclose(optimum.flow, [3, 3, 3, 0, 3], atol=1e-7)
    np.testing.assert_allclose(tolls, [30, 3, 3, 0, 30], atol=1e-5)
    np.testing.assert_allclose(tolled.flow, optimum.flow, atol=1e-7)


def test_what_has_no_tolls_is_refused(build, braess):
    """An equilibrium is no optimum, another network has other links, and drivers who do not weigh tolls cannot be steered."""
    network, demand = braess
    optimum = Assignment(network, demand, principle="system-optimum").solve()
    with pytest.raises(InputError, match="toll_factor"):
        marginal_cost_tolls(network, optimum)
    with pytest.raises(InputError, match="system-optimum"):
        marginal_cost_tolls(network.with_links(toll_factor=1.0), Assignment(network, demand).solve())
    with pytest.raises(InputError, match="another network"):
        marginal_cost_tolls(load("sioux-falls")[0], optimum)
