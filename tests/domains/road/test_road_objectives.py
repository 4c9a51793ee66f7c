"""What a road design is judged by, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road import RoadNetwork, assign, load
from braess.domains.road.objectives import (
    Outcome,
    co2,
    co2_per_mile,
    maximum_volume_capacity,
    measure,
    toll_revenue,
    total_travel_time,
    vehicle_distance,
)
from braess.domains.road.units import Units
from braess.errors import InputError


def two_links() -> RoadNetwork:
    """Two links of 10 and 20 km, driven at 60 and 30 miles per hour when 5 and 10 vehicles use them."""
    return RoadNetwork(
        name="two",
        node_ids=[1, 2],
        zone_nodes=[0, 1],
        through=[True, True],
        tail=[0, 1],
        head=[1, 0],
        capacity=[10.0, 10.0],
        free_flow_time=[1.0, 1.0],
        b=[0.0, 0.0],
        power=[1.0, 1.0],
        length=[10.0, 20.0],
        toll=[0.5, 2.0],
        speed=[0.0, 0.0],
        link_type=[1, 1],
    )


@pytest.fixture
def outcome() -> Outcome:
    network = two_links()
    minutes = 60 * network.length / 1.609344 / np.array([60.0, 30.0])
    return Outcome(network, network.capacity, np.array([5.0, 10.0]), minutes, network.toll, 7.0)


def test_sums_by_hand(outcome: Outcome) -> None:
    """Each objective is a sum that two links allow to do on paper."""
    assert total_travel_time(outcome) == pytest.approx(5 * 10 / 1.609344 + 10 * 40 / 1.609344)
    assert vehicle_distance(outcome) == pytest.approx(5 * 10 + 10 * 20)
    assert maximum_volume_capacity(outcome) == 1.0
    assert toll_revenue(outcome) == pytest.approx(5 * 0.5 + 10 * 2.0)
    assert measure("construction_cost", Units()).compute(outcome) == 7.0


def test_speed_curve_by_hand() -> None:
    """At 60 miles per hour the published polynomial gives exp(5.8051) = 332.0 grams a mile."""
    assert co2_per_mile(np.array([60.0]))[0] == pytest.approx(332.0, abs=0.1)


def test_speed_curve_is_held_outside_its_range() -> None:
    """The polynomial explodes outside the speeds it was fitted to: there the nearer end counts, as documented."""
    low, five, ninety, high = co2_per_mile(np.array([0.0, 5.0, 90.0, 500.0]))
    assert low == five
    assert high == ninety


def test_emissions_use_the_units(outcome: Outcome) -> None:
    """Kilometres and minutes must become miles per hour before the curve is read."""
    grams = co2_per_mile(np.array([60.0, 30.0]))
    expected = (5 * 10 * grams[0] + 10 * 20 * grams[1]) / 1.609344 / 1e6
    assert co2(outcome, Units("min", "km")) == pytest.approx(expected)


def test_standing_still_costs_nothing_and_breaks_nothing(outcome: Outcome) -> None:
    """Links without length or without flow must not divide by zero."""
    network = outcome.network.with_links(length=[0.0, 20.0])
    still = Outcome(network, outcome.capacity, np.array([5.0, 0.0]), np.array([0.0, 1.0]), outcome.toll, 0.0)
    assert co2(still, Units("min", "km")) == 0.0


@pytest.mark.parametrize("units", [Units(), Units(time="min"), Units(length="km")])
def test_emissions_want_units(units: Units) -> None:
    """A file does not say its units, and a guess would be a wrong figure with three digits."""
    with pytest.raises(InputError, match="must be stated"):
        measure("co2", units)


def test_unknown_units_are_refused() -> None:
    """A mistyped unit is answered with the nearest right one."""
    with pytest.raises(InputError, match="did you mean 'min'"):
        Units(time="minn")


def test_sioux_falls_distance() -> None:
    """Vehicle distance of the published flows of a real network is their product with the lengths."""
    from braess.domains.road import published_flows

    network, _ = load("sioux-falls")
    flow = published_flows("sioux-falls")
    there = Outcome(network, network.capacity, flow, network.travel_time(flow), network.toll, 0.0)
    assert vehicle_distance(there) == pytest.approx(sum(f * n for f, n in zip(flow, network.length, strict=True)))
    assert total_travel_time(there) == pytest.approx(7_480_225.3, abs=0.1)


def test_the_preload_is_traffic_too():
    """Objectives must count what the follower counts: all traffic, but tolls and distance of the trips only."""
    network, demand = load("sioux-falls")
    network = network.with_links(preload=np.linspace(0, 3000, network.links), toll=np.ones(network.links))
    solved = assign(network, demand)
    outcome = Outcome(network, network.capacity, solved.flow, solved.time, network.toll, 0.0)
    assert total_travel_time(outcome) == pytest.approx(solved.total_travel_time)
    assert maximum_volume_capacity(outcome) == pytest.approx(((solved.flow + network.preload) / network.capacity).max())
    assert toll_revenue(outcome) == pytest.approx(solved.flow.sum())
    assert vehicle_distance(outcome) == pytest.approx(float(solved.flow @ network.length))
    units = Units("min", "km")
    everybody = Outcome(
        network.with_links(preload=np.zeros(76)), *(network.capacity, outcome.volume, solved.time), network.toll, 0.0
    )
    assert co2(outcome, units) == pytest.approx(co2(everybody, units))
