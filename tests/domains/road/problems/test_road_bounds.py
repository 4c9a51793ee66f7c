"""Bounds of selections: never above what any design of a box reaches, and a proof that ends at the brute-force optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_roads import random_roads

from braess.domains.road import load_design
from braess.domains.road.equilibrium import CapacityRelaxation, assign
from braess.domains.road.problems import LaneAddition, LinkAddition
from braess.domains.road.problems import enclosure as enclosure_module
from braess.errors import InputError
from braess.search.branch_and_bound import BranchAndBound
from braess.space import every_design
from braess.testing import go_on

SEEDS = st.integers(0, 100_000)


def _problem(seed: int, kind: str):
    network, demand, links = random_roads(seed)
    rng = np.random.default_rng(seed + 1)
    cost, share = rng.uniform(1, 5, links.size).round(1), float(rng.uniform(0.2, 1.0))
    common = {"cost": cost, "budget_share": share, "relative_gap": 1e-11}
    if kind == "links":
        return LinkAddition(network, demand, candidates=links, **common)
    return LaneAddition(network, demand, links=links, capacity_step=float(rng.choice([0.3, 2.0])), **common)


@pytest.mark.parametrize("kind", ["links", "lanes"])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=SEEDS, loose=st.booleans())
def test_no_design_comes_below_the_bound_of_a_box(kind, seed, loose):
    """Random boxes of random networks, at ordinary and at useless precision, against all their designs."""
    problem = _problem(seed, kind)
    everything = every_design(problem.space)
    matrix, _ = problem.space.flatten(everything)
    found = problem.evaluate(everything)
    values = np.where(found.feasible, found.objectives[:, 0], np.inf)
    rng = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        if loose:
            patch.setattr(enclosure_module, "BOX_GAP", 0.3)
            patch.setattr(enclosure_module, "GAPS", (1e-2, 1e-3))
        for _ in range(6):
            corners = rng.integers(0, 2, (2, problem.space.width)).astype(np.float64)
            low, high = corners.min(axis=0), corners.max(axis=0)
            inside = ((matrix >= low) & (matrix <= high)).all(axis=1)
            whole = problem.bound(*problem.space.bounds, cutoff=np.inf)
            for start in (None, whole.state):
                bound = problem.bound(low, high, cutoff=np.inf, start=start)
                assert bound.value <= values[inside].min() * (1 + 1e-9)


@pytest.mark.parametrize("kind", ["links", "lanes"])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=SEEDS, coarse=st.sampled_from([None, 1e-2, 1e-5]))
def test_a_single_design_is_enclosed(kind, seed, coarse):
    """Between two numbers a millionth apart; at useless precision further apart, but still around the exact time."""
    problem = _problem(seed, kind)
    design = problem.repair(problem.space.sample(1, np.random.default_rng(seed)), np.random.default_rng(seed))
    row = problem.space.flatten(design)[0][0]
    value = float(problem.check(design).objectives[0, 0])
    with pytest.MonkeyPatch.context() as patch:
        if coarse is not None:
            patch.setattr(enclosure_module, "GAPS", (coarse,))
        low, high = problem.enclose(row)
        bound = problem.bound(row, row, cutoff=np.inf).value
    assert low <= value * (1 + 1e-9)
    assert high >= value * (1 - 1e-9)
    assert bound == low
    if coarse is None:
        assert high - low <= 2e-6 * value


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=SEEDS, gap=st.floats(1e-12, 0.3))
def test_flows_far_from_equilibrium_enclose_it_by_their_excess(seed, gap):
    network, demand, _ = random_roads(seed)
    network = network.with_links(toll=np.zeros(network.links))
    relaxation, nothing = CapacityRelaxation(network, demand), np.zeros(network.links)
    loose = relaxation.solve(network.capacity, network.capacity, nothing, share=0.0, relative_gap=gap, max_iterations=1)
    low, high = enclosure_module.by_excess(network, loose)
    exact = assign(network, demand, relative_gap=1e-13)
    value = float(((exact.flow + network.preload) * network.travel_time(exact.flow)).sum())
    assert low <= value * (1 + 1e-9)
    assert high >= value * (1 - 1e-9)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_sioux_falls_is_proven_and_equals_brute_force(share):
    instance = load_design("SF_DNDP_10_1")
    problem = LinkAddition(
        instance.network,
        instance.demand,
        candidates=instance.candidates,
        cost=instance.cost[instance.candidates],
        budget_share=share,
    )
    everything = every_design(problem.space)
    within = everything.take(np.flatnonzero(problem.construction_cost(everything) <= problem.budget))
    best = float(problem.evaluate(within).objectives.min())
    running = BranchAndBound(first=0).start(problem, np.random.default_rng(0))
    batches = go_on(running, problem, 10_000, 64)
    found = min(float(np.min(problem.evaluate(batch).objectives[problem.evaluate(batch).feasible])) for batch in batches)
    assert found == pytest.approx(best, rel=1e-9)
    assert best * (1 - 1e-6) <= running.proof().bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("what", ["objective", "delay", "preload"])
def test_what_has_no_bound_is_refused(what):
    network, demand, links = random_roads(0)
    if what == "delay":
        network = replace(network, delay_function=np.ones(network.links, np.int64), power=np.full(network.links, 4.0))
    if what == "preload":
        network = replace(network, preload=np.ones(network.links))
    objectives = ("maximum_volume_capacity",) if what == "objective" else ("total_travel_time",)
    problem = LinkAddition(network, demand, candidates=links, cost=np.ones(links.size), budget=1.0, objectives=objectives)
    with pytest.raises(InputError, match=what):
        BranchAndBound().start(problem, np.random.default_rng(0))
