"""Examples for surrogates: drawn as published, and each solved as it would be on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_roads import islands

from braess.domains.road import (
    Demand,
    LaneAddition,
    LaneSwap,
    LinkAddition,
    TollDesign,
    assign,
    load,
    load_design,
)
from braess.domains.road.equilibrium import verify
from braess.domains.road.problems.sampling import demand_pairs
from braess.errors import InputError


@pytest.fixture(scope="module")
def lanes() -> LaneAddition:
    return LaneAddition(*load("sioux-falls"), budget_share=0.5)


def test_lanes_and_demand_are_drawn_as_published(lanes: LaneAddition) -> None:
    """Two of four lanes more or fewer, each as often; demand with a standard deviation of a fifth, none below zero."""
    drawn = lanes.draw(2000, np.random.default_rng(0), deviation=0.2)
    share = drawn["capacity"] / lanes.network.capacity
    levels, times = np.unique(np.round(share, 9), return_counts=True)
    assert levels.tolist() == [0.5, 0.75, 1.0, 1.25, 1.5]
    assert np.allclose(times / share.size, 0.2, atol=0.01)
    pairs = demand_pairs(lanes.demand)
    ratio = drawn["trips"] / lanes.demand.matrix[pairs[:, 0], pairs[:, 1]]
    assert abs(ratio.mean() - 1.0) < 0.001
    assert abs(ratio.std() - 0.2) < 0.001
    wide = lanes.draw(200, np.random.default_rng(0), deviation=2.0)["trips"]
    assert 0.25 < (wide == 0).mean() < 0.37  # a normal variable is half a deviation below its mean in 31 %


def test_no_deviation_draws_no_demand(lanes: LaneAddition) -> None:
    assert set(lanes.draw(3, np.random.default_rng(0), deviation=0.0)) == {"capacity"}


@pytest.mark.parametrize("deviation", [-0.1, float("nan"), float("inf")])
def test_a_deviation_that_cannot_be_is_refused(lanes: LaneAddition, deviation: float) -> None:
    with pytest.raises(InputError, match="deviation"):
        lanes.draw(3, np.random.default_rng(0), deviation=deviation)


def test_answers_are_equilibria(lanes: LaneAddition) -> None:
    """Confirmed by the independent shortest-path code, on the network and demand that were drawn."""
    drawn = lanes.draw(5, np.random.default_rng(1), deviation=0.2)
    answers = lanes.answer(drawn, relative_gap=1e-6)
    assert answers.errors == (None,) * 5
    pairs = demand_pairs(lanes.demand)
    for i in range(5):
        trips = np.zeros_like(lanes.demand.matrix)
        trips[pairs[:, 0], pairs[:, 1]] = drawn["trips"][i]
        network = lanes.network.with_links(capacity=drawn["capacity"][i])
        flow = answers.columns["flow"][i]
        confirmed = verify(network, Demand(trips), flow)
        assert confirmed.relative_gap <= 1.01e-6
        assert confirmed.imbalance <= 1e-9 * trips.sum()
        exact = assign(network, Demand(trips)).total_travel_time
        assert answers.columns["total_travel_time"][i] == pytest.approx(exact, rel=1e-5)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000), take=st.integers(1, 6))
def test_an_answer_does_not_depend_on_the_others(seed: int, take: int) -> None:
    problem = _swap()
    drawn = problem.draw(6, np.random.default_rng(seed), deviation=0.2)
    whole = problem.answer(drawn, relative_gap=1e-6).columns["flow"]
    some = problem.answer({name: column[:take] for name, column in drawn.items()}, relative_gap=1e-6).columns["flow"]
    assert (some == whole[:take]).all()


def _swap() -> LaneSwap:
    network, demand = load("braess")
    network = network.with_links(  # a road back for the first link
        tail=np.array([*network.tail[:-1], network.head[0]]), head=np.array([*network.head[:-1], network.tail[0]])
    )
    return LaneSwap(network, demand, pairs=[(0, network.links - 1)])


def test_other_problems_draw_from_their_space() -> None:
    network, demand = load("sioux-falls")
    tolls = TollDesign(network, demand, links=[0, 3], largest=2.0)
    drawn = tolls.draw(50, np.random.default_rng(0), deviation=0.0)["toll"]
    assert (drawn[:, [0, 3]] > 0).all()
    assert np.delete(drawn, [0, 3], axis=1).max() == 0
    found = load_design("SF_DNDP_10_1")
    links = LinkAddition(
        found.network, found.demand, candidates=found.candidates, cost=found.cost[found.candidates], budget=0.0
    )
    opens = links.draw(50, np.random.default_rng(0), deviation=0.0)["open_links"]
    assert opens[:, : found.candidates.min()].all()
    assert 0.4 < opens[:, found.candidates].mean() < 0.6  # whatever they cost
    assert set(links.answer({"open_links": opens}, relative_gap=1e-6).errors) == {None}


def test_trips_without_a_path_are_reported() -> None:
    """The one candidate is the only road: without it there is no answer, and the others have theirs."""
    problem = LinkAddition(*islands(), candidates=[1], cost=np.array([1.0]), budget=1.0)
    answers = problem.answer({"open_links": np.array([[True, True], [True, False]])}, relative_gap=1e-6)
    assert answers.errors[0] is None
    assert "no open path" in str(answers.errors[1])
    assert np.isfinite(answers.columns["flow"][0]).all()
    assert np.isnan(answers.columns["flow"][1]).all()
    assert np.isnan(answers.columns["total_travel_time"][1])
