"""Local search: known optima, swaps under a budget, tours, conditional spaces, and what its parts promise."""

from __future__ import annotations

import numpy as np
import pytest
from solved import best_of, optimum

from braess.errors import InputError
from braess.search._interactions import Interactions
from braess.search._moves import Effects, Moves, moves_from, reversals
from braess.search.genetic import Genetic
from braess.search.local import Local
from braess.search.random import Random
from braess.space import Binary, Integer, Permutation, Space
from braess.testing import Cells, Flaky, Knapsack, Tour, go_on


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "problem", [Knapsack(14), Knapsack(14, seed=2, share=0.3), Tour(7), Cells()], ids=lambda problem: problem.name
)
def test_finds_the_optimum_of_small_problems(problem, seed: int) -> None:
    """Brute force knows the best of some thousand designs; a local search that misses it is broken."""
    assert best_of(Local(), problem, 1000, seed) == pytest.approx(optimum(problem))


def test_beats_random_and_matches_the_genetic_algorithm() -> None:
    """On a knapsack of 76 items with interactions it must be far better than chance and no worse than evolution."""
    problem = Knapsack(76, seed=3)
    local, genetic, random = (
        [best_of(search, problem, 4000, seed) for seed in range(3)] for search in (Local(), Genetic(), Random())
    )
    assert max(local) < min(random)
    assert np.mean(local) <= np.mean(genetic)


def test_feasible_designs_come_first() -> None:
    """Without repair and with a budget nearly nothing fits, it must still end at a feasible design: violation decides first."""
    problem = Flaky(Knapsack(30, share=0.05), share=0.0)
    running = Local().start(problem, np.random.default_rng(0))
    running.repairer = None
    batches = go_on(running, problem, 1500, 50)
    assert any(problem.evaluate(batch).feasible.any() for batch in batches)


def test_ends_when_a_small_space_is_exhausted() -> None:
    """With nothing left to evaluate it must say so instead of asking for old designs or thinking for ever."""
    problem = Knapsack(5)
    running = Local().start(problem, np.random.default_rng(0))
    designs = problem.space.concatenate(go_on(running, problem, 1000, 10))
    assert len(set(designs.hashes())) == len(designs) <= 32
    assert len(running.ask(10)) == 0


def test_no_design_is_asked_for_twice() -> None:
    """Evaluations are precious: what was told once is remembered."""
    problem = Knapsack(20)
    batches = go_on(Local().start(problem, np.random.default_rng(0)), problem, 2000, 64)
    keys = [key for batch in batches for key in batch.hashes()]
    assert len(set(keys)) == len(keys)


def test_moves_of_each_kind() -> None:
    """The neighbourhood must be what it is said to be: flips, other values, all exchanges; nothing where inactive."""
    space = Space({"b": Binary(size=2), "i": Integer(low=0, high=100), "p": Permutation(size=4)})
    row = np.array([0.0, 1.0, 50.0, 0.0, 1.0, 2.0, 3.0])
    active = np.ones(7, dtype=np.bool_)
    moves = moves_from(space, row, active, 1000, np.random.default_rng(0))
    matrix = moves.apply(row)
    space.unflatten(matrix)
    assert len(np.unique(matrix, axis=0)) == len(moves) == 2 + 12 + 6
    assert set(matrix[:, 2]) == {50.0} | {50.0 + side * step for side in (-1, 1) for step in (1, 2, 4, 8, 16, 32)}
    active[3:] = False
    assert len(moves_from(space, row, active, 1000, np.random.default_rng(0))) == 14
    assert len(moves_from(space, row, active, 5, np.random.default_rng(0))) == 5


def test_reversals_turn_stretches() -> None:
    """Each reversal must be a permutation that keeps all but two neighbours: the 2-opt moves of three places and more."""
    space = Space({"p": Permutation(size=5)})
    row = np.array([3.0, 1.0, 4.0, 0.0, 2.0])
    turned = reversals(space, row, np.ones(5, dtype=np.bool_), 100, np.random.default_rng(0))
    space.unflatten(turned)
    assert len(np.unique(turned, axis=0)) == 6
    assert [2.0, 0.0, 4.0, 1.0, 3.0] in turned.tolist()


