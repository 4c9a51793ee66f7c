"""Branch and bound: the optimum with a proof, a bound that holds at any time, and what it refuses."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solved import best_of, optimum

from braess.errors import InputError
from braess.problem import Bound, Objective
from braess.search import _frontier as frontier
from braess.search.branch_and_bound import BranchAndBound
from braess.search.capabilities import Proving
from braess.space import Integer, Real, Space
from braess.testing import Knapsack, Sphere, Toy, go_on

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


def test_a_heuristic_that_cannot_decide_is_refused_before_anything_begins():
    with pytest.raises(InputError, match="'local' cannot decide real variables"):
        BranchAndBound(heuristic="local").require_fit(_Valleys())
    BranchAndBound(heuristic="local", first=0).require_fit(_Valleys())


@pytest.mark.parametrize("wrong", [{"gap": -0.1}, {"nodes": 0}, {"threads": 0}, {"first": -1}, {"heuristic": "locale"}])
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


class _Valleys(Toy):
    """The sum of ``x**4 - 3 x**2 + a x`` over reals, and ``z x`` with an integer: several valleys, bounded term by term."""

    name = "valleys"

    def __init__(self) -> None:
        self.space = Space({"x": Real(low=-2.0, high=2.0, size=2), "z": Integer(low=-1, high=2)})
        self.objectives = (Objective("height", "min"),)
        self.constraints = ()
        self.tilt = np.array([0.3, -0.7])

    def _heights(self, x, z):
        return (x**4 - 3 * x**2 + self.tilt * x).sum(axis=-1) + z * x[..., 0]

    def answers(self, designs):
        return self._heights(designs["x"], designs["z"].astype(float))[:, None], np.empty((len(designs), 0))

    def answer(self, row):
        return [float(self._heights(np.array(row["x"]), float(row["z"])))], []

    def unbounded(self):
        return None

    def bound(self, low, high, *, cutoff, start=None):
        """Every term at its least, independently of the others."""
        x_low, x_high = low[:2], high[:2]
        least = np.where((x_low <= 0) & (x_high >= 0), 0.0, np.minimum(np.abs(x_low), np.abs(x_high)))
        most = np.maximum(np.abs(x_low), np.abs(x_high))
        products = np.outer([low[2], high[2]], [x_low[0], x_high[0]])
        tilted = np.minimum(self.tilt * x_low, self.tilt * x_high)
        value = float((least**4 - 3 * most**2 + tilted).sum() + products.min())
        middle = 0.5 * (low + high)
        if (high - low).max() < 1e-6:
            value = float(self._heights(middle[:2], middle[2])) - 1e-5
        return Bound(value, low, high, middle)

    def enclose(self, row):
        value = float(self._heights(row[:2], row[2]))
        return value, value

    def precision(self):
        return {}


def test_reals_are_split_in_space():
    """The best valley by a fine grid; the gap asked for is proven, and the bound never above it."""
    problem = _Valleys()
    grid = np.linspace(-2.0, 2.0, 801)
    ends = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    best = min(float(problem._heights(ends, float(z)).min()) for z in (-1, 0, 1, 2))
    running = BranchAndBound(first=0, gap=1e-2, threads=1).start(problem, np.random.default_rng(0))
    values = []
    while len(batch := running.ask(8)):
        found = problem.evaluate(batch)
        values += found.objectives[:, 0].tolist()
        running.tell(batch, found)
        assert running.proof().bound <= best + 1e-4
    assert min(values) == pytest.approx(best, rel=1e-2)
    assert running.proof().bound >= best - 1.1e-2 * abs(best)


def test_what_cannot_do_reals_is_not_asked_first():
    """Local search cannot; of those that can, one goes first all the same."""
    running = BranchAndBound(first=30, threads=1).start(_Valleys(), np.random.default_rng(0))
    assert len(running.ask(10)) == 10
    named = BranchAndBound(first=30, heuristic="random", threads=1).start(_Valleys(), np.random.default_rng(0))
    assert len(named.ask(10)) == 10
