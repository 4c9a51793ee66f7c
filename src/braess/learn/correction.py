"""What a model misses of an objective, learned from the designs solved on the way: corrected values, with intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular

from braess.learn.calibration import conformal_rank

Floats = NDArray[np.float64]

_SCALES = (0.1, 1.0, 10.0)  # of what single decisions add, over what all designs have in common
_NOISES = (0.01, 0.1, 1.0)  # of what is left
_TAUGHT = 8  # fewest designs it learns from
_SCORES = 200  # latest errors that intervals are made from


class Correction:
    """A Gaussian process on the flat design, of the exact objective less the predicted one; intervals are conformal.

    What is missed is a constant, a multiple of the prediction and an effect of each decision, all unknown; how large they are
    is chosen by the likelihood. The half width of an interval is a multiple of the standard deviation, such that the latest
    designs, each predicted before it was learned from, were held as often as promised.

    Parameters
    ----------
    radius
        Relative half width of the intervals before anything is learned.
    coverage
        Share of designs that intervals are to hold.
    most
        Solved designs kept: half of them the best, half the latest.

    References
    ----------
    Kennedy and O'Hagan (2000), "Predicting the output from a complex computer code when fast approximations are
    available", Biometrika 87, doi:10.1093/biomet/87.1.1. Conformal prediction as in `Conformal`.
    """

    def __init__(self, radius: float, coverage: float, *, most: int = 400) -> None:
        self._radius, self._coverage, self._most = radius, coverage, most
        self._rows, self._predicted, self._exact = np.empty((0, 0)), np.empty(0), np.empty(0)
        self._scores, self._hits = np.empty(0), list[bool]()
        self._process: _Process | None = None

    @property
    def covered(self) -> float:
        """Share of all designs learned from that their interval held before; not-a-number where there is none."""
        return float(np.mean(self._hits)) if self._hits else float("nan")

    def learn(self, rows: Floats, predicted: Floats, exact: Floats) -> None:
        """Take in flat designs ``[n, width]``, and their objective as the model predicts it and as solved, both ``[n]``."""
        if not len(exact):
            return
        mean, half = self.apply(rows, predicted)
        self._hits += (np.abs(exact - mean) <= half).tolist()
        if self._process is not None:
            score = np.abs(exact - mean) / self._process.deviation(rows, predicted)
            self._scores = np.concatenate([self._scores, score])[-_SCORES:]
        known = len(self._exact)
        self._rows = np.concatenate([self._rows, rows]) if known else rows
        self._predicted = np.concatenate([self._predicted, predicted])
        self._exact = np.concatenate([self._exact, exact])
        if len(self._exact) > self._most:
            half_of_it, order = self._most // 2, np.argsort(self._exact, kind="stable")
            kept = np.union1d(order[:half_of_it], np.arange(len(order) - half_of_it, len(order)))
            self._rows, self._predicted, self._exact = self._rows[kept], self._predicted[kept], self._exact[kept]
        if len(self._exact) >= _TAUGHT:
            self._process = _Process(self._rows, self._predicted, self._exact)

    def apply(self, rows: Floats, predicted: Floats) -> tuple[Floats, Floats]:
        """Return corrected objectives and half widths of their intervals, both ``[n]``."""
        if self._process is None:
            return predicted, self._radius * np.abs(predicted)
        return self._process.mean(rows, predicted), self._width * self._process.deviation(rows, predicted)

    @property
    def _width(self) -> float:
        """Half width of an interval over the standard deviation."""
        rank = conformal_rank(len(self._scores), self._coverage)
        if rank > len(self._scores):
            return 2.0
        return float(np.sort(self._scores)[rank - 1])


class _Process:
    """A Gaussian process fitted to what a model misses."""

    def __init__(self, rows: Floats, predicted: Floats, exact: Floats) -> None:
        missed = exact - predicted
        self._centre, self._middle = rows.mean(axis=0), float(predicted.mean())
        self._spread = float(predicted.std()) or 1.0
        self._size = max(float(((rows - self._centre) ** 2).sum(axis=1).mean()), 1e-12)
        self._mean, self._scale = float(missed.mean()), float(missed.std()) or 1.0
        self._rows, self._known = rows, self._features(rows, predicted)
        target = (missed - self._mean) / self._scale
        fits = [self._fit(target, scale, noise) for scale in _SCALES for noise in _NOISES]
        _, self._effect, self._noise, self._root, self._weights, self._variance = max(
            (fit for fit in fits if fit is not None), key=lambda fit: fit[0]
        )

    def mean(self, rows: Floats, predicted: Floats) -> Floats:
        """Return corrected objectives ``[n]``."""
        between = self._kernel(self._features(rows, predicted), self._known, self._effect)
        found: Floats = predicted + self._mean + self._scale * (between @ self._weights)
        return found

    def deviation(self, rows: Floats, predicted: Floats) -> Floats:
        """Return standard deviations ``[n]`` of the exact objective around the corrected one."""
        features = self._features(rows, predicted)
        between = self._kernel(features, self._known, self._effect)
        explained = (solve_triangular(self._root, between.T, lower=True) ** 2).sum(axis=0)
        decisions, slope = features
        own = 1.0 + slope**2 + self._effect * (decisions**2).sum(axis=1)
        found: Floats = self._scale * np.sqrt(self._variance * (np.maximum(own - explained, 0.0) + self._noise))
        return found

    def _features(self, rows: Floats, predicted: Floats) -> tuple[Floats, Floats]:
        return (rows - self._centre) / np.sqrt(self._size), (predicted - self._middle) / self._spread

    def _kernel(self, one: tuple[Floats, Floats], other: tuple[Floats, Floats], effect: float) -> Floats:
        found: Floats = 1.0 + np.outer(one[1], other[1]) + effect * (one[0] @ other[0].T)
        return found

    def _fit(self, target: Floats, effect: float, noise: float) -> tuple[float, float, float, Floats, Floats, float] | None:
        """Return likelihood, the two numbers, the root of the covariance, the weights and the variance; ``None``: singular."""
        covariance = self._kernel(self._known, self._known, effect) + noise * np.eye(len(target))
        try:
            root = cholesky(covariance, lower=True)
        except LinAlgError:
            return None
        weights = cho_solve((root, True), target)
        variance = float(target @ weights) / len(target)
        likelihood = -0.5 * len(target) * np.log(max(variance, 1e-300)) - float(np.log(np.diag(root)).sum())
        return likelihood, effect, noise, root, weights, variance