def test_pairs_are_ranked_by_violation_then_gain() -> None:
    """A drop that pays for an add must come before a better pair that breaks the budget."""
    moves = Moves(np.array([[0, 0], [1, 1], [2, 2]]), np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]))
    effects = Effects(moves, np.array([2.0, -5.0, -9.0]), np.array([[-3.0], [3.0], [4.0]]))
    pairs, violation, objective = effects.pairs(np.array([0.0]), np.zeros((3, 3)))
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert violation == pytest.approx([0.0, 1.0, 7.0], abs=1e-6)
    assert objective.tolist() == [-3.0, -7.0, -14.0]


def test_interactions_are_exact_on_quadratic_objectives() -> None:
    """Measured once, a pair's interaction must predict it from any other design, and carry effects over a move."""
    rng = np.random.default_rng(0)
    q = rng.normal(size=(6, 6))
    q = q + q.T
    value = lambda matrix: np.einsum("ni,ij,nj->n", matrix, q, matrix)  # noqa: E731
    space = Space({"b": Binary(size=6)})
    active = np.ones(6, dtype=np.bool_)

    def effects(row: np.ndarray) -> Effects:
        moves = moves_from(space, row, active, 100, rng)
        return Effects(moves, value(moves.apply(row)) - value(row[None]), np.zeros((6, 0)))

    here, there = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    learned, measured = Interactions(space, 0.5), effects(here)
    i, j = np.triu_indices(6, 1)
    first, second = measured.moves.take(i), measured.moves.take(j)
    both = first.apply(here)
    np.put_along_axis(both, second.columns, second.values, axis=1)
    sums = measured.objective[i] + measured.objective[j]
    learned.learn(first, second, here, value(both) - value(here[None]) - sums)
    carried, direct = learned.carried(measured, here, there), effects(there)
    assert carried.objective == pytest.approx(direct.objective)
    assert np.array_equal(carried.moves.values, direct.moves.values)


def test_surprises_revise_interactions() -> None:
    """One flip apart, the change of every effect is that flip's interaction: measured again, all must be known."""
    rng = np.random.default_rng(1)
    q = np.triu(rng.normal(size=(5, 5)))
    space = Space({"b": Binary(size=5)})
    value = lambda matrix: np.einsum("ni,ij,nj->n", matrix, q, matrix)  # noqa: E731

    def effects(row: np.ndarray) -> Effects:
        moves = moves_from(space, row, np.ones(5, dtype=np.bool_), 100, rng)
        return Effects(moves, value(moves.apply(row)) - value(row[None]), np.zeros((5, 0)))

    here, there = np.array([0.0, 1.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0, 1.0])
    learned, measured = Interactions(space, 0.0), effects(there)
    learned.revise(learned.carried(effects(here), here, there), measured, here, there)
    i, j = np.array([2, 2, 2, 2]), np.array([0, 1, 3, 4])
    steps = 1.0 - 2.0 * there
    expected = learned.expected(measured.moves, there)
    assert expected[i, j] == pytest.approx((q + q.T)[i, j] * steps[i] * steps[j])
    assert learned.carried(measured, there, here).objective == pytest.approx(effects(here).objective)


def test_updating_effects_replaces_columns() -> None:
    """Effects measured anew must take the place of the old ones, the others stay."""
    moves = Moves(np.array([[0, 0], [1, 1], [2, 2]]), np.ones((3, 2)))
    old = Effects(moves, np.array([1.0, 2.0, 3.0]), np.zeros((3, 1)))
    new = old.updated(Effects(moves.take(np.array([1])), np.array([9.0]), np.ones((1, 1))))
    assert dict(zip(new.moves.columns[:, 0].tolist(), new.objective.tolist(), strict=True)) == {0: 1.0, 2: 3.0, 1: 9.0}
    assert new.constraints.sum() == 1.0


def test_wide_designs_are_handled() -> None:
    """With more flips than are measured at a time, results must still be far better than chance."""
    problem = Knapsack(150, seed=1, share=0.3)
    assert best_of(Local(), problem, 4000, 0) < 1.3 * best_of(Random(), problem, 4000, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("candidates", 0), ("tenure", -1), ("patience", -1), ("elite", 0), ("strength", 0), ("mix", 1.5)],
)
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        Local(**{field: value})


@pytest.mark.slow
def test_reaches_the_published_design_of_sioux_falls() -> None:
    """On the published lane addition problem it must end at or below the best published total travel time."""
    from braess.domains.road import load
    from braess.domains.road.formats import as_published_madadi2023
    from braess.domains.road.problems import LaneAddition

    network, demand = load("sioux-falls")
    problem = LaneAddition(as_published_madadi2023(network), demand, budget_share=0.5, capacity_step=0.5)
    assert best_of(Local(), problem, 10_000, 0) <= 4_383_952
