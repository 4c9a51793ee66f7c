"""Bounds of lane swap and capacity expansion: never above what any design of a box reaches, and nearer in smaller boxes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from harker_friesz import harker_friesz
from hypothesis import given, settings
from hypothesis import strategies as st
from random_roads import random_roads

from braess.domains.road import CapacityExpansion, LaneSwap, TollDesign, load, load_lane_swap
from braess.domains.road.problems import convex_bounds as bounds_module
from braess.domains.road.problems import enclosure as enclosure_module
from braess.errors import InputError
from braess.problem import Bounded, capability
from braess.search.branch_and_bound import BranchAndBound
from braess.space import every_design
from braess.testing import go_on

SEEDS = st.integers(0, 100_000)
KINDS = ["swap", "linear", "quadratic", "budget"]
SWAPS = 4


def _problem(seed, kind):
    """Give the ring of a random network lanes to swap, or some of all its links capacity to buy."""
    network, demand, _ = random_roads(seed)
    rng = np.random.default_rng(seed + 1)
    if kind == "swap":
        nodes = network.nodes
        pairs = [(link, nodes + (link + 1) % nodes) for link in rng.permutation(nodes)[:SWAPS].tolist()]
        return LaneSwap(network, demand, pairs=pairs, capacity_step=float(rng.uniform(0.1, 0.9)), relative_gap=1e-11)
    links = rng.permutation(network.links)[: int(rng.integers(1, 6))]
    cost, largest = rng.uniform(0, 2, links.size).round(1), rng.uniform(1, 10, links.size)
    exponent = {"linear": 1, "quadratic": 2}.get(kind, int(rng.integers(1, 3)))
    objective = "total_system_cost" if kind != "budget" else str(rng.choice(["total_system_cost", "total_travel_time"]))
    return CapacityExpansion(
        network,
        demand,
        links=links.tolist(),
        cost=cost,
        largest=largest,
        exponent=exponent,
        cost_weight=float(rng.choice([0.0, 0.3, 1.0])),
        budget=float(rng.uniform(0.0, 1.0) * (cost * largest**exponent).sum()) if kind == "budget" else None,
        objectives=(objective,),
        relative_gap=1e-11,
    )


def _designs(problem, rng):
    """Return flat designs ``[n, width]``: all of a swap, corners and points of an expansion."""
    if isinstance(problem, LaneSwap):
        return problem.space.flatten(every_design(problem.space))[0]
    low, high = problem.space.bounds
    corners = np.array(list(product((0.0, 1.0), repeat=low.size)))
    inside = rng.random((12, low.size)) * rng.random((12, 1))
    return low + np.concatenate([corners, inside]) * (high - low)


def _within_budget(problem, least, rows):
    """Pull designs that cost too much back towards the cheapest of a box until they cost just the budget."""
    if problem.budget is None:
        return rows

    def fits(share):
        return problem.construction_cost(problem.space.unflatten(least + share[:, None] * (rows - least))) <= problem.budget

    there, beyond = np.zeros(len(rows)), np.ones(len(rows))
    for _ in range(50):
        between = 0.5 * (there + beyond)
        there, beyond = np.where(fits(between), between, there), np.where(fits(between), beyond, between)
    return least + np.where(fits(np.ones(len(rows))), 1.0, there)[:, None] * (rows - least)


def _box(problem, rng):
    """Draw a box, often one with few free decisions."""
    low, high = problem.space.bounds
    ends = (
        rng.integers(-1, 2, (2, low.size)) if isinstance(problem, LaneSwap) else low + rng.random((2, low.size)) * (high - low)
    )
    ends = np.where(rng.random(low.size) < rng.choice([0.0, 0.3, 0.6]), ends[:1], ends).astype(np.float64)
    return ends.min(axis=0), ends.max(axis=0)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=SEEDS, loose=st.booleans())
def test_no_design_comes_below_the_bound_of_a_box(kind, seed, loose):
    """Random boxes of random networks, at ordinary and at useless precision, against designs all over them."""
    problem, rng = _problem(seed, kind), np.random.default_rng(seed)
    matrix = _designs(problem, rng)
    low, high = problem.space.bounds
    boxes = [(low, high), *(_box(problem, rng) for _ in range(3))]
    with pytest.MonkeyPatch.context() as patch:
        if loose:
            patch.setattr(bounds_module, "_GAP", 0.3)
            patch.setattr(bounds_module, "_CEILING_GAP", 0.3)
            patch.setattr(bounds_module, "_STEPS", 1)
            patch.setattr(enclosure_module, "GAPS", (1e-2, 1e-3))
        around = None
        for least, most in boxes:
            if isinstance(problem, LaneSwap):
                inside = matrix[((matrix >= least) & (matrix <= most)).all(axis=1)]
            else:
                inside = _within_budget(problem, least, least + (matrix - low) / (high - low) * (most - least))
            found = problem.evaluate(problem.space.unflatten(inside))
            value = float(np.where(found.feasible, found.objectives[:, 0], np.inf).min())
            for start in (None, around):
                bound = problem.bound(least, most, cutoff=np.inf, start=start)
                assert bound.value <= value + 1e-9 * abs(value)
                assert ((bound.low <= bound.relaxed) & (bound.relaxed <= bound.high)).all()
            around = around or bound.state


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_a_single_design_is_enclosed(kind, seed):
    problem, rng = _problem(seed, kind), np.random.default_rng(seed)
    row = rng.choice(_designs(problem, rng))
    found = problem.evaluate(problem.space.unflatten(row[None]))
    value = float(found.objectives[0, 0])
    low, high = problem.enclose(row)
    assert low <= value * (1 + 1e-9)
    assert high >= value * (1 - 1e-9)
    assert high - low <= 2e-6 * value
    assert problem.bound(row, row, cutoff=np.inf).value == (low if found.feasible[0] else np.inf)


@pytest.mark.parametrize("kind", ["swap", "linear", "quadratic", "budget"])
def test_the_bound_is_short_by_the_width_of_the_box(kind):
    """Boxes of a quarter of the width around the same design have at most a third of the gap, once they are small."""
    problem, row, half = _smooth(kind)
    value, state, gaps = problem.enclose(row)[0], None, []
    for size in 0.25 ** np.arange(2, 8):
        for _ in range(3):  # from the multipliers of the box around it, as a search has them
            bound = problem.bound(row - size * half, row + size * half, cutoff=np.inf, start=state)
            state = bound.state
        gaps.append(1.0 - bound.value / value)
    assert (np.array(gaps) > 0).all()
    assert (np.array(gaps[2:]) < np.array(gaps[1:-1]) / 3).all()
    assert gaps[-1] < 1e-4


def _smooth(kind):
    """Return a problem on Sioux Falls, a design of it, and the half of a large box around it."""
    network, demand = load("sioux-falls")
    if kind == "swap":
        scenario = load_lane_swap("sioux-falls", 0.25)
        problem = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs)
        return problem, np.zeros(problem.space.width), 1.0
    cost = np.full(5, 1e-4 if kind == "quadratic" else 1.0)
    problem = CapacityExpansion(
        network,
        demand,
        links=[15, 18, 28, 38, 47],
        cost=cost,
        largest=10_000.0,
        exponent=2 if kind == "quadratic" else 1,
        budget=25_000.0 if kind == "budget" else None,
    )
    return problem, np.full(5, 5_000.0), 5_000.0


@pytest.mark.parametrize("pairs", [slice(0, 4), slice(5, 9)])
def test_lane_swaps_are_proven_and_equal_brute_force(pairs):
    scenario = load_lane_swap("sioux-falls", 0.25)
    problem = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs[pairs])
    best = float(problem.evaluate(every_design(problem.space)).objectives.min())
    running = BranchAndBound(first=0).start(problem, np.random.default_rng(0))
    batches = go_on(running, problem, 10_000, 64)
    assert min(float(problem.evaluate(batch).objectives.min()) for batch in batches) == pytest.approx(best, rel=1e-9)
    assert best * (1 - 1e-6) <= running.proof().bound <= best * (1 + 1e-9)


def test_one_road_is_proven_by_splits_of_its_range():
    """Boxes of one decision close the gap within some hundred splits; the least value is known from a fine grid."""
    network, demand = load("sioux-falls")
    problem = CapacityExpansion(network, demand, links=[47], cost=np.ones(1), largest=20_000.0, cost_weight=40.0)
    grid = np.linspace(0.0, 20_000.0, 400)[:, None]
    best = float(problem.evaluate(problem.space.unflatten(grid)).objectives.min())
    running = BranchAndBound(gap=1e-4, first=50).start(problem, np.random.default_rng(0))
    batches = go_on(running, problem, 1_000, 16)
    found = min(float(problem.evaluate(batch).objectives.min()) for batch in batches)
    assert found <= best
    assert found * (1 - 1e-4) <= running.proof().bound <= found
    assert running.proof().boxes < 500


def test_published_lane_swaps_are_bounded():
    """The best of all 59,049 designs, each evaluated, is 7,401,648."""
    scenario = load_lane_swap("sioux-falls", 0.25)
    problem = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs)
    assert 0.966 * 7_401_648 <= problem.bound(*problem.space.bounds, cutoff=np.inf).value <= 7_401_648.49


@pytest.mark.parametrize(
    ("trips", "largest", "best", "near"), [((5.0, 10.0), 10.0, 199.6253, 0.966), ((10.0, 20.0), 20.0, 522.6439, 0.973)]
)
def test_harker_friesz_is_bounded(trips, largest, best, near):
    """No search has found less."""
    problem = harker_friesz(trips, largest)
    assert near * best <= problem.bound(*problem.space.bounds, cutoff=np.inf).value <= best


def test_bounds_start_again_from_a_pickle():
    problem = _problem(3, "linear")
    low, high = problem.space.bounds
    state = problem.bound(low, high, cutoff=np.inf).state
    again, start = pickle.loads(pickle.dumps((problem, state)))
    expected = problem.bound(low, 0.5 * (low + high), cutoff=np.inf, start=state).value
    assert again.bound(low, 0.5 * (low + high), cutoff=np.inf, start=start).value == expected


@pytest.mark.parametrize("kind", ["swap", "linear"])
@pytest.mark.parametrize("what", ["objective", "delay"])
def test_what_has_no_bound_is_refused(kind, what):
    network, demand, _ = random_roads(0)
    if what == "delay":
        network = replace(network, delay_function=np.ones(network.links, np.int64), power=np.full(network.links, 4.0))
    objectives = ("maximum_volume_capacity",) if what == "objective" else ("total_travel_time",)
    if kind == "swap":
        problem = LaneSwap(network, demand, pairs=[(0, network.nodes + 1)], objectives=objectives)
    else:
        problem = CapacityExpansion(network, demand, links=[0], cost=np.ones(1), largest=1.0, objectives=objectives)
    assert what in problem.unbounded()


@pytest.mark.parametrize(("cost", "weight", "reason"), [(-1.0, 1.0, "below 0"), (1.0, -1.0, "falls with the construction")])
def test_capacity_that_pays_is_refused(cost, weight, reason):
    network, demand, _ = random_roads(0)
    problem = CapacityExpansion(network, demand, links=[0], cost=np.full(1, cost), largest=1.0, cost_weight=weight)
    assert reason in problem.unbounded()


def test_tolls_have_no_bounds():
    network, demand = load("braess")
    assert capability(TollDesign(network, demand, links=[0], largest=1.0), Bounded) is None


def test_lane_swaps_of_other_objectives_are_refused_by_the_search():
    scenario = load_lane_swap("sioux-falls", 0.25)
    problem = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs, objectives=("vehicle_distance",))
    with pytest.raises(InputError, match="objectives other than"):
        BranchAndBound().start(problem, np.random.default_rng(0))
