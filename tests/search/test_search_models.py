"""What model-based searches share: values made standard, designs as rows, and the search for what promises most."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

pytest.importorskip("torch", reason="designs as rows are tensors of PyTorch")

import torch

from braess.search._encoding import Encoding
from braess.search._model_optimum import model_optimum
from braess.search._promising import Box, promising
from braess.search._standard import Standard
from braess.search._trend import Trend
from braess.space import Binary, Categorical, Integer, Real, Space


def test_the_bend_is_that_of_the_greatest_likelihood() -> None:
    """SciPy's own search for it must come to the same, and skewed values to symmetric ones."""
    values = np.exp(np.random.default_rng(0).standard_normal(200))
    standard = Standard.of(values)
    assert standard.bend == pytest.approx(stats.yeojohnson_normmax(values / standard.unit), abs=1e-3)
    assert standard(values).mean() == pytest.approx(0.0, abs=1e-9)
    assert standard(values).std() == pytest.approx(1.0)
    assert abs(stats.skew(standard(values))) < 0.2 < stats.skew(values)


@given(st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=30))
@settings(deadline=None)
def test_standard_values_keep_the_order(numbers: list[float]) -> None:
    values = np.array(numbers)
    mapped = Standard.of(values)(values)
    assert np.isfinite(mapped).all()
    assert (np.diff(mapped[np.argsort(values, kind="stable")]) >= -1e-9).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30))
@settings(deadline=None)
def test_what_is_feasible_stays_below_the_image_of_the_limit(numbers: list[float]) -> None:
    values = np.array(numbers)
    standard = Standard.of(values)
    limit = float(standard(np.zeros(1))[0])
    assert (standard(values)[values <= 0.0] <= limit + 1e-12).all()
    assert (standard(values)[values > 0.0] >= limit - 1e-12).all()


@given(st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=30, unique=True), st.booleans())
@settings(deadline=None)
def test_the_slope_of_the_map_is_that_of_differences(numbers: list[float], straight: bool) -> None:
    """By it likelihoods before and after the map compare: here with differences over small steps."""
    values = np.array(numbers)
    standard = Standard.of(values, straight=straight)
    step = 1e-6 * standard.unit
    rise = (standard(values + step) - standard(values - step)) / (2.0 * step)
    if np.isfinite(rise).all() and (rise > 1e-9).all():
        assert standard.log_slope(values) == pytest.approx(float(np.log(rise).mean()), abs=0.05)
    assert not straight or standard.bend == 1.0


def test_equal_values_are_left_alone() -> None:
    assert Standard.of(np.full(5, 3.0))(np.array([3.0, 4.0])) == pytest.approx([0.0, 1.0])


def _quadratic(rows: np.ndarray) -> np.ndarray:
    """Return three columns at rows of five coordinates: a constant, a line, and products of coordinates."""
    line = 1.0 + rows @ np.array([2.0, 0.0, -3.0, 0.0, 0.5])
    return np.array([np.full(len(rows), 4.0), line, line + rows[:, 0] * rows[:, 3] - 2.0 * rows[:, 1] ** 2])


def test_polynomials_are_found_again() -> None:
    """From as many rows as there are terms and a few more, at other rows."""
    rng = np.random.default_rng(0)
    rows, others = rng.random((30, 5)), rng.random((9, 5))
    trend = Trend(rows, _quadratic(rows))
    assert trend(torch.tensor(others)).numpy() == pytest.approx(_quadratic(others), abs=1e-5)
    assert trend.errors.max() < 1e-5


def test_noise_has_no_trend() -> None:
    """Of values that follow nothing, the mean must be all that is foretold of most."""
    rng = np.random.default_rng(0)
    rows, others = rng.random((40, 3)), rng.random((9, 3))
    values = rng.standard_normal((50, 40))
    flat = np.ptp(Trend(rows, values)(torch.tensor(others)).numpy(), axis=1) < 1e-12
    assert flat.mean() > 0.6


def test_the_error_is_that_at_rows_left_out() -> None:
    """Computed again by leaving out each row in turn."""
    rng = np.random.default_rng(0)
    rows = rng.random((12, 1))
    values = 3.0 * rows[:, 0] + 0.3 * rng.standard_normal(12)
    trend = Trend(rows, values[None])
    slope, constant = np.polyfit(rows[:, 0], values, 1)
    assert trend(torch.tensor(rows))[0].numpy() == pytest.approx(constant + slope * rows[:, 0])
    left_out = []
    for i in range(12):
        others = np.arange(12) != i
        line = np.polyfit(rows[others, 0], values[others], 1)
        left_out.append(values[i] - np.polyval(line, rows[i, 0]))
    assert trend.errors[0] == pytest.approx(np.sqrt(np.mean(np.square(left_out))))


def test_categories_get_a_coordinate_each() -> None:
    space = Space({"kind": Categorical(options=("a", "b", "c")), "size": Real(low=0.0, high=2.0), "on": Binary()})
    encoding = Encoding(space)
    points = space.to_unit(space.from_rows([{"kind": "b", "size": 0.5, "on": True}]))
    assert encoding.width == 5
    assert encoding(torch.tensor(points))[0].tolist() == [0.0, 1.0, 0.0, 0.25, 0.75]


@pytest.mark.parametrize("kind", ["real", "levels"])
def test_the_most_promising_design_is_found(kind: str) -> None:
    """A peak whose place is known: near it among reals, exactly there among levels."""
    variable = Real(low=0.0, high=1.0, size=3) if kind == "real" else Integer(low=0, high=19, size=3)
    space, peak = Space({"x": variable}), np.array([0.325, 0.725, 0.525])
    rng = np.random.default_rng(0)
    found = promising(
        space,
        lambda points: -np.square(points - peak).sum(axis=1),
        np.full((1, 3), 0.5),
        box=Box.unit(3),
        starts=200,
        kept=5,
        repair=lambda designs: designs,
        rng=rng,
    )
    assert len(found) == 5
    distance = np.abs(found - peak).max(axis=1)
    assert (np.diff(np.square(found - peak).sum(axis=1)) >= 0.0).all()
    assert distance[0] < (0.2 if kind == "real" else 1e-9)


def test_the_optimum_of_a_model_lies_where_constraints_meet() -> None:
    """The least sum of two numbers whose product is a quarter and more: a half each. With nothing in the way: the corner."""

    def outcomes(points: np.ndarray) -> np.ndarray:
        return np.array([points.sum(axis=1), 0.25 - points.prod(axis=1), points[:, 0] - points[:, 1]])

    assert model_optimum(outcomes, np.array([0.9, 0.95])) == pytest.approx([0.5, 0.5], abs=1e-3)
    assert model_optimum(lambda points: points.sum(axis=1)[None], np.array([0.3, 0.6])) == pytest.approx([0.0, 0.0], abs=1e-6)


def test_nothing_is_looked_for_outside_the_box() -> None:
    space = Space({"x": Real(low=0.0, high=1.0, size=2)})
    box = Box(np.array([0.2, 0.4]), np.array([0.3, 0.9]))
    found = promising(
        space,
        lambda points: points.sum(axis=1),
        np.array([[0.9, 0.9]]),
        box=box,
        starts=64,
        kept=64,
        repair=lambda designs: designs,
        rng=np.random.default_rng(1),
    )
    assert ((found >= box.low - 1e-9) & (found <= box.high + 1e-9)).all()
