"""Ridge regression whose penalty is chosen by leaving out one row at a time, all in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from braess.problem.evaluations import Floats

PENALTIES = 10.0 ** np.arange(-2.0, 4.01, 0.5)  # up to that of DeepArchitect, beyond which nothing is left of the slopes


@dataclass(frozen=True)
class Ridge:
    """A linear model: ``offset + features @ slopes``.

    Parameters
    ----------
    offset
        Not penalised.
    slopes
        ``[d]``.
    penalty
        Weight of their squares.
    """

    offset: float
    slopes: Floats
    penalty: float

    @classmethod
    def fit(cls, features: Floats, values: Floats, penalties: Floats = PENALTIES) -> Ridge:
        """Fit to rows ``[n, d]`` and values ``[n]`` with that of some penalties which foretells rows left out best.

        With the singular values ``s`` of the centred rows, a row's error when it is left out is its residual over
        ``1 - h``, ``h`` its share in its own fitted value (Allen 1974, doi:10.1080/00401706.1974.10489157).
        """
        centre, mean = features.mean(axis=0), float(values.mean())
        left, singular, right = np.linalg.svd(features - centre, full_matrices=False)
        along = left.T @ (values - mean)
        squares = singular**2
        shrunk = squares / (squares + penalties[:, None])
        fitted = (shrunk * along) @ left.T
        own = 1.0 / len(values) + shrunk @ (left**2).T
        errors = (((values - mean) - fitted) / np.maximum(1.0 - own, 1e-12)) ** 2
        best = int(np.argmin(errors.sum(axis=1)))
        slopes = right.T @ (singular / (squares + penalties[best]) * along)
        return cls(mean - float(centre @ slopes), slopes, float(penalties[best]))

    def __call__(self, features: Floats) -> Floats:
        """Foretell rows ``[m, d]``."""
        found: Floats = self.offset + features @ self.slopes
        return found
