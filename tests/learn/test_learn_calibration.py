"""Errors, ranks and intervals against figures known from elsewhere, and the coverage that intervals promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from braess.errors import InputError
from braess.learn.calibration import Conformal, accuracy, ranking


def test_accuracy_by_hand() -> None:
    target = np.array([[1.0, 4.0], [0.0, 5.0]])
    found = accuracy(np.array([[1.1, 3.0], [0.5, 5.0]]), target)
    assert found.mape == pytest.approx((0.1 + 0.25 + 0.0) / 3)  # the answer 0 has no percentage
    assert found.wape == pytest.approx(1.6 / 10)
    assert found.r2 == pytest.approx(1 - (0.01 + 1 + 0.25) / ((1 - 2.5) ** 2 + 1.5**2 + 2.5**2 + 2.5**2))


def test_perfect_and_constant_predictions() -> None:
    target = np.random.default_rng(0).random((20, 3)) + 1
    assert accuracy(target, target).r2 == 1
    assert accuracy(target, target).mape == 0
    assert accuracy(np.full_like(target, target.mean()), target).r2 == pytest.approx(0)


def test_ranking_by_hand() -> None:
    """One pair of neighbours out of order among four."""
    found = ranking(np.array([1.0, 2.0, 4.0, 3.0]), np.array([10.0, 20.0, 30.0, 40.0]))
    assert found.spearman == pytest.approx(0.8)
    assert found.kendall == pytest.approx((5 - 1) / 6)
    assert found.error == pytest.approx((0.9 + 0.9 + 26 / 30 + 37 / 40) / 4)
    assert np.isnan(ranking(np.ones(3), np.arange(1.0, 4.0)).spearman)


@given(seed=st.integers(0, 1000), coverage=st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_intervals_take_the_right_rank(seed: int, coverage: float) -> None:
    """With n examples the radius is the ceil((n + 1) coverage)-th smallest error."""
    rng = np.random.default_rng(seed)
    predicted, target = rng.uniform(1, 2, 99), rng.uniform(1, 2, 99)
    found = Conformal.of(predicted, target, coverage=coverage)
    low, high = found.interval(predicted)
    held = ((low <= target * (1 + 1e-12)) & (target <= high * (1 + 1e-12))).sum()
    assert held == round(100 * coverage)


def test_intervals_hold_their_coverage() -> None:
    """On average over many calibrations, new examples of the same kind are held as often as promised."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        truth = rng.uniform(1, 2, 400)
        predicted = truth * (1 + 0.05 * rng.standard_normal(400) * truth)
        low, high = Conformal.of(predicted[:200], truth[:200], coverage=0.9).interval(predicted[200:])
        held.append(((low <= truth[200:]) & (truth[200:] <= high)).mean())
    assert 0.895 < np.mean(held) < 0.912


def test_impossible_coverages_are_refused() -> None:
    ones = np.ones(8)
    with pytest.raises(InputError, match="at least 9"):
        Conformal.of(ones, ones, coverage=0.9)
    for coverage in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="impossible coverage"):
            Conformal.of(ones, ones, coverage=coverage)
    with pytest.raises(InputError, match="not one prediction"):
        Conformal.of(ones, np.ones(7))
