"""CMA-ES: closed-form optima to 1e-6, restarts, invariance to the scale of the objective, rounding of discrete ones."""

from __future__ import annotations

import numpy as np
import pytest
from solved import best_of, optimum

from braess.errors import InputError
from braess.search.cma_es import CMAES
from braess.search.random import Random
from braess.testing import Knapsack, Rosenbrock, Sphere, Toy, go_on, trace


@pytest.mark.parametrize(("problem", "evaluations"), [(Sphere(1), 500), (Sphere(5), 2500), (Rosenbrock(4), 8000)])
def test_reaches_the_optimum(problem, evaluations: int) -> None:
    """The optimum is 0 by construction; a method for smooth valleys must come within 1e-6."""
    assert max(best_of(CMAES(), problem, evaluations, seed) for seed in range(3)) < 1e-6


class _Cubed(Sphere):
    """A growing function of the sphere's objective."""

    name = "cubed"

    def answers(self, designs):
        objectives, constraints = super().answers(designs)
        return np.exp(objectives) * 1e3 - 7.0, constraints


def test_only_the_order_matters() -> None:
    """Any growing function of the objective must lead to the same designs: no scale is hidden in the method."""
    assert trace(CMAES(), Sphere(), 2, 300, 20) == trace(CMAES(), _Cubed(), 2, 300, 20)


class _Corner(Toy):
    """Sum of coordinates that must be at least 1: a constrained optimum known to be 1."""

    name = "corner"

    def __init__(self) -> None:
        from braess.problem import Constraint

        inside = Sphere(3)
        self.space, self.objectives = inside.space, inside.objectives
        self.constraints = (Constraint("sum too small"),)

    def answers(self, designs):
        total = designs["x"].sum(axis=1, keepdims=True)
        return total, 1.0 - total

    def answer(self, row):
        return [sum(row["x"])], [1.0 - sum(row["x"])]


def test_constraints_are_kept() -> None:
    """From infeasible ground it must find the feasible side and press against the constraint."""
    assert best_of(CMAES(), _Corner(), 4000, 0) == pytest.approx(1.0, abs=1e-2)


def test_restarts_grow_and_find_new_ground() -> None:
    """Once converged it must start anew with twice the population instead of asking for the same point for ever."""
    problem = Sphere(2)
    running = CMAES().start(problem, np.random.default_rng(0))
    spreads = [float(np.ptp(batch["x"])) for batch in go_on(running, problem, 3000, 1000)]
    assert min(spreads) < 1e-4
    assert max(spreads[len(spreads) // 2 :]) > 0.5


def test_rounds_binaries() -> None:
    """Discrete decisions by cells of the unit interval: crude, yet good enough for a small knapsack."""
    problem = Knapsack(10)
    assert best_of(CMAES(), problem, 2000, 0) == pytest.approx(optimum(problem))


def test_is_better_than_random() -> None:
    """Under the same budget it must be far better than chance."""
    assert best_of(CMAES(), Rosenbrock(), 2000, 0) < 0.01 * best_of(Random(), Rosenbrock(), 2000, 0)


@pytest.mark.parametrize(("field", "value"), [("sigma", 0.0), ("sigma", 2.0), ("population", 2)])
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        CMAES(**{field: value})
