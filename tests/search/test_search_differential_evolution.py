"""Differential evolution: closed-form optima to 1e-6, rounding of discrete variables, repair in the unit cube."""

from __future__ import annotations

import numpy as np
import pytest
from solved import best_of, optimum

from braess.errors import InputError
from braess.search.differential_evolution import DifferentialEvolution
from braess.search.random import Random
from braess.testing import Knapsack, Rosenbrock, Sphere, go_on


@pytest.mark.parametrize("base", ["best", "rand"])
@pytest.mark.parametrize(("problem", "evaluations"), [(Sphere(3), 6000), (Rosenbrock(3), 15000)])
def test_reaches_the_optimum(problem, evaluations: int, base: str) -> None:
    """The optimum is 0 by construction; both kinds of steps must come within 1e-6."""
    assert best_of(DifferentialEvolution(base=base, population=40), problem, evaluations, 0) < 1e-6


def test_rounds_binaries_and_repairs() -> None:
    """On a small knapsack it must find the optimum, without an evaluation over the limit."""
    problem = Knapsack(10)
    assert best_of(DifferentialEvolution(), problem, 3000, 0) == pytest.approx(optimum(problem))
    for batch in go_on(DifferentialEvolution().start(problem, np.random.default_rng(0)), problem, 500, 60):
        assert problem.evaluate(batch).feasible.all()


def test_is_better_than_random() -> None:
    """Under the same budget it must be better than chance."""
    assert best_of(DifferentialEvolution(), Rosenbrock(), 3000, 0) < best_of(Random(), Rosenbrock(), 3000, 0)


@pytest.mark.parametrize(("field", "value"), [("population", 4), ("scale", 0.0), ("crossover", 1.1), ("base", "worst")])
def test_impossible_settings_are_refused(field: str, value) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        DifferentialEvolution(**{field: value})
