"""Branch and bound: the optimum with a proof, a bound that holds at any time, and what it refuses."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solved import best_of, optimum

from braess.errors import InputError
from braess.search import _frontier as frontier
from braess.search.base import Proving
from braess.search.branch_and_bound import BranchAndBound
from braess.testing import Knapsack, Sphere, go_on

quick = settings(max_examples=25, deadline=None, derandomize=True)


@quick
@given(seed=st.integers(0, 10_000), share=st.floats(0.1, 0.9), first=st.sampled_from([0, 20]))
def test_ends_at_the_optimum(seed, share, first):
    """Brute force knows the best; the proof must close at it, whatever the heuristic found first."""
    problem = Knapsack(10, seed=seed, share=share)
    running = BranchAndBound(first=first).start(problem, np.random.default_rng(seed))
    go_on(running, problem, 10_000, 7)
    assert isinstance(running, Proving)
    assert running.proof().bound * problem.signs[0] == pytest.approx(optimum(problem), rel=1e-6)
    assert best_of(BranchAndBound(first=first), problem, 10_000, seed) == pytest.approx(optimum(problem))


def test_the_bound_holds_whenever_it_is_asked_for():
    problem = Knapsack(14, seed=3)
    best, last = optimum(problem), -np.inf
    running = BranchAndBound(first=30, nodes=1).start(problem, np.random.default_rng(0))
    while len(batch := running.ask(1)):
        running.tell(batch, problem.evaluate(batch))
        bound = running.proof().bound * problem.signs[0]
        assert last <= bound <= best
        last = bound
    assert running.proof().bound * problem.signs[0] == pytest.approx(best, rel=1e-6)


def test_a_wide_gap_ends_sooner_and_is_kept():
    problem = Knapsack(16, seed=1)
    tight, wide = (BranchAndBound(gap=gap, first=50).start(problem, np.random.default_rng(0)) for gap in (0.0, 0.2))
    for running in (tight, wide):
        go_on(running, problem, 100_000, 64)
    assert wide.proof().boxes < tight.proof().boxes
    assert wide.proof().bound * problem.signs[0] >= 1.2 * optimum(problem)  # profits: signed values are negative


def test_threads_change_nothing():
    problem = Knapsack(14, seed=5)
    one, two = (
        go_on(BranchAndBound(first=20, threads=threads).start(problem, np.random.default_rng(1)), problem, 10_000, 8)
        for threads in (1, 2)
    )
    assert [key for batch in one for key in batch.hashes()] == [key for batch in two for key in batch.hashes()]


def test_where_nothing_is_feasible_it_ends_and_proves_so():
    problem = Knapsack(8)
    problem.limit = -1.0
    running = BranchAndBound(first=0).start(problem, np.random.default_rng(0))
    assert go_on(running, problem, 1000, 8) == []
    assert running.proof().bound == -np.inf  # of profits: no design reaches any


def test_refuses_what_has_no_bounds():
    with pytest.raises(InputError, match="needs a problem with bounds"):
        BranchAndBound().start(Sphere(), np.random.default_rng(0))


@pytest.mark.parametrize("wrong", [{"gap": -0.1}, {"nodes": 0}, {"threads": 0}, {"first": -1}])
def test_says_which_setting_is_wrong(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        BranchAndBound(**wrong)


class _Interrupted(Knapsack):
    """A knapsack on which somebody presses Ctrl-C twice while a box is bounded."""

    left = 10**9

    def bound(self, low, high, *, cutoff, start=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().bound(low, high, cutoff=cutoff, start=start)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_while_boxes_are_bounded_claims_nothing_too_much(threads):
    """Boxes that are being split when it comes still count: the bound must hold, and going on must end at the optimum."""
    best = optimum(Knapsack(12, seed=3))
    for after in range(1, 60):
        problem = _Interrupted(12, seed=3)
        running = BranchAndBound(first=20, threads=threads).start(problem, np.random.default_rng(0))
        problem.left = after
        with contextlib.suppress(KeyboardInterrupt):
            go_on(running, problem, 10_000, 64)
        assert running.proof().bound * problem.signs[0] <= best
    go_on(running, problem, 10_000, 64)
    assert running.proof().bound * problem.signs[0] == pytest.approx(best, rel=1e-6)


def test_little_memory_changes_nothing_but_the_time(monkeypatch):
    problem = Knapsack(12, seed=4)
    monkeypatch.setattr(frontier, "_MEMORY", 0)
    assert best_of(BranchAndBound(first=10), problem, 10_000, 0) == pytest.approx(optimum(problem))


def test_no_caller_waits_for_more_than_some_rounds():
    """Where bounds are weak, single designs come late: rounded ones are asked for meanwhile, so that studies end on time."""
    problem = Knapsack(40, seed=1)
    running = BranchAndBound(first=0, nodes=2, threads=1).start(problem, np.random.default_rng(0))
    for _ in range(20):
        before = running.proof().boxes
        batch = running.ask(8)
        assert len(batch) > 0
        assert running.proof().boxes - before <= 1 + 16 * 2 * 2
        running.tell(batch, problem.evaluate(batch))
