"""What is said to be known of the engineering problems, found again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from braess.domains.engineering import PROBLEMS, VARIANTS, EngineeringProblem, load
from braess.problem.evaluations import Floats

DIFFERENT = [load(name, variant) for name in PROBLEMS for variant in VARIANTS if variant in PROBLEMS[name].facts]
SOLVABLE = [problem for problem in DIFFERENT if problem.known.objective is not None]
MANY_OPTIMA = ("ackley-2", "ackley-6", "ackley-10", "keane-bump")
PUBLISHED = {  # values of the literature, where a source has the very problem
    "three-bar-truss": 263.8958434,
    "compression-spring": 0.012665233,
    "pressure-vessel": 5885.332774,
    "speed-reducer": 2994.471066,
    "heat-exchanger": 7049.248021,
    "car-side-impact": 22.84298,
    "welded-beam": 2.38119,
}


def label(problem: EngineeringProblem) -> str:
    return f"{problem.name}-{problem.variant}"


def near(found: float, known: float) -> bool:
    return abs(found - known) <= 1e-4 * (abs(known) or 1.0)


def descend(problem: EngineeringProblem, start: Floats, without: str = "") -> float | None:
    """Return the objective where SLSQP ends from a start in the unit cube, ``None`` where a constraint is broken."""
    low, high = problem.space.bounds
    kept = [limit.name != without for limit in problem.constraints]
    sample = problem.evaluate(problem.space.sample(500, np.random.default_rng(1)))
    of_value, of_limits = np.abs(sample.objectives).mean(), np.abs(sample.constraints[:, kept]).mean(axis=0)[:, None]
    sign = problem.signs[0]

    def at(unit: Floats) -> Floats:
        return np.clip(low + np.clip(unit, 0, 1) * (high - low), low, high)[None]

    def height(unit: Floats) -> tuple[float, Floats]:
        value, gradient = problem.value_and_gradient(at(unit))
        return sign * value[0, 0] / of_value, sign * gradient[0, 0] * (high - low) / of_value

    def room(unit: Floats) -> Floats:
        return -problem.constraint_and_gradient(at(unit))[0][0, kept] / of_limits[:, 0]

    def slope(unit: Floats) -> Floats:
        return -problem.constraint_and_gradient(at(unit))[1][0, kept] * (high - low) / of_limits

    limits: Any = {"type": "ineq", "fun": room, "jac": slope}
    end = minimize(
        height, start, jac=True, bounds=[(0, 1)] * len(low), method="SLSQP", constraints=limits, options={"ftol": 1e-13}
    )
    found = problem.evaluate(problem.space.unflatten(at(end.x)))
    return float(found.objectives[0, 0]) if (found.constraints[0, kept] <= 1e-7 * of_limits[:, 0]).all() else None


@pytest.mark.parametrize("problem", SOLVABLE, ids=label)
def test_known_design_is_feasible_and_has_the_known_objective(problem: EngineeringProblem) -> None:
    """A design that is printed as the best one must be one, by both routes."""
    designs = problem.space.unflatten([problem.known.design])
    for found in (problem.evaluate(designs), problem.check(designs)):
        assert near(found.objectives[0, 0], problem.known.objective or 0.0)
    assert problem.evaluate(designs).feasible.all()


@pytest.mark.parametrize("problem", SOLVABLE, ids=label)
def test_known_optimum_is_found_again_from_near(problem: EngineeringProblem) -> None:
    """From near the known design, descents must end at the known value."""
    low, high = problem.space.bounds
    unit, rng = (np.array(problem.known.design) - low) / (high - low), np.random.default_rng(2)
    starts = np.clip(unit + 1e-3 * rng.standard_normal((2, len(low))), 0, 1)
    found = [descend(problem, start) for start in starts]
    assert all(value is not None and near(value, problem.known.objective or 0.0) for value in found), found


@pytest.mark.parametrize("problem", [problem for problem in SOLVABLE if problem.name not in MANY_OPTIMA], ids=label)
def test_known_optimum_is_found_again_from_anywhere(problem: EngineeringProblem) -> None:
    """The best of a few descents from random starts must end at the known value: it is no optimum of a neighbourhood only."""
    width = problem.space.width
    starts = np.random.default_rng(0).random((12 if width == 2 else 3, width))
    found = [value for start in starts if (value := descend(problem, start)) is not None]
    assert near(min(found), problem.known.objective or 0.0), found


@pytest.mark.parametrize("name", PUBLISHED)
def test_known_optimum_is_the_published_one(name: str) -> None:
    """The corrected problem must be that of the literature, not one that only resembles it."""
    assert near(load(name, "corrected").known.objective or 0.0, PUBLISHED[name])


def test_concrete_beam_of_the_sources() -> None:
    """The optimum of the sources, with bars from a list, must be feasible as corrected and cost what they say."""
    problem = load("concrete-beam", "corrected")
    found = problem.evaluate(problem.space.unflatten([[6.32, 34.0, 8.5]]))
    assert found.objectives[0, 0] == pytest.approx(359.208)
    assert found.feasible.all()


def test_published_cantilever_has_no_feasible_design() -> None:
    """The deflection as published is a constant far above its limit; without it the least volume is 61915.75."""
    problem = load("cantilever")
    assert problem.known.objective is None
    deflection = [limit.name for limit in problem.constraints].index("deflection")
    found = problem.evaluate(problem.space.sample(1000, np.random.default_rng(0)))
    assert np.ptp(found.constraints[:, deflection]) == 0
    assert found.constraints[0, deflection] > 9e7
    volume = descend(problem, np.random.default_rng(0).random(10), without="deflection")
    assert volume is not None
    assert near(volume, 61915.75)


@pytest.mark.parametrize("problem", DIFFERENT, ids=label)
def test_feasible_share(problem: EngineeringProblem) -> None:
    """The share of uniform designs that are feasible must be the known one within sampling error, and none be better."""
    n, share = 100_000, problem.known.feasible_share
    found = problem.evaluate(problem.space.sample(n, np.random.default_rng(0)))
    assert abs(found.feasible.mean() - share) <= 4 * np.sqrt(share * (1 - share) / n) + 1 / n
    values = problem.signs[0] * found.objectives[found.feasible, 0]
    if problem.known.objective is not None and len(values):
        assert values.min() >= problem.signs[0] * problem.known.objective
