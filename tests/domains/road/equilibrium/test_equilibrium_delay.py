"""The volume-delay functions against quadrature, differences, published values, and in equilibria."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from braess.domains.road.delay import DelayFunction
from braess.domains.road.equilibrium import Assignment, Sensitivity, assign, assign_many, verify
from braess.domains.road.network import Demand
from braess.errors import InputError

quick = settings(max_examples=25, deadline=None, derandomize=True)
_PARAMETERS = {DelayFunction.BPR: (1.2, 5.0), DelayFunction.CONICAL: (1.1, 9.0), DelayFunction.AKCELIK: (0.001, 2.0)}


def _mixed(random_case, seed, load=1.0):
    """Give the links of a random network delay functions of every kind, and some of them a preload."""
    network, demand = random_case(seed, load=load)
    rng = np.random.default_rng(seed)
    count = network.links
    function = rng.integers(0, 3, count)
    power = np.choose(function, [network.power, rng.uniform(1.5, 8, count), rng.uniform(0.01, 2, count)])
    b = np.choose(function, [network.b, rng.uniform(0.5, 2, count), rng.uniform(1, 5, count)])
    preload = rng.uniform(0, 3, count) * (rng.random(count) < 0.5)
    return network.with_links(delay_function=function, b=b, power=power, preload=preload), demand


@quick
@given(function=st.sampled_from(DelayFunction), ratio=st.floats(0.05, 2), capacity=st.floats(1, 5), share=st.floats(0, 1))
def test_integral_and_derivatives_follow_from_the_growth(function, ratio, capacity, share):
    """Closed forms are easy to get wrong: quadrature and central differences of the growth must give the same."""
    low, high = _PARAMETERS[function]
    power = np.array([low + share * (high - low)])
    formula = function.formula

    def level(r, c=capacity):
        return formula.level(np.array([r]), np.array([1 / c]), power)

    def steep(r, c=capacity):
        return formula.steepness(np.array([r]), np.array([1 / c]), power)

    step = 1e-5
    here, derived = level(ratio), steep(ratio)
    assert here.mean[0] * ratio == pytest.approx(quad(lambda r: level(r).value[0], 0, ratio, epsabs=1e-12)[0], abs=1e-8)
    assert here.lift[0] == pytest.approx(ratio * derived.slope[0], rel=1e-9)
    for measured, claimed in (
        (level(ratio + step).value - level(ratio - step).value, derived.slope),
        (steep(ratio + step).slope - steep(ratio - step).slope, derived.bend),
        (capacity * (level(ratio, capacity - step).value - level(ratio, capacity + step).value), derived.pull),
        (capacity * (steep(ratio, capacity - step).slope - steep(ratio, capacity + step).slope), derived.pull_slope),
    ):
        assert claimed[0] == pytest.approx(measured[0] / (2 * step), rel=1e-4, abs=1e-5)


def test_published_forms(build):
    """Spiess: an empty road takes t0, a full one twice that, whatever the steepness; Akçelik's formula as printed."""
    network, _ = build([(0, 1, 100.0, 3.0, 1.0, 4.0)], {(0, 1): 1.0}, nodes=2)
    conical = network.with_links(delay_function=[DelayFunction.CONICAL], power=[6.0])
    np.testing.assert_allclose(conical.travel_time(np.array([[0.0], [100.0]])), [[3.0], [6.0]])
    steep, flow = 6.0, 140.0
    ease = (2 * steep - 1) / (2 * steep - 2)
    published = 2 + np.sqrt(steep**2 * (1 - flow / 100) ** 2 + ease**2) - steep * (1 - flow / 100) - ease
    np.testing.assert_allclose(conical.travel_time(np.array([flow])), [3.0 * published])
    period, parameter = 1.0, 0.4
    akcelik = network.with_links(
        delay_function=[DelayFunction.AKCELIK], b=[0.25 * period], power=[8 * parameter / period], free_flow_time=[0.05]
    )
    over = 1.2 - 1
    published = 0.05 + 0.25 * period * (over + np.sqrt(over**2 + 8 * parameter * 1.2 / (100.0 * period)))
    np.testing.assert_allclose(akcelik.travel_time(np.array([120.0])), [published])


@quick
@given(seed=st.integers(0, 10_000))
def test_equilibria_with_every_function_and_preloads_verify(random_case, seed):
    """The compiled curves are a second writing of the formulas: gap, totals and Beckmann value must be those of the first."""
    case = _mixed(random_case, seed)
    for principle in ("user-equilibrium", "system-optimum"):
        found = assign(*case, principle=principle)
        seen = verify(*case, found.flow, principle=principle)
        assert abs(seen.relative_gap) < 2e-10
        assert seen.beckmann == pytest.approx(found.beckmann, rel=1e-11)
        assert seen.total_cost == pytest.approx(found.total_cost, rel=1e-12)
        assert seen.total_travel_time == pytest.approx(found.total_travel_time, rel=1e-12)


