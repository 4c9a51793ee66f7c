"""Predictors of designs: one-hot rows, ridge regression against plain linear algebra, trees and networks, their names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lightgbm", reason="boosted trees need the extra learn")
torch = pytest.importorskip("torch", reason="networks need the extra learn")

from scipy.stats import kendalltau

from braess.errors import InputError
from braess.learn.predictors import OneHot, Predicted, build_predictor, predictors
from braess.learn.predictors.ridge import PENALTIES, Bumps, Line
from braess.space import Binary, Categorical, Integer, Permutation, Real, Repeat, Space
from braess.testing import Knapsack, Mixed

STAGE = Space({"kernel": Categorical(options=(3, 5, 7)), "expand": Categorical(options=(3, 4, 6))})
NETWORK = Space({"stage": Repeat(STAGE, low=2, high=4), "wide": Binary(), "width": Real(low=1.0, high=2.0)})


def test_what_is_not_decided_is_nothing() -> None:
    """A layer that a design leaves out must weigh nothing, and what it decides must be read back from its columns."""
    designs = NETWORK.sample(50, np.random.default_rng(0))
    rows = OneHot(NETWORK)(designs)
    assert rows.shape == (50, OneHot(NETWORK).width) == (50, 3 + 4 * 6 + 2)
    depth = rows[:, :3].argmax(axis=1) + 2
    assert np.array_equal(depth, designs["stage"])
    for layer in range(4):
        kernel, expand = (rows[:, 3 + 6 * layer + start : 6 + 6 * layer + start] for start in (0, 3))
        decided = depth > layer
        assert np.array_equal(kernel.sum(axis=1), decided)
        assert np.array_equal(expand.sum(axis=1), decided)
        assert np.array_equal(kernel.argmax(axis=1)[decided], designs[f"stage.{layer}.kernel"][decided])
    assert np.array_equal(rows[:, -2], designs["wide"])
    assert np.allclose(rows[:, -1], designs["width"] - 1.0)


def test_numbers_of_many_values_keep_their_order() -> None:
    """An integer of a thousand values and the ranks of a permutation must be one column each, not one for each value."""
    space = Space({"count": Integer(low=0, high=999), "few": Integer(low=-1, high=1), "order": Permutation(size=4)})
    rows = OneHot(space)(space.sample(9, np.random.default_rng(0)))
    assert rows.shape == (9, 1 + 3 + 4)
    assert ((rows >= 0.0) & (rows <= 1.0)).all()


def _examples(n: int, p: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.integers(2, size=(n, p)).astype(float)
    values = np.stack([rows @ rng.normal(size=p) + rng.normal(size=n), np.sin(rows.sum(axis=1)) + 100.0], axis=1)
    return rows, values


def _left_out(fit: object, rows: np.ndarray, value: np.ndarray, penalty: float) -> float:
    """Return the mean squared error at rows left out one at a time, by fitting again without each."""
    errors = []
    for i in range(len(rows)):
        others = np.arange(len(rows)) != i
        errors.append(value[i] - fit(rows[others], value[others], penalty, rows[i : i + 1])[0])
    return float(np.square(errors).mean())


def _normal_equations(rows: np.ndarray, value: np.ndarray, penalty: float, asked: np.ndarray) -> np.ndarray:
    centre, mean = rows.mean(axis=0), value.mean()
    slopes = np.linalg.solve((rows - centre).T @ (rows - centre) + penalty * np.eye(rows.shape[1]), (rows - centre).T @ value)
    return mean + (asked - centre) @ slopes


@pytest.mark.parametrize(("n", "p"), [(30, 8), (12, 20)])
def test_ridge_solves_the_normal_equations(n: int, p: int) -> None:
    """Slopes must be those of the normal equations under the penalty that brute force finds best at rows left out."""
    rows, values = _examples(n, p)
    found, errors = Line.fit(rows, values)
    singular = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    scale = np.square(singular[singular > 1e-6 * singular[0]]).mean()
    asked = np.random.default_rng(9).random((5, p))
    for t in range(2):
        tried = [_left_out(_normal_equations, rows, values[:, t], penalty * scale) for penalty in PENALTIES]
        best = PENALTIES[int(np.argmin(tried))] * scale
        assert np.isclose(errors[t], min(tried), rtol=1e-6)
        assert np.allclose(found(asked)[:, t], _normal_equations(rows, values[:, t], best, asked), rtol=1e-6)


def test_kernel_ridge_solves_its_linear_system() -> None:
    """Predictions must be those of the bordered system of kernel regression with a free mean, errors those of brute force."""
    rows, values = _examples(14, 6, seed=1)
    found, errors = Bumps.fit(rows, values, 1.0)

    def kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.exp(-found.rate * np.square(one[:, None] - other).sum(axis=-1))

    def bordered(known: np.ndarray, value: np.ndarray, penalty: float, asked: np.ndarray) -> np.ndarray:
        ones = np.ones((len(known), 1))
        system = np.block([[kernel(known, known) + penalty * np.eye(len(known)), ones], [ones.T, np.zeros((1, 1))]])
        weights = np.linalg.solve(system, np.append(value, 0.0))
        return kernel(asked, known) @ weights[:-1] + weights[-1]

    gram = kernel(rows, rows)
    centring = np.eye(len(rows)) - 1.0 / len(rows)
    eigenvalues = np.linalg.eigvalsh(centring @ gram @ centring)
    scale = eigenvalues[eigenvalues > 1e-9].mean()
    asked = np.random.default_rng(2).random((5, 6))
    for t in range(2):
        tried = [_left_out(bordered, rows, values[:, t], penalty * scale) for penalty in PENALTIES]
        best = PENALTIES[int(np.argmin(tried))] * scale
        assert np.isclose(errors[t], min(tried), rtol=1e-5)
        assert np.allclose(found(asked)[:, t], bordered(rows, values[:, t], best, asked), rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3), seed=st.integers(0, 99))
def test_units_do_not_matter(scale: float, shift: float, seed: int) -> None:
    """Minutes or seconds, from noon or from midnight: predictions must be the same in other units."""
    rows, values = _examples(15, 6, seed)
    rng = np.random.default_rng(0)
    for name in ("ridge", "kernel-ridge"):
        plain, other = (build_predictor(name, {}).fit(rows, one, rng)(rows) for one in (values, scale * values + shift))
        assert np.allclose(other, scale * plain + shift, rtol=1e-6, atol=1e-6 * (1.0 + abs(shift) + scale))


def test_the_kernel_is_taken_where_a_line_does_not_do() -> None:
    """A bowl has no slope: the line must foretell nothing of it, the kernel nearly all."""
    rng = np.random.default_rng(0)
    rows, asked = rng.random((60, 2)), rng.random((40, 2))
    bowl = [np.square(some - 0.5).sum(axis=1, keepdims=True) for some in (rows, asked)]
    line, kernel = (build_predictor(name, {}).fit(rows, bowl[0], rng)(asked) for name in ("ridge", "kernel-ridge"))
    spread = bowl[1].std()
    assert np.sqrt(np.square(line - bowl[1]).mean()) > 0.8 * spread
    assert np.sqrt(np.square(kernel - bowl[1]).mean()) < 0.05 * spread


@pytest.mark.parametrize("name", ["ridge", "kernel-ridge", "boosted-trees", "mlp"])
def test_additive_values_are_learned(name: str) -> None:
    """A hundred designs whose parts add up must suffice to rank others; the same generator must give the same predictions."""
    designs = NETWORK.sample(200, np.random.default_rng(1))
    rows = OneHot(NETWORK)(designs)
    values = rows @ np.random.default_rng(2).normal(size=(rows.shape[1], 2))
    state = torch.get_rng_state()
    first, again = (
        build_predictor(name, {}).fit(rows[:100], values[:100], np.random.default_rng(3))(rows[100:]) for _ in range(2)
    )
    assert first.shape == (100, 2)
    assert np.array_equal(first, again)
    assert torch.equal(torch.get_rng_state(), state)
    assert min(kendalltau(first[:, t], values[100:, t]).statistic for t in range(2)) > 0.7


@pytest.mark.parametrize("name", ["ridge", "kernel-ridge", "boosted-trees", "mlp"])
def test_next_to_nothing_is_learned_from(name: str) -> None:
    """One design, or many of one value, must not be a division by zero: they foretell that value."""
    rows = np.eye(4)
    for some in (rows[:1], rows):
        found = build_predictor(name, {}).fit(some, np.full((len(some), 1), 7.0), np.random.default_rng(0))(rows)
        assert np.allclose(found, 7.0, atol=0.1 if name == "mlp" else 1e-4)  # first weights are no zeros


def test_predicted_problems_repair_and_keep_senses() -> None:
    """A problem as predicted must state profits as profits, keep constraints, and repair what the problem repairs."""
    problem = Knapsack(12)
    exact = problem.evaluate(designs := problem.space.sample(8, np.random.default_rng(0)))
    told = np.concatenate([exact.objectives * problem.signs, exact.constraints], axis=1)
    predicted = Predicted.of(problem, OneHot(problem.space)).believing(lambda rows: told[: len(rows)])
    found = predicted.evaluate(designs)
    assert np.array_equal(found.objectives, exact.objectives)
    assert np.array_equal(found.constraints, exact.constraints)
    assert not found.exact.any()
    assert len(predicted.evaluate(designs.take([]))) == 0
    assert hasattr(Predicted.of(Mixed(), OneHot(Mixed().space)), "repair") == hasattr(Mixed(), "repair")


def test_names_are_looked_up() -> None:
    assert {"boosted-trees", "graph", "kernel-ridge", "mlp", "ridge"} <= set(predictors())
    with pytest.raises(InputError, match="did you mean"):
        build_predictor("rigde", {})
    with pytest.raises(InputError, match="predictor_options"):
        build_predictor("ridge", {"penalty": 1.0})
    for name, options in (("boosted-trees", {"rate": 0.0}), ("mlp", {"steps": 0}), ("graph", {"examples": 1})):
        with pytest.raises(InputError, match=next(iter(options))):
            build_predictor(name, options)
    assert "learned" in str(build_predictor("graph", {}).refusal(Mixed()))
