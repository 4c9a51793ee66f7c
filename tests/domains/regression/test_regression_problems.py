"""Problems with linear models: derivatives, optima and files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize

from braess.domains.regression import DataCleaning, Parted, RidgePenalties, corrupted, made_up, read_parted
from braess.errors import InputError
from braess.search.cma_es import CMAES
from braess.search.gradient import Gradient
from braess.study import Budget, Study
from braess.study.domain import find_problem
from braess.testing import ProblemConformance


def ridge(seed: int = 0, columns: int = 8) -> RidgePenalties:
    return RidgePenalties(made_up(30, 25, columns, 3, np.random.default_rng(seed)))


def cleaning(seed: int = 0) -> tuple[DataCleaning, np.ndarray]:
    rng = np.random.default_rng(seed)
    data, spoiled = corrupted(made_up(60, 60, 5, 5, rng), 0.3, rng)
    return DataCleaning(data), spoiled


class TestRidgePenaltiesConformance(ProblemConformance):
    problem: ClassVar = ridge()


class TestDataCleaningConformance(ProblemConformance):
    problem: ClassVar = cleaning()[0]


@pytest.mark.parametrize("problem", [ridge(), cleaning()[0]], ids=lambda problem: problem.name)
def test_gradients_are_those_of_finite_differences(problem) -> None:
    """The implicit function theorem must say what small changes of the design do."""
    for point in problem.space.flatten(problem.space.sample(3, np.random.default_rng(1)))[0]:
        point = np.clip(point, 0.01, 0.9)
        value = lambda row: problem.value_and_gradient(row[None])[0][0, 0]  # noqa: E731
        slope = lambda row: problem.value_and_gradient(row[None])[1][0, 0]  # noqa: E731
        assert check_grad(value, slope, point, epsilon=1e-6) < 1e-4 * max(1.0, np.abs(slope(point)).max())


def _known(problem, start) -> float:
    """Return the least held error that SciPy finds by values of the plain route alone, on the unit cube."""

    def value(unit):
        return problem.check(problem.space.from_unit(unit[None])).objectives[0, 0]

    return minimize(value, start, bounds=[(0, 1)] * len(start), options={"maxfun": 5000, "ftol": 1e-13}).fun


def test_searches_find_the_least_held_error() -> None:
    """What SciPy finds from the middle by the independent route, gradient search and CMA-ES must find too."""
    problem = ridge(columns=4)
    known = _known(problem, np.full(4, 0.5))
    budget = {Gradient: 200, CMAES: 600}
    for search, evaluations in budget.items():
        result = Study(problem, search(), budget=Budget(evaluations=evaluations), progress="off").run()
        assert result.evaluations.objectives[result.best, 0] <= known * (1.0 + 1e-6)


def test_the_follower_fits_by_the_normal_equations() -> None:
    """At its coefficients the derivative of what it makes small must be 0."""
    problem, _ = cleaning()
    matrix = problem.space.flatten(problem.space.sample(5, np.random.default_rng(0)))[0]
    data, found = problem.data, problem.coefficients(matrix)
    for weights, c in zip(matrix, found, strict=True):
        slope = 2.0 * data.inputs.T @ (weights * (data.inputs @ c - data.targets)) / len(weights) + 2.0 * problem.penalty * c
        assert np.abs(slope).max() < 1e-12


def test_wrong_rows_are_found() -> None:
    """With the best weights of rows, spoiled ones must weigh less than the others, and the error be less than without them."""
    problem, spoiled = cleaning()
    result = Study(problem, Gradient(), budget=Budget(evaluations=200), progress="off").run()
    weights = result.best_design["weight"][0]
    assert weights[spoiled].mean() < 0.7 * weights[~spoiled].mean()
    told = problem.value_and_gradient(np.array([~spoiled, np.ones_like(spoiled)], dtype=np.float64))[0][:, 0]
    assert result.evaluations.objectives[result.best, 0] < told[0] < told[1]


def test_tables_are_read(tmp_path: Path) -> None:
    """Columns must come out standardised by the rows to fit, and the fit on them must be that of ordinary least squares."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(5.0, 2.0, (40, 3))
    numbers[:, 1] = numbers[:, 0] - 2.0 * numbers[:, 2] + 7.0
    lines = "\n".join(",".join(map(str, row)) for row in numbers)
    (tmp_path / "t.csv").write_text(f"a,y,b\n{lines}\n")
    data = read_parted(tmp_path / "t.csv", "y", 0.6, np.random.default_rng(1))
    assert data.inputs.shape == (24, 2)
    assert data.held_inputs.shape == (16, 2)
    assert np.abs(data.inputs.mean(axis=0)).max() < 1e-12
    assert data.inputs.std(axis=0) == pytest.approx([1.0, 1.0])
    settings = find_problem("ridge-penalties").settings()(file="t.csv", target="y", low=1e-9, high=1e-8)
    problem = settings.build(tmp_path)
    assert problem.evaluate(problem.space.sample(1, rng)).objectives[0, 0] < 1e-10


@pytest.mark.parametrize(
    ("text", "target", "match"),
    [
        ("a,y\n1,2\n2,x\n3,4\n4,5\n", "y", "line 3|:3"),
        ("a,y\n1,2\n2,3\n3,4\n4,5\n", "z", "lacks"),
        ("a,y\n1,2\n2,3\n", "y", "too small"),
        ("a,y\n1,2\n1,3\n1,4\n1,5\n", "y", "the same"),
        ("a,y\n1,2\n2,inf\n3,4\n4,5\n", "y", "not a number"),
    ],
)
def test_tables_that_do_not_fit_are_refused(text: str, target: str, match: str, tmp_path: Path) -> None:
    """What is wrong must be said with its place."""
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=match):
        read_parted(tmp_path / "t.csv", target, 0.5, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: RidgePenalties(ridge().data, 1.0, 0.1), "low"),
        (lambda: DataCleaning(ridge().data, 0.0), "penalty"),
        (lambda: corrupted(ridge().data, 1.5, np.random.default_rng(0)), "share"),
        (lambda: made_up(5, 5, 3, 4, np.random.default_rng(0)), "relevant"),
        (lambda: Parted(np.ones((3, 2)), np.ones(2), np.ones((3, 2)), np.ones(3)), "data"),
        (lambda: Parted(np.full((2, 2), np.nan), np.ones(2), np.ones((3, 2)), np.ones(3)), "finite"),
        (lambda: find_problem("data-cleaning").settings()(file="x.csv").build(Path()), "target"),
    ],
)
def test_nonsense_is_refused(make, match: str) -> None:
    """Impossible data and settings must be named."""
    with pytest.raises(InputError, match=match):
        make()
