"""Ridge regression on one-hot designs, linear or in the space of a Gaussian kernel, with the penalty cross-validated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.linalg import eigh, svd
from scipy.spatial.distance import cdist

from braess.learn.predictors.base import Learned, Predictor
from braess.problem.evaluations import Floats

PENALTIES = 10.0 ** np.arange(-6.0, 3.5, 0.5)  # over the mean square of the singular values
_SHARPNESS = (0.25, 1.0, 4.0)  # of kernels: over the mean squared distance of two rows
_MOST_ROWS = 2000  # that a kernel reads, the last ones
_FLAT = 1e-12  # of the largest eigenvalue: rounding


class Smoothed(NamedTuple):
    """Values explained by the directions of a spectrum, each column under the penalty that foretells rows left out best."""

    errors: Floats
    """``[t]`` mean squared errors at rows left out, one at a time."""
    weights: Floats
    """``[n, t]`` how much each row counts: ``(K + penalty)^-1 (values - mean)`` of the centred Gram matrix ``K``."""


def smoothed(vectors: Floats, squares: Floats, values: Floats) -> Smoothed:
    """Fit centred values under each penalty, in closed form, and keep the best for each column.

    With the hat matrix ``H`` a row left out is foretold with the error ``residual / (1 - H_ii)`` (Allen 1974,
    doi:10.1080/00401706.1974.10489157).

    Parameters
    ----------
    vectors, squares
        ``[n, r]`` orthonormal eigenvectors and ``[r]`` eigenvalues of the centred Gram matrix.
    values
        ``[n, t]``.
    """
    n = len(vectors)
    centred = values - values.mean(axis=0)
    seen = vectors.T @ centred
    best = Smoothed(np.full(values.shape[1], np.inf), np.zeros_like(values))
    for penalty in PENALTIES * (squares.mean() if len(squares) else 1.0):
        shrunk = squares / (squares + penalty)
        leverage = 1.0 / n + np.square(vectors) @ shrunk
        residual = (centred - vectors @ (shrunk[:, None] * seen)) / np.maximum(1.0 - leverage, 1e-9)[:, None]
        errors = np.square(residual).mean(axis=0)
        weights = vectors @ (seen / (squares + penalty)[:, None])
        better = errors < best.errors
        best = Smoothed(np.where(better, errors, best.errors), np.where(better, weights, best.weights))
    return best


@dataclass(frozen=True)
class Line:
    """What linear ridge regression learned: ``[p]`` centre, ``[p, t]`` slopes, ``[t]`` mean."""

    centre: Floats
    slopes: Floats
    mean: Floats

    @classmethod
    def fit(cls, rows: Floats, values: Floats) -> tuple[Line, Floats]:
        """Return the fit and its errors at rows left out, ``[t]``."""
        centre = rows.mean(axis=0)
        left, singular, right = svd(rows - centre, full_matrices=False)
        kept = np.square(singular) > _FLAT * np.square(singular).max(initial=1e-300)
        found = smoothed(left[:, kept], np.square(singular[kept]), values)
        slopes = right[kept].T @ (singular[kept, None] * (left[:, kept].T @ found.weights))
        return cls(centre, slopes, values.mean(axis=0)), found.errors

    def __call__(self, rows: Floats) -> Floats:
        """Return ``[k, t]`` for rows ``[k, p]``."""
        found: Floats = (rows - self.centre) @ self.slopes + self.mean
        return found


@dataclass(frozen=True)
class Bumps:
    """What ridge regression in the space of a Gaussian kernel learned.

    Parameters
    ----------
    known
        ``[n, p]`` rows learned from.
    rate
        ``exp(-rate * squared distance)`` is the kernel.
    offset
        ``[n]`` column means of the Gram matrix.
    weights, mean
        ``[n, t]`` and ``[t]``.
    """

    known: Floats
    rate: float
    offset: Floats
    weights: Floats
    mean: Floats

    @classmethod
    def fit(cls, rows: Floats, values: Floats, sharpness: float) -> tuple[Bumps, Floats]:
        """Return the fit and its errors at rows left out, ``[t]``; sharpness is over the mean squared distance."""
        distances = cdist(rows, rows, "sqeuclidean")
        typical = float(distances.mean())
        rate = sharpness / typical if typical > 0.0 else 1.0
        gram = np.exp(-rate * distances)
        offset = gram.mean(axis=0)
        squares, vectors = eigh(gram - offset - offset[:, None] + offset.mean())
        kept = squares > _FLAT * max(float(squares.max()), 1e-300)
        found = smoothed(vectors[:, kept], squares[kept], values)
        return cls(rows, rate, offset, found.weights, values.mean(axis=0)), found.errors

    def __call__(self, rows: Floats) -> Floats:
        """Return ``[k, t]`` for rows ``[k, p]``; weights sum to 0, so that half of the centring cancels."""
        near = np.exp(-self.rate * cdist(rows, self.known, "sqeuclidean"))
        found: Floats = (near - self.offset) @ self.weights + self.mean
        return found


@dataclass(frozen=True)
class Ridge(Predictor):
    """Linear regression with a penalty on the squares of its slopes, chosen by the error at rows left out.

    Each objective and each constraint has a penalty of its own; the mean is free of it. Nineteen penalties over nine orders of
    magnitude cost one decomposition.

    References
    ----------
    Hoerl and Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems",
    doi:10.1080/00401706.1970.10488634.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.random((40, 3))
    >>> learned = Ridge().fit(rows, rows @ np.array([[1.0], [2.0], [0.0]]), rng)
    >>> round(float(learned(np.ones((1, 3)))[0, 0]), 3)
    3.0
    """

    name: ClassVar[str] = "ridge"
    reference: ClassVar[str] = "Hoerl and Kennard (1970), doi:10.1080/00401706.1970.10488634"

    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        """Learn as `Predictor.fit` says; nothing is left to chance."""
        del rng
        return Line.fit(rows, values)[0]


@dataclass(frozen=True)
class KernelRidge(Predictor):
    """Ridge regression, linear or with one of three Gaussian kernels: for each value what foretells rows left out best.

    The search LINAS chooses in the same way between a line and support vectors with a Gaussian kernel.

    References
    ----------
    Saunders, Gammerman and Vovk (1998), "Ridge regression learning algorithm in dual variables", ICML 1998; Sarah et al.
    (2022), arXiv:2202.12954, for the choice.
    """

    name: ClassVar[str] = "kernel-ridge"
    reference: ClassVar[str] = "Saunders, Gammerman and Vovk (1998), ICML"

    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        """Learn as `Predictor.fit` says; nothing is left to chance."""
        del rng
        last, lasting = rows[-_MOST_ROWS:], values[-_MOST_ROWS:]
        fits: list[tuple[Learned, Floats]] = [Line.fit(rows, values)]
        fits += [Bumps.fit(last, lasting, sharpness) for sharpness in _SHARPNESS]
        chosen = np.argmin([errors for _, errors in fits], axis=0)
        return _Chosen(tuple(learned for learned, _ in fits), chosen)


@dataclass(frozen=True)
class _Chosen:
    """Several fits, and ``[t]`` which of them to believe for each value."""

    fits: tuple[Learned, ...]
    chosen: Floats

    def __call__(self, rows: Floats) -> Floats:
        found = np.empty((len(rows), len(self.chosen)))
        for k in np.unique(self.chosen).tolist():
            columns = self.chosen == k
            found[:, columns] = self.fits[k](rows)[:, columns]
        return found
