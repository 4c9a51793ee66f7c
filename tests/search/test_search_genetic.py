"""Genetic algorithm: known optima on every kind of space, better than chance, operators that keep what they should."""

from __future__ import annotations

import numpy as np
import pytest
from solved import best_of, optimum

from braess.errors import InputError
from braess.search._variation import Variation
from braess.search.genetic import Genetic
from braess.search.random import Random
from braess.space import Binary, Categorical, Integer, Permutation, Real, Space
from braess.testing import Cells, Knapsack, Mixed, Sphere, Tour, go_on

_VARIATION = Variation(1.0, 2.0, 0.5, crossover_spread=15.0, mutation_spread=20.0)


@pytest.mark.parametrize("problem", [Knapsack(14), Tour(7), Cells()], ids=lambda problem: problem.name)
def test_finds_the_optimum_of_small_problems(problem) -> None:
    """Brute force knows the best design; evolution must find it with a fraction of the evaluations."""
    assert best_of(Genetic(population=60, offspring=60), problem, 3000, 0) == pytest.approx(optimum(problem))


def test_finds_the_optimum_of_a_mixed_space() -> None:
    """Discrete parts must be right and real parts near, with the constraint kept: the optimum is 0 by construction."""
    assert best_of(Genetic(), Mixed(), 6000, 1) < 1e-3


@pytest.mark.parametrize("problem", [Knapsack(60), Tour(15), Sphere()], ids=lambda problem: problem.name)
def test_is_better_than_random(problem) -> None:
    """Under the same budget the worst of three runs must beat the best of three random ones."""
    genetic, random = ([best_of(search, problem, 3000, seed) for seed in range(3)] for search in (Genetic(), Random()))
    assert max(genetic) < min(random)


def test_offspring_are_repaired() -> None:
    """Where the problem can repair, no evaluation may be spent on a design over the budget."""
    problem = Knapsack(30, share=0.2)
    for batch in go_on(Genetic(population=20, offspring=20).start(problem, np.random.default_rng(0)), problem, 400, 40):
        assert problem.evaluate(batch).feasible.all()


def test_generations_hold_no_duplicates() -> None:
    """Evaluating the same design twice in a generation teaches nothing."""
    problem = Knapsack(20)
    for batch in go_on(Genetic(population=40, offspring=40).start(problem, np.random.default_rng(0)), problem, 800, 40):
        assert len(set(batch.hashes())) == len(batch)


def test_ends_when_a_small_space_is_exhausted() -> None:
    """With nothing new to mate it must say so instead of asking for old designs for ever."""
    problem = Knapsack(4, share=1.0)
    running = Genetic().start(problem, np.random.default_rng(0))
    assert sum(map(len, go_on(running, problem, 1000, 10))) <= 16
    assert len(running.ask(3)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_offspring_of_every_kind_belong_to_the_space(seed: int) -> None:
    """Crossover and mutation must keep bounds, whole numbers and orders; the space itself checks."""
    space = Space(
        {
            "b": Binary(size=5),
            "i": Integer(low=-2, high=7, size=3),
            "c": Categorical(options=("x", "y", "z")),
            "r": Real(low=1e-3, high=1e3, log=True, size=2),
            "p": Permutation(size=6),
            "fixed": Integer(low=4, high=4),
        }
    )
    rng = np.random.default_rng(seed)
    first, second = (space.flatten(space.sample(200, rng))[0] for _ in range(2))
    children = _VARIATION.offspring(space, first, second, rng)
    space.unflatten(children)
    assert (children != first).any(axis=0)[:-1].all()


def test_exchanges_keep_the_number_of_ones() -> None:
    """With exchanges only and no crossover, as many candidates must be picked after mutation as before."""
    space = Space({"b": Binary(size=30)})
    rng = np.random.default_rng(0)
    parents = (rng.random((300, 30)) < 0.5).astype(float)
    variation = Variation(0.0, 3.0, 1.0, crossover_spread=15.0, mutation_spread=20.0)
    children = variation.offspring(space, parents, parents, rng)
    assert np.array_equal(children.sum(axis=1), parents.sum(axis=1))
    assert (children != parents).any()


def test_equal_parents_without_mutation_have_equal_children() -> None:
    """What both parents agree on must be inherited unless it mutates; the real parts to the last bit."""
    space = Mixed().space
    rng = np.random.default_rng(0)
    parents = space.flatten(space.sample(50, rng))[0]
    variation = Variation(1.0, 1e-12, 0.0, crossover_spread=15.0, mutation_spread=20.0)
    assert np.array_equal(variation.offspring(space, parents, parents, rng), parents)


@pytest.mark.parametrize(
    ("field", "value"), [("population", 1), ("offspring", 0), ("crossover", 1.5), ("mutation", 0.0), ("exchange", -0.1)]
)
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        Genetic(**{field: value})
