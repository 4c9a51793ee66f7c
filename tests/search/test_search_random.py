"""Random search: no repeats, exhaustion, uniformity, repair."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from braess.errors import InputError
from braess.search.random import Random
from braess.space import Binary, Choice, Integer, Space, every_design
from braess.testing import Cells, Knapsack, Mixed, Tour, go_on


@pytest.mark.parametrize("problem", [Cells(), Tour(6)], ids=lambda problem: problem.name)
def test_exhausts_a_finite_space(problem) -> None:
    """On a small space it must be brute force in random order: every design once, then nothing."""
    running = Random().start(problem, np.random.default_rng(0))
    keys = problem.space.concatenate(go_on(running, problem, 10**6, 100)).hashes()
    assert len(keys) == len(set(keys)) == problem.space.cardinality
    assert len(running.ask(1)) == 0


def test_exhausts_what_repair_leaves() -> None:
    """Where designs are repaired, every design within the budget must come once, and no other."""
    problem = Knapsack(10)
    running = Random(block=16).start(problem, np.random.default_rng(0))
    found = problem.space.concatenate(go_on(running, problem, 10**6, 100))
    everything = every_design(problem.space)
    feasible = everything.take(problem.evaluate(everything).feasible)
    assert sorted(found.hashes()) == sorted(feasible.hashes())


def test_no_repeats_in_a_large_discrete_space() -> None:
    """Past what can be listed, designs met before must still be passed over."""
    problem = Knapsack(17, share=1.0)
    running = Random().start(problem, np.random.default_rng(0))
    keys = problem.space.concatenate(go_on(running, problem, 60_000, 1000)).hashes()
    assert len(set(keys)) == len(keys)


def test_first_designs_are_uniform() -> None:
    """Each design of a small space must be first equally often, or the baseline of every comparison is crooked."""
    problem = Knapsack(3, share=1.0)
    first = [Random().start(problem, np.random.default_rng(seed)).ask(1).pack()[0] for seed in range(800)]
    _, counts = np.unique(np.array(first), return_counts=True)
    assert len(counts) == 8
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("over", ["variables", "designs"])
def test_branches_come_as_asked_for(over: str) -> None:
    """An option that opens 32 designs comes first in half of the runs, or in 32 of 33."""
    opened = Space({f"b{i}": Binary() for i in range(5)})
    problem = Cells()
    problem.space = Space({"c": Choice.optional(opened)})
    running = (Random(over=over).start(problem, np.random.default_rng(seed)) for seed in range(1500))
    first = [int(run.ask(1)["c"][0]) for run in running]
    expected = 1500 * (0.5 if over == "variables" else 32 / 33)
    assert chisquare([sum(first), 1500 - sum(first)], [expected, 1500 - expected]).pvalue > 1e-3


def test_listing_agrees_with_the_cardinality() -> None:
    """Two independent counts of the designs of a conditional space must be equal, without duplicates."""
    for space in (Cells().space, Tour(5).space, Space({"a": Binary(size=4), "b": Integer(low=2, high=2)})):
        keys = every_design(space).hashes()
        assert len(keys) == len(set(keys)) == space.cardinality


def test_never_runs_dry_on_reals() -> None:
    """An infinite space has always another design."""
    problem = Mixed()
    assert sum(map(len, go_on(Random().start(problem, np.random.default_rng(0)), problem, 3000, 500))) >= 3000


def test_impossible_settings_are_refused() -> None:
    """A wrong hyper-parameter must be named."""
    with pytest.raises(InputError, match="block"):
        Random(block=0)
    with pytest.raises(InputError, match="over"):
        Random(over="leaves")
