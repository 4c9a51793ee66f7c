"""The road problems: published definitions, published figures, brute force, and what each lever does."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_roads import islands

from braess.domains.road import Demand, RoadNetwork, load
from braess.domains.road.artifact_reading import read_artifact
from braess.domains.road.formats import as_published_madadi2023
from braess.domains.road.library import load_design, load_lane_swap, published_table
from braess.domains.road.problems import CapacityExpansion, LaneAddition, LaneSwap, LinkAddition, TollDesign
from braess.domains.road.units import Units
from braess.errors import InputError


@pytest.fixture(scope="module")
def sioux_falls() -> tuple[RoadNetwork, Demand]:
    return load("sioux-falls")


@pytest.fixture(scope="module")
def lane_addition() -> LaneAddition:
    network, demand = load("sioux-falls")
    return LaneAddition(as_published_madadi2023(network), demand, budget_share=0.5)


def _link_addition(instance: str = "SF_DNDP_10_1", share: float = 0.5) -> LinkAddition:
    found = load_design(instance)
    return LinkAddition(
        found.network, found.demand, candidates=found.candidates, cost=found.cost[found.candidates], budget_share=share
    )


def _all_subsets(problem: LinkAddition) -> np.ndarray:
    return np.array(list(itertools.product([0, 1], repeat=problem.space.width)), dtype=np.int8)


def test_doing_nothing_costs_what_the_network_costs(lane_addition: LaneAddition) -> None:
    """The unchanged network must have the published total travel time, or no figure can be compared."""
    nothing = lane_addition.anchors().take([0])
    assert lane_addition.evaluate(nothing).objectives[0, 0] == pytest.approx(7_480_225.3, rel=1e-6)


def test_lanes_add_capacity_as_published(lane_addition: LaneAddition) -> None:
    """A chosen link must have 1 + step times its capacity, the others theirs, and the published cost."""
    picked = np.zeros((1, 76), dtype=np.int8)
    picked[0, [3, 5]] = 1
    design = lane_addition.space.designs({"lanes": picked})
    capacity = lane_addition.levers(design).capacity
    network = lane_addition.network
    assert capacity is not None
    assert (capacity[0] / network.capacity)[[3, 4, 5]] == pytest.approx([1.5, 1.0, 1.5])
    cost = (network.free_flow_time * network.capacity)[[3, 5]].sum()
    assert lane_addition.construction_cost(design)[0] == pytest.approx(cost)


def test_budget_is_half_of_all_costs(lane_addition: LaneAddition) -> None:
    """Picking everything must break a budget of half, by half of all costs."""
    everything = lane_addition.evaluate(lane_addition.anchors().take([1]))
    assert not everything.feasible[0]
    assert everything.constraints[0, 0] == pytest.approx(0.5 * lane_addition.cost.sum())


def test_whole_budget_buys_everything() -> None:
    """A share of 1 must allow every candidate, whatever the order in which costs are added up."""
    problem = _link_addition(share=1.0)
    assert problem.evaluate(problem.anchors().take([1])).feasible[0]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_lane_swap_starts_from_published_total(share: float) -> None:
    """Swapping nothing under the published demand must give the published total travel time."""
    scenario = load_lane_swap("sioux-falls", share)
    problem = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs)
    assert problem.evaluate(problem.anchors()).objectives[0, 0] == pytest.approx(7_424_477.9, rel=1e-6)


def test_lane_swap_mirror() -> None:
    """Naming the other direction of each pair and swapping the other way must be the same design."""
    scenario = load_lane_swap("sioux-falls", 0.5)
    one = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs, capacity_step=0.25)
    other = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs[:, ::-1], capacity_step=0.25)
    swap = np.random.default_rng(3).integers(-1, 2, size=(4, one.space.width))
    first, second = one.evaluate(one.space.designs({"swap": swap})), other.evaluate(other.space.designs({"swap": -swap}))
    assert first.objectives == pytest.approx(second.objectives, rel=1e-9)


def test_brute_force_is_not_above_the_published_best_design() -> None:
    """The best of all feasible designs cannot be worse than the best that published exact methods found."""
    problem = _link_addition()
    evaluations = problem.evaluate(problem.space.designs({"build": _all_subsets(problem)}))
    best = evaluations.objectives[evaluations.feasible].min()
    table = published_table("dndp_rey2020")
    row = table[(table.instance == "SF_DNDP_10_1") & (table.budget_pct == 50)].iloc[0]
    assert best <= 1000 * row.best_design_ue_tstt_thousand * (1 + 1e-4)


def test_unbuilt_links_do_not_exist() -> None:
    """Building nothing must be the network without its candidates."""
    found = load_design("SF_DNDP_10_1")
    problem = _link_addition()
    base = load("sioux-falls")
    assert found.network.links == base[0].links + 10
    nothing = problem.evaluate(problem.anchors().take([0])).objectives[0, 0]
    assert nothing == pytest.approx(7_480_225.3, rel=1e-6)


def test_evaluation_is_a_pure_function(lane_addition: LaneAddition) -> None:
    """The same design must evaluate bit for bit the same alone, in a batch, in another order and after pickling."""
    rng = np.random.default_rng(5)
    designs = lane_addition.repair(lane_addition.space.sample(6, rng), rng)
    batch = lane_addition.evaluate(designs).objectives
    backwards = pickle.loads(pickle.dumps(lane_addition)).evaluate(designs.take(slice(None, None, -1))).objectives[::-1]
    alone = np.concatenate([lane_addition.evaluate(design).objectives for design in designs])
    assert np.array_equal(batch, backwards)
    assert np.array_equal(batch, alone)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_repair_keeps_the_budget_and_what_fits(lane_addition: LaneAddition, seed: int) -> None:
    """Repaired designs must be within budget, subsets of what was asked, unchanged where nothing was wrong."""
    rng = np.random.default_rng(seed)
    designs = lane_addition.space.sample(8, rng)
    repaired = lane_addition.repair(designs, rng)
    before, after = designs["lanes"], repaired["lanes"]
    assert lane_addition.budget is not None
    assert (lane_addition.construction_cost(repaired) <= lane_addition.budget).all()
    assert (after <= before).all()
    fits = lane_addition.construction_cost(designs) <= lane_addition.budget
    assert np.array_equal(before[fits], after[fits])


def test_checkers_agree(sioux_falls: tuple[RoadNetwork, Demand]) -> None:
    """Every problem's independent route must find what evaluate finds."""
    network, demand = sioux_falls
    units = Units("min", "mi")
    objectives = ("total_travel_time", "construction_cost", "vehicle_distance", "co2", "maximum_volume_capacity")
    scenario = load_lane_swap("sioux-falls", 0.25)
    problems = [
        LaneAddition(network, demand, budget_share=0.5, objectives=objectives, units=units),
        LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs),
        _link_addition(),
        CapacityExpansion(network, demand, links=[0, 3, 9], cost=np.ones(3), largest=5000.0, budget=4000.0),
        TollDesign(network, demand, links=[0, 3, 9], largest=5.0, objectives=("total_travel_time", "toll_revenue")),
    ]
    for problem in problems:
        designs = problem.space.sample(3, np.random.default_rng(0))
        found, checked = problem.evaluate(designs), problem.check(designs)
        assert checked.errors == (None, None, None)
        assert found.objectives == pytest.approx(checked.objectives, rel=1e-5)
        assert np.array_equal(found.constraints, checked.constraints)


