"""The classifier of tables: better than guessing from neighbours, indifferent to order, honest about bad input."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from braess.errors import InputError
from braess.learn.prior_fitted.classifier import TabularClassifier


def _ring(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points of the square, and which lie in a ring, of about half the area; two more columns say nothing."""
    rows = np.random.default_rng(seed).random((n, 4))
    radius = np.hypot(rows[:, 0] - 0.5, rows[:, 1] - 0.5)
    return rows, (radius > 0.2) & (radius < 0.45)


def test_a_ring_is_learned_without_fitting() -> None:
    """Better than the five nearest neighbours: by the log score, from 100 points."""
    rows, labels = _ring(100)
    asked, wanted = _ring(1000, seed=1)
    probability = TabularClassifier(rows, labels).probability(asked)
    nearest = np.square(asked[:, None] - rows).sum(-1).argsort(1)[:, :5]
    neighbours = (labels[nearest].sum(1) + 1.0) / 7.0

    def score(foretold: np.ndarray) -> float:
        return float(-np.log(np.where(wanted, foretold, 1.0 - foretold)).mean())

    assert score(probability) < 0.8 * score(neighbours)
    assert ((probability > 0.5) == wanted).mean() > 0.8


@pytest.mark.parametrize("scaled", [True, False])
def test_orders_do_not_matter(scaled: bool) -> None:
    rows, labels = _ring(60)
    asked = _ring(20, seed=1)[0]
    probability = TabularClassifier(rows, labels, scaled=scaled).probability(asked)
    rng = np.random.default_rng(2)
    by_row, by_column = rng.permutation(60), rng.permutation(4)
    turned = TabularClassifier(rows[by_row][:, by_column], labels[by_row], scaled=scaled)
    assert turned.probability(asked[:, by_column]) == pytest.approx(probability, abs=1e-4)


def test_the_other_label_has_the_other_probability() -> None:
    rows, labels = _ring(60)
    asked = _ring(20, seed=1)[0]
    one, other = (TabularClassifier(rows, given).probability(asked) for given in (labels, ~labels))
    assert one + other == pytest.approx(1.0, abs=1e-6)


def test_scales_do_not_matter() -> None:
    rows, labels = _ring(60)
    asked = _ring(20, seed=1)[0]
    factors, offsets = np.array([1e6, 1e-6, 3.0, 1.0]), np.array([0.0, 1.0, -5.0, 1e3])
    one = TabularClassifier(rows, labels).probability(asked)
    other = TabularClassifier(rows * factors + offsets, labels).probability(asked * factors + offsets)
    assert other == pytest.approx(one, abs=1e-3)


def test_many_rows_are_read_in_groups() -> None:
    """All count, and each group has its share of a rare label."""
    rows, labels = _ring(1000)
    asked, wanted = _ring(500, seed=1)
    probability = TabularClassifier(rows, labels).probability(asked)
    assert ((probability > 0.5) == wanted).mean() > 0.93
    rare = np.arange(1000) < 3
    assert TabularClassifier(rows, rare).probability(asked).mean() < 0.05


def test_one_label_alone_is_likely_everywhere() -> None:
    rows = _ring(30)[0]
    assert TabularClassifier(rows, np.ones(30, dtype=bool)).probability(rows).min() > 0.8


def test_log_odds_have_slopes() -> None:
    rows, labels = _ring(60)
    classifier = TabularClassifier(rows, labels)
    at = torch.tensor(_ring(3, seed=1)[0], requires_grad=True)
    (slope,) = torch.autograd.grad(classifier.log_odds(at).sum(), at)
    step = 0.01
    for j in range(4):
        moved = torch.zeros(4, dtype=torch.float64)
        moved[j] = step
        with torch.no_grad():
            change = classifier.log_odds(at + moved) - classifier.log_odds(at - moved)
        assert slope[:, j].numpy() == pytest.approx((change / (2.0 * step)).numpy(), rel=0.1, abs=0.1)


@pytest.mark.parametrize(
    ("rows", "labels", "field"),
    [
        (np.empty((0, 2)), np.empty(0, dtype=bool), "rows"),
        (np.ones((3, 2)), np.ones(2, dtype=bool), "labels"),
        (np.full((3, 2), np.nan), np.ones(3, dtype=bool), "rows"),
    ],
)
def test_impossible_tables_are_refused(rows: np.ndarray, labels: np.ndarray, field: str) -> None:
    with pytest.raises(InputError, match=field):
        TabularClassifier(rows, labels)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match="width"):
        TabularClassifier(*_ring(20)).probability(np.ones((2, 3)))
