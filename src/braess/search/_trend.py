"""Polynomials that values follow by and large, so that a network only has to foretell what is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from braess.problem.evaluations import Floats

_RIDGES = (1e-9, 1e-4, 1e-2)  # of the largest singular value, squared
_MOST_TERMS = 2.0  # terms for each row at most
_WORTH = 0.95  # what more terms must bring the error down to


class _Terms(NamedTuple):
    """Products of coordinates, the first of each may be left out (-1)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def of(self, rows: Floats) -> Floats:
        padded = np.column_stack([rows, np.ones(len(rows))])
        products: Floats = padded[:, self.first] * padded[:, self.second]
        return products


class Trend:
    """Polynomials of degree 0 to 2, one for each column of values: those with the least error at rows left out.

    Parameters
    ----------
    rows
        ``[n, d]``.
    values
        ``[t, n]``.

    Attributes
    ----------
    errors
        ``[t]`` root of the mean square error of each at rows left out, one at a time (PRESS).

    References
    ----------
    Allen (1974), "The relationship between variable selection and data augmentation and a method for prediction",
    doi:10.1080/00401706.1974.10489157.
    """

    def __init__(self, rows: Floats, values: Floats) -> None:
        (n, d), t = rows.shape, len(values)
        self.errors: Floats = values.std(axis=1) * n / max(n - 1, 1)
        constant, linear, square = values.mean(axis=1), np.zeros((t, d)), np.zeros((t, d, d))
        for terms in _models(d):
            if len(terms.first) > _MOST_TERMS * n:
                break
            found = _fitted(terms.of(rows), values)
            better = found.errors < _WORTH * self.errors
            self.errors = np.where(better, found.errors, self.errors)
            constant[better], linear[better], square[better] = found.constant[better], 0.0, 0.0
            for k, (i, j) in enumerate(zip(terms.first, terms.second, strict=True)):
                if i < 0:
                    linear[better, j] = found.factors[better, k]
                else:
                    square[better, i, j] = found.factors[better, k]
        self._parts = tuple(torch.tensor(part) for part in (constant, linear, square))

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        """Return values ``[t, m]`` at points ``[m, d]`` in double precision."""
        constant, linear, square = self._parts
        return constant[:, None] + linear @ points.T + ((points @ square) * points).sum(-1)

    def take(self, chosen: NDArray[np.int64]) -> None:
        """Keep the polynomials with these numbers, ``[k]``, in that order."""
        self.errors = self.errors[chosen]
        self._parts = tuple(part[torch.as_tensor(chosen)] for part in self._parts)


class _Fit(NamedTuple):
    errors: Floats
    constant: Floats
    factors: Floats


def _models(d: int) -> tuple[_Terms, ...]:
    """Return lines, then lines with squares, then all products of two, of so many coordinates."""
    each, none = np.arange(d), np.full(d, -1)
    first, second = np.triu_indices(d, 1)
    lines = _Terms(none, each)
    squares = _Terms(np.concatenate([none, each]), np.concatenate([each, each]))
    products = _Terms(np.concatenate([squares.first, first]), np.concatenate([squares.second, second]))
    return (lines, squares, products) if d > 1 else (lines, squares)


def _fitted(terms: Floats, values: Floats) -> _Fit:
    """Fit values ``[t, n]`` by terms ``[n, p]``, each column under the ridge that foretells rows left out best."""
    n = len(terms)
    centres, means = terms.mean(axis=0), values.mean(axis=1)
    left, singular, right = np.linalg.svd(terms - centres, full_matrices=False)
    kept = singular > 1e-12 * max(singular[0], 1e-300)
    left, singular, right = left[:, kept], singular[kept], right[kept]
    seen = (values - means[:, None]) @ left
    best = _Fit(np.full(len(values), np.inf), means, np.zeros((len(values), terms.shape[1])))
    for ridge in _RIDGES if 2 * terms.shape[1] > n else _RIDGES[:1]:
        shrunk = singular**2 / (singular**2 + ridge * singular[0] ** 2) if len(singular) else singular
        leverage = 1.0 / n + np.square(left) @ shrunk
        residual = values - means[:, None] - (seen * shrunk) @ left.T
        errors = np.sqrt(np.mean(np.square(residual / np.maximum(1.0 - leverage, 1e-6)), axis=1))
        factors = (seen * (shrunk / singular)) @ right
        better = errors < best.errors
        best = _Fit(
            np.where(better, errors, best.errors),
            np.where(better, means - factors @ centres, best.constant),
            np.where(better[:, None], factors, best.factors),
        )
    return best
