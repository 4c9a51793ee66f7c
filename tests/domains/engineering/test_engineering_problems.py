"""The engineering problems: what each must do, and that both of its formulas and variants say what they should."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.engineering import PROBLEMS, VARIANTS, EngineeringProblem, load
from braess.errors import InputError
from braess.problem import Differentiable, DifferentiableConstraints, Evaluations
from braess.testing import ProblemConformance

ALL = [load(name, variant) for name in PROBLEMS for variant in VARIANTS]
VALUES = json.loads(Path(__file__).with_name("published_values.json").read_text(encoding="utf-8"))
DIFFERENT = {
    "compression-spring": (["wire"], []),
    "concrete-beam": ([], ["bending"]),
    "pressure-vessel": (["length"], []),
    "speed-reducer": ([], ["first_shaft_stress", "first_shaft_length", "second_shaft_length"]),
    "heat-exchanger": (["x2", "x3"], ["second_exchange"]),
    "cantilever": ([], ["deflection"]),
    "car-side-impact": (
        ["barrier_height", "barrier_place"],
        ["upper_viscous_criterion", "middle_viscous_criterion", "lower_viscous_criterion"],
    ),
}


def label(problem: EngineeringProblem) -> str:
    return f"{problem.name}-{problem.variant}"


class TestConformance(ProblemConformance):
    @pytest.fixture(autouse=True, params=ALL, ids=label)
    def _problem(self, request: pytest.FixtureRequest) -> None:
        self.problem = request.param


@pytest.mark.parametrize("name", PROBLEMS)
def test_published_variant_is_the_published_code(name: str) -> None:
    """The variant must be what others measured: values that the code of the benchmark gave for a design."""
    problem = load(name)
    expected = VALUES[name]
    found = problem.evaluate(problem.space.unflatten([expected["design"]]))
    np.testing.assert_allclose(-problem.signs * found.objectives[0], expected["f"], rtol=1e-12)
    np.testing.assert_allclose(found.constraints[0], expected["g"], rtol=1e-9)


@pytest.mark.parametrize("name", PROBLEMS)
def test_variants_differ_exactly_where_said(name: str) -> None:
    """A correction that changes more, or less, than the problem says would mislead."""
    published, corrected = load(name, "published"), load(name, "corrected")
    bounds, constraints = DIFFERENT.get(name, ([], []))
    assert bool(corrected.differences) == (name in DIFFERENT)
    assert (corrected.known is published.known) == (name not in DIFFERENT)
    spaces = published.space.describe(), corrected.space.describe()
    assert [variable for variable in spaces[0] if spaces[0][variable] != spaces[1][variable]] == bounds
    (low, high), (lower, higher) = published.space.bounds, corrected.space.bounds
    low, high = np.maximum(low, lower), np.minimum(high, higher)
    shared = low + np.random.default_rng(0).random((200, len(low))) * (high - low)
    one, other = (problem.evaluate(problem.space.unflatten(shared)) for problem in (published, corrected))
    assert np.array_equal(one.objectives, other.objectives)
    columns = {limit.name: column for limit, column in zip(published.constraints, one.constraints.T, strict=True)}
    changed = [
        limit.name
        for limit, column in zip(corrected.constraints, other.constraints.T, strict=True)
        if limit.name not in columns or not np.array_equal(columns[limit.name], column)
    ]
    assert changed == constraints


unit = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0), st.floats(0.0, 1e-9))


@settings(max_examples=150, deadline=None)
@given(problem=st.sampled_from(ALL), data=st.data())
def test_anywhere_between_the_bounds(problem: EngineeringProblem, data: st.DataObject) -> None:
    """Corners, poles and the origin included: finite values and slopes, the same alone and in a batch, and as recomputed."""
    width = problem.space.width
    rows = data.draw(st.lists(st.lists(unit, min_size=width, max_size=width), min_size=1, max_size=4))
    designs = problem.space.from_unit(rows)
    batch, checked = problem.evaluate(designs), problem.check(designs)
    alone = Evaluations.concatenate([problem.evaluate(design) for design in designs])
    matrix, _ = problem.space.flatten(designs)
    slopes = problem.value_and_gradient(matrix)[1], problem.constraint_and_gradient(matrix)[1]
    for part in ("objectives", "constraints"):
        found = getattr(batch, part)
        assert np.isfinite(found).all()
        assert np.array_equal(found, getattr(alone, part))
        np.testing.assert_allclose(found, getattr(checked, part), rtol=1e-9, atol=1e-6)
    assert all(np.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("name", ["compression-spring", "three-bar-truss", "keane-bump"])
def test_poles_are_finite(name: str) -> None:
    """Where the formula has a pole within the bounds, the value must be large, not infinite, and both routes agree."""
    problem = load(name)
    row = [0.25, 0.25, 5.0] if name == "compression-spring" else [0.0] * problem.space.width
    designs = problem.space.unflatten([row])
    found, checked = problem.evaluate(designs), problem.check(designs)
    largest = max(np.abs(found.objectives).max(), found.constraints.max())
    assert 1e4 < largest < np.inf
    np.testing.assert_allclose(found.constraints, checked.constraints, rtol=1e-9)
    np.testing.assert_allclose(found.objectives, checked.objectives, rtol=1e-9)
    assert not found.feasible.any()


@pytest.mark.parametrize("problem", ALL, ids=label)
def test_derivatives_are_slopes(problem: EngineeringProblem) -> None:
    """Gradients of the objective and of every constraint must agree with differences."""
    assert isinstance(problem, Differentiable)
    assert isinstance(problem, DifferentiableConstraints)
    low, high = problem.space.bounds
    rows = low + (0.1 + 0.8 * np.random.default_rng(0).random((6, len(low)))) * (high - low)
    found = problem.evaluate(problem.space.unflatten(rows))
    (value, gradient), (limit, slope) = problem.value_and_gradient(rows), problem.constraint_and_gradient(rows)
    assert np.array_equal(value, found.objectives)
    assert np.array_equal(limit, found.constraints)
    for column in range(len(low)):
        step = 1e-6 * (high - low) * (np.arange(len(low)) == column)
        ahead, behind = (problem.evaluate(problem.space.unflatten(rows + sign * step)) for sign in (1, -1))
        for part, derivative in (("objectives", gradient), ("constraints", slope)):
            difference = (getattr(ahead, part) - getattr(behind, part)) / (2 * step[column])
            scale = np.abs(getattr(found, part)).max(axis=0) / (high - low)[column]
            assert (np.abs(difference - derivative[:, :, column]) <= 1e-5 * (np.abs(difference) + scale)).all()


def test_derivatives_refuse_what_is_outside() -> None:
    """A matrix of another width, or a design beyond the bounds, is a mistake of the caller."""
    problem = load("welded-beam")
    for matrix in (np.zeros((1, 3)), np.zeros((1, 4))):
        with pytest.raises(InputError):
            problem.value_and_gradient(matrix)


def test_welded_beam_by_hand() -> None:
    """One stress worked out on paper: the bending of 6000 lbf at 14 in on a bar of 10 in by 1 in is 5040 psi."""
    problem = load("welded-beam")
    found = problem.evaluate(problem.space.unflatten([[1.0, 5.0, 10.0, 1.0]]))
    bending = [limit.name for limit in problem.constraints].index("bending_stress")
    assert found.constraints[0, bending] == pytest.approx(5040 - 30000)
    assert found.objectives[0, 0] == pytest.approx(1.10471 * 5 + 0.04811 * 10 * 19)
