"""Volume-delay functions in planners' terms must be the published formulas, in the units of the network."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road import DelayFunction, DelaySettings, load
from braess.domains.road.units import Units
from braess.errors import InputError

RATIO = np.array([0.0, 0.5, 1.0, 1.7])[:, None]


@pytest.fixture(scope="module")
def network():
    return load("anaheim")[0]


def test_bpr(network):
    """Alpha is the share of the free-flow time that a full road adds, beta the power."""
    found = DelaySettings(function="bpr", alpha=0.6, beta=3.0).on(network)
    growing = (network.b > 0) & (network.power > 0)
    expected = network.free_flow_time * (1 + np.where(growing, 0.6, 0.0) * RATIO**3)
    np.testing.assert_allclose(found.travel_time(RATIO * network.capacity), expected)
    kept = DelaySettings(function="bpr", beta=5.0).on(network)
    np.testing.assert_array_equal(kept.b, network.b)
    assert set(kept.power[growing]) == {5.0}


def test_conical(network):
    """Spiess 1990: empty t0, full twice that, and as printed beyond."""
    found = DelaySettings(function="conical", steepness=4.0).on(network)
    ease = (2 * 4 - 1) / (2 * 4 - 2)
    published = 2 + np.sqrt(16 * (1 - RATIO) ** 2 + ease**2) - 4 * (1 - RATIO) - ease
    times = found.travel_time(RATIO * network.capacity)
    growing = (network.b > 0) & (network.power > 0)
    np.testing.assert_allclose(times[:, growing], (published * network.free_flow_time)[:, growing])
    np.testing.assert_allclose(times[:, ~growing], np.tile(network.free_flow_time[~growing], (4, 1)))


@pytest.mark.parametrize(("unit", "per_hour"), [("s", 3600), ("min", 60), ("h", 1)])
@pytest.mark.parametrize("counted", [None, 24.0])
def test_akcelik_in_any_unit(network, unit, per_hour, counted):
    """Akçelik 1991 worked out in hours and vehicles per hour, whatever the units of the network."""
    period, parameter = 0.5, 0.4
    settings = DelaySettings(function="akcelik", period=period, delay_parameter=parameter, capacity_period=counted)
    found = settings.on(network, Units(time=unit))
    hourly = network.capacity / (counted or 1.0)
    over = RATIO - 1
    delay = 0.25 * period * (over + np.sqrt(over**2 + 8 * parameter * RATIO / (hourly * period)))
    growing = (network.b > 0) & (network.power > 0)
    expected = network.free_flow_time + per_hour * np.where(growing, delay, 0.0)
    np.testing.assert_allclose(found.travel_time(RATIO * network.capacity), expected, rtol=1e-9)


def test_only_where_it_is_said(network):
    """Links by name and by type, and the rest as it was."""
    network = network.with_links(link_type=np.arange(network.links) % 5)
    found = DelaySettings(function="conical", steepness=3.0, link_types=(2, 4), links=(network.link_label(10),)).on(network)
    changed = found.delay_function == DelayFunction.CONICAL
    np.testing.assert_array_equal(changed, np.isin(network.link_type, (2, 4)) | (np.arange(network.links) == 10))
    np.testing.assert_array_equal(found.power[~changed], network.power[~changed])


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"function": "conical"}, "steepness", "is needed for conical"),
        ({"function": "conical", "steepness": 1.0}, "steepness", "more than 1"),
        ({"function": "conical", "steepness": 4.0, "beta": 4.0}, "beta", "beta belongs to bpr"),
        ({"function": "bpr", "alpha": -1.0}, "alpha", "at least 0"),
        ({"function": "bpr", "alpha": float("nan")}, "alpha", "finite"),
        ({"function": "akcelik", "period": 1.0}, "delay_parameter", "is needed for akcelik"),
        ({"function": "akcelik", "period": 1.0, "delay_parameter": 0.4}, "period", "needs time_unit"),
        ({"function": "akcelik", "period": 0.0, "delay_parameter": 0.4}, "period", "more than 0"),
        ({"function": "conical", "steepness": 2.0, "link_types": (99,)}, "link_types", "no link is of this type"),
        ({"function": "conical", "steepness": 2.0, "links": ("1->1",)}, "links", "no such link"),
        ({"function": "connical"}, "delay_function", "did you mean 'conical'"),
    ],
)
def test_impossible_settings_are_refused(network, settings, field, words):
    """A parameter that is missing, foreign or impossible must be named."""
    with pytest.raises(InputError, match=words) as found:
        DelaySettings(**settings).on(network)
    assert found.value.field == field


def test_a_capacity_too_small_for_akcelik_is_named(network):
    """The delay would start concave: half the vehicles that pass in the period is the limit of J."""
    least = network.capacity[(network.b > 0) & (network.power > 0)].min()
    settings = {"function": "akcelik", "period": 0.25}
    DelaySettings(**settings, delay_parameter=0.124 * least).on(network, Units(time="min"))
    with pytest.raises(InputError, match="half the vehicles") as found:
        DelaySettings(**settings, delay_parameter=0.126 * least).on(network, Units(time="min"))
    assert found.value.field == "delay_parameter"


def test_another_function_so_far_needs_both_parameters(network):
    """The columns of a conical link mean something else than alpha and beta."""
    conical = DelaySettings(function="conical", steepness=3.0).on(network)
    with pytest.raises(InputError, match="alpha and beta"):
        DelaySettings(function="bpr", alpha=0.2).on(conical)
    back = DelaySettings(function="bpr", alpha=0.2, beta=4.0).on(conical)
    assert not back.delay_function.any()
