"""Bounds of lane swap and capacity expansion: never above what any design of a box reaches, and nearer in smaller boxes."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_roads import random_roads

from braess.domains.road import CapacityExpansion, LaneSwap, load, load_design, load_lane_swap
from braess.domains.road.network import Demand
from braess.domains.road.problems import convex_bounds as bounds_module
from braess.domains.road.problems import enclosure as enclosure_module
from braess.errors import InputError
from braess.problem import Bounded, capability
from braess.search._enumerate import every_design
from braess.search.branch_and_bound import BranchAndBound
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
    links = rng.permutation(network.links)[: int(rng.integers(1, 7))]
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
    inside = rng.random((24, low.size)) * rng.random((24, 1))
    return low + np.concatenate([corners, inside]) * (high - low)


def _box(problem, rng):
    """Draw a box, often one with few free decisions."""
    low, high = problem.space.bounds
    ends = rng.integers(-1, 2, (2, low.size)) if isinstance(problem, LaneSwap) else low + rng.random((2, low.size)) * (high - low)
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
            patch.setattr(bounds_module, "_STEPS", 1)
            patch.setattr(enclosure_module, "COARSE_GAP", 1e-2)
            patch.setattr(enclosure_module, "FINE_GAP", 1e-3)
        around = None
        for least, most in boxes:
            if isinstance(problem, LaneSwap):
                inside = matrix[((matrix >= least) & (matrix <= most)).all(axis=1)]
            else:
                inside = least + (matrix - low) / (high - low) * (most - least)
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


@pytest.mark.parametrize("kind", ["linear", "quadratic", "swap"])
def test_the_bound_is_short_by_a_width_of_the_box_at_most(kind):
    """Boxes that shrink around a design: each of a quarter of the width has about a quarter of the gap."""
    network, demand = load("sioux-falls")
    if kind == "swap":
        scenario = load_lane_swap("sioux-falls", 0.25)
        problem = LaneSwap(scenario.network, scenario.demand, pairs=scenario.pairs)
        row, width = np.zeros(problem.space.width), 1.0
    else:
        problem = CapacityExpansion(
            network,
            demand,
            links=[15, 18, 28, 38, 47],
            cost=np.full(5, 1.0 if kind == "linear" else 1e-4),
            largest=10_000.0,
            exponent=1 if kind == "linear" else 2,
            cost_weight=10.0,
        )
        row, width = np.full(5, 5_000.0), 5_000.0
    value, state, gaps = problem.enclose(row)[0], None, []
    for size in 0.25 ** np.arange(1, 7):
        for _ in range(3):  # from the multipliers of the box around it, as a search has them
            bound = problem.bound(row - size * width, row + size * width, cutoff=np.inf, start=state)
            state = bound.state
        gaps.append(1.0 - bound.value / value)
    assert (np.array(gaps) > 0).all()
    assert gaps[-1] < 1e-3