def test_adding_capacity_can_hurt() -> None:
    """Braess's paradox itself: the extra link must make the best design the one without it."""
    network, demand = load("braess")
    problem = LinkAddition(network, demand, candidates=[3], cost=np.array([1.0]), budget_share=1.0)
    without, with_link = problem.evaluate(problem.anchors()).objectives[:, 0] / demand.total
    assert without == pytest.approx(83.0, rel=1e-6)
    assert with_link == pytest.approx(92.0, rel=1e-6)


def test_first_best_tolls_reach_the_system_optimum(sioux_falls: tuple[RoadNetwork, Demand]) -> None:
    """Tolls equal to marginal external costs must turn equilibrium into system optimum (Pigou)."""
    from braess.domains.road.equilibrium import assign

    network, demand = sioux_falls
    optimum = assign(network, demand, principle="system-optimum")
    external = network.power * (network.travel_time(optimum.flow) - network.free_flow_time)
    problem = TollDesign(network, demand, links=range(76), largest=float(external.max()) + 1, relative_gap=1e-10)
    tolled = problem.evaluate(problem.space.designs({"toll": external[None, :]})).objectives[0, 0]
    assert tolled == pytest.approx(optimum.total_travel_time, rel=1e-8)


def test_system_cost_adds_the_price_of_capacity(sioux_falls: tuple[RoadNetwork, Demand]) -> None:
    """The published continuous objective must be travel time plus weighted, possibly quadratic, construction cost."""
    network, demand = sioux_falls
    problem = CapacityExpansion(
        network,
        demand,
        links=[4, 7],
        cost=np.array([2.0, 3.0]),
        largest=100.0,
        exponent=2,
        cost_weight=0.5,
        objectives=("total_system_cost", "total_travel_time", "construction_cost"),
    )
    system, time, cost = problem.evaluate(problem.space.designs({"expansion": [[10.0, 20.0]]})).objectives[0]
    assert cost == pytest.approx(2 * 100 + 3 * 400)
    assert system == pytest.approx(time + 0.5 * cost)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budget_share": 1.5}, "budget_share"),
        ({}, "state the budget once"),
        ({"budget": -1.0}, "budget"),
        ({"budget_share": 0.5, "capacity_step": 0.0}, "capacity_step"),
        ({"budget_share": 0.5, "objectives": ("total_travel_tme",)}, "did you mean 'total_travel_time'"),
        ({"budget_share": 0.5, "objectives": ()}, "objectives"),
        ({"budget_share": 0.5, "objectives": ("co2",)}, "time_unit"),
        ({"budget_share": 0.5, "relative_gap": 0.0}, "relative_gap"),
    ],
)
def test_nonsense_is_refused(sioux_falls: tuple[RoadNetwork, Demand], arguments: dict, message: str) -> None:
    """A wrong setting must be answered with its name, before anything is solved."""
    with pytest.raises(InputError, match=message):
        LaneAddition(*sioux_falls, **arguments)


def test_illustration_shows_the_chosen_links(lane_addition: LaneAddition) -> None:
    """What the record keeps of the best design must name exactly the widened links."""
    import json

    picked = np.zeros((1, 76), dtype=np.int8)
    picked[0, [3, 5]] = 1
    (kept,) = lane_addition.illustrate(lane_addition.space.designs({"lanes": picked}))
    features = json.loads(kept.data)["features"]
    assert [i for i, feature in enumerate(features) if feature["properties"]["chosen"]] == [3, 5]


def test_a_network_may_need_its_candidates() -> None:
    """Where trips have no path unless a link is built, designs that build it are evaluated, and pictured without a before."""
    problem = LinkAddition(*islands(), candidates=[1], cost=np.array([1.0]), budget=1.0)
    found = problem.evaluate(problem.anchors())
    assert "no open path" in str(found.errors[0])
    assert found.errors[1] is None
    assert found.objectives[1, 0] == pytest.approx(4.0)  # one trip over two links of time 1 + 1
    assert found.objectives[1, 0] == pytest.approx(problem.check(problem.anchors().take([1])).objectives[0, 0])
    (picture,) = problem.illustrate(problem.anchors().take([1]))
    assert read_artifact(picture.data).before is None
