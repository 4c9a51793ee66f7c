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
from braess.search._promising import Box, promising
from braess.search._standard import Standard
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


def test_equal_values_are_left_alone() -> None:
    assert Standard.of(np.full(5, 3.0))(np.array([3.0, 4.0])) == pytest.approx([0.0, 1.0])


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