@quick
@given(seed=st.integers(0, 10_000))
def test_each_principle_wins_by_its_own_measure(random_case, seed):
    """The integral and the marginal cost belong together only if neither flow pattern beats the other at its own game."""
    case = _mixed(random_case, seed)
    selfish, best = (assign(*case, principle=p) for p in ("user-equilibrium", "system-optimum"))
    assert best.total_cost <= selfish.total_cost * (1 + 1e-9)
    assert selfish.beckmann <= best.beckmann * (1 + 1e-9)


def test_batches_and_warm_starts_know_every_function(random_case):
    """The compiled loop over designs passes shapes of its own: each row must be the solve of that design."""
    network, demand = _mixed(random_case, 3, load=2.0)
    assignment = Assignment(network, demand)
    state = assignment.solve().state
    capacity = network.capacity * np.random.default_rng(0).uniform(0.7, 2.0, (6, network.links))
    batch = assign_many(assignment, capacity, start=state, relative_gap=1e-10)
    assert batch.error == (None,) * 6
    for row, flow, beckmann in zip(capacity, batch.flow, batch.beckmann, strict=True):
        seen = verify(network.with_links(capacity=row), demand, flow)
        assert abs(seen.relative_gap) < 2e-10
        assert seen.beckmann == pytest.approx(beckmann, rel=1e-11)


def test_a_preload_is_a_fixed_flow(build):
    """Two equal roads, 4 buses on one: 6 cars make 8 and 2 (5 vehicles each would be without); buses count in the totals."""
    links = [(0, 1, 1.0, 1.0, 1.0, 1.0), (0, 1, 1.0, 1.0, 1.0, 1.0)]
    network, demand = build(links, {(0, 1): 6.0}, nodes=2)
    found = assign(network.with_links(preload=[4.0, 0.0]), demand)
    np.testing.assert_allclose(found.flow, [1.0, 5.0])
    np.testing.assert_allclose(found.time, [6.0, 6.0])
    assert found.total_travel_time == pytest.approx(60.0)
    assert found.beckmann == pytest.approx((1 * 5 + 0.5) + (5 + 12.5))


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
@pytest.mark.parametrize("name", ["capacity", "free_flow_time", "toll", "demand"])
def test_derivatives_with_every_function_and_preloads(random_case, principle, name):
    """Akçelik's function knows the capacity beside the ratio, preloads shift it: central differences must agree."""
    network, demand = _mixed(random_case, 4, load=2.0)
    network = network.with_links(
        toll_factor=1.0,
        b=np.maximum(network.b, 0.5),
        power=np.where(network.delay_function == DelayFunction.BPR, 4.0, network.power),
        free_flow_time=network.free_flow_time + 0.5,
    )
    assignment = Assignment(network, demand, principle=principle)
    solved = assignment.solve(relative_gap=1e-14)
    sensitivity = Sensitivity(assignment, solved)
    assert sensitivity.differentiable
    own = demand.matrix if name == "demand" else getattr(network, name)
    direction = (network.free_flow_time if name == "toll" else own) * np.random.default_rng(1).uniform(-1, 1, own.shape)
    step = 1e-5

    def at(size):
        changed = own + size * direction
        changes = {name: Demand(changed) if name == "demand" else changed}
        return assignment.solve(**changes, start=solved.state, relative_gap=1e-14)

    up, down, change = at(step), at(-step), sensitivity.along(**{name: direction})
    for attribute in ("flow", "time", "cost"):
        measured = (getattr(up, attribute) - getattr(down, attribute)) / (2 * step)
        assert np.abs(getattr(change, attribute) - measured).max() < 1e-5 * np.abs(measured).max()
    measured = (up.total_travel_time - down.total_travel_time) / (2 * step)
    product = float((getattr(sensitivity.gradient(total_travel_time=1.0), name) * direction).sum())
    assert product == pytest.approx(change.total_travel_time, rel=1e-8)
    assert product == pytest.approx(measured, rel=1e-5, abs=1e-7 * solved.total_travel_time)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"delay_function": [3]}, "delay_function"),
        ({"delay_function": [DelayFunction.CONICAL], "power": [1.0]}, "power"),
        ({"delay_function": [DelayFunction.AKCELIK], "power": [0.0]}, "power"),
        ({"delay_function": [DelayFunction.AKCELIK], "power": [400.0]}, "power"),
        ({"preload": [-1.0]}, "preload"),
        ({"preload": [1.0, 2.0]}, "preload"),
    ],
)
def test_impossible_parameters_are_refused(build, changes, field):
    network, _ = build([(0, 1, 100.0, 3.0, 1.0, 4.0)], {(0, 1): 1.0}, nodes=2)
    with pytest.raises(InputError, match=field):
        network.with_links(**changes)


def test_a_capacity_that_makes_a_delay_concave_is_refused(build):
    """What was convex with the network's capacity may not be with that of a design."""
    network, demand = build([(0, 1, 100.0, 3.0, 1.0, 4.0)], {(0, 1): 1.0}, nodes=2)
    akcelik = network.with_links(delay_function=[DelayFunction.AKCELIK], power=[4.0])
    with pytest.raises(InputError, match="4 x capacity"):
        Assignment(akcelik, demand).solve(capacity=np.array([0.5]))


def test_names():
    assert DelayFunction.named("conical") is DelayFunction.CONICAL
    with pytest.raises(InputError, match="akcelik"):
        DelayFunction.named("akcelick")
