"""Ranks of methods: Demšar's worked example, SciPy's Friedman test, and what must hold of any ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from braess.errors import InputError
from braess.study.ranking import ranks

# Accuracies of four variants of a decision tree on 14 data sets: Demšar (2006), table 6.
TREES = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],  # printed alike, ranked second and third
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_the_example_of_the_paper() -> None:
    """Mean ranks 3.143, 2.000, 2.893 and 1.964, critical difference 1.25; Friedman's statistic there is 9.28."""
    found = ranks(-TREES)
    assert found.mean == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert found.difference == pytest.approx(1.25, abs=0.005)
    assert found.p_value == pytest.approx(stats.friedmanchisquare(*TREES.T).pvalue)


@given(seed=st.integers(0, 300), n=st.integers(2, 12), k=st.integers(3, 6))
def test_friedman_is_that_of_scipy(seed: int, n: int, k: int) -> None:
    values = np.random.default_rng(seed).integers(0, 5, (n, k)).astype(float)
    expected = stats.friedmanchisquare(*values.T).pvalue
    assert ranks(values).p_value == pytest.approx(1.0 if np.isnan(expected) else expected)


@given(seed=st.integers(0, 300))
def test_methods_that_differ_are_in_no_clique_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = ranks(rng.normal(size=(30, 6)) + rng.uniform(0, 3, 6))
    together = {(i, j) for clique in found.cliques for i in clique for j in clique}
    for i in range(6):
        for j in range(6):
            assert ((i, j) in together) == (abs(found.mean[i] - found.mean[j]) < found.difference)


def test_whatever_failed_is_worst() -> None:
    found = ranks(np.array([[1.0, np.inf], [2.0, np.inf], [3.0, np.inf]]))
    assert found.mean.tolist() == [1.0, 2.0]


def test_equals_cannot_be_told_apart() -> None:
    found = ranks(np.ones((5, 3)))
    assert found.p_value == 1.0
    assert found.cliques == ((0, 1, 2),)


@pytest.mark.parametrize("values", [np.ones((1, 3)), np.ones((3, 1)), np.ones(3), np.full((3, 3), np.nan)])
def test_nonsense_is_refused(values: np.ndarray) -> None:
    with pytest.raises(InputError, match="values"):
        ranks(values)
