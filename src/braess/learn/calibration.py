"""How far predictions can be trusted: errors, ranks, and intervals that hold what they promise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from braess.errors import InputError

Floats = NDArray[np.float64]

_ROUNDING = 1e-9  # 10 times 0.9 is no more than 9


@dataclass(frozen=True)
class Accuracy:
    """How near predictions are to the truth.

    Parameters
    ----------
    mape
        Mean absolute error as a share of the answer, over the answers that are not 0.
    wape
        Sum of absolute errors over the sum of the answers: small ones do not count more than large ones.
    r2
        Share of the variance that is explained.
    """

    mape: float
    wape: float
    r2: float


def accuracy(predicted: Floats, target: Floats) -> Accuracy:
    """Compare predicted answers with those of the follower, ``[n, e]``."""
    _require_pairs(predicted, target)
    error, variance = predicted - target, ((target - target.mean()) ** 2).sum()
    r2 = 1.0 - float((error**2).sum() / variance) if variance > 0 else float("nan")
    size, some = np.abs(target), target != 0
    mape = float((np.abs(error[some]) / size[some]).mean()) if some.any() else float("nan")
    return Accuracy(mape, float(np.abs(error).sum() / size.sum()) if some.any() else float("nan"), r2)


@dataclass(frozen=True)
class Ranking:
    """How well predictions put designs in order.

    Parameters
    ----------
    error
        Mean absolute relative error of the objective.
    spearman, kendall
        Rank correlations; not-a-number where all are the same.
    """

    error: float
    spearman: float
    kendall: float


def ranking(predicted: Floats, target: Floats) -> Ranking:
    """Compare predicted objectives ``[n]`` with exact ones."""
    _require_pairs(predicted, target)
    error = float((np.abs(predicted - target) / np.abs(target)).mean())
    if np.ptp(predicted) == 0 or np.ptp(target) == 0:
        return Ranking(error, float("nan"), float("nan"))
    return Ranking(error, float(stats.spearmanr(predicted, target)[0]), float(stats.kendalltau(predicted, target)[0]))


@dataclass(frozen=True)
class Conformal:
    """Intervals around predictions that hold the truth as often as promised, for examples like those they were made from.

    Parameters
    ----------
    radius
        Relative half width of an interval.
    coverage
        Share of new examples whose interval holds the truth, at least, on average.
    examples
        How many it was made from.

    References
    ----------
    Split conformal prediction: Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018),
    arXiv:1604.04173.
    """

    radius: float
    coverage: float
    examples: int

    @classmethod
    def of(cls, predicted: Floats, target: Floats, *, coverage: float = 0.9) -> Conformal:
        """Make intervals from predictions ``[n]`` for examples that no model has learned from.

        Raises
        ------
        InputError
            The coverage is not between 0 and 1, or there are too few examples for it.
        """
        _require_pairs(predicted, target)
        if not 0 < coverage < 1:
            raise InputError("impossible coverage", field="coverage", found=coverage, expected="between 0 and 1")
        rank = conformal_rank(len(target), coverage)
        if rank > len(target):
            raise InputError(
                "too few examples for this coverage",
                field="coverage",
                found=len(target),
                expected=f"at least {int(np.ceil(coverage / (1 - coverage) - _ROUNDING))}",
            )
        score = np.abs(target - predicted) / np.abs(predicted)
        return cls(float(np.sort(score)[rank - 1]), coverage, len(target))

    def interval(self, predicted: Floats) -> tuple[Floats, Floats]:
        """Return the ends of the intervals around predictions ``[n]``."""
        half = self.radius * np.abs(predicted)
        return predicted - half, predicted + half


def conformal_rank(n: int, coverage: float) -> int:
    """Return which of ``n`` errors, from the smallest, new errors do not exceed so often; above ``n`` where none can tell."""
    return int(np.ceil((n + 1) * coverage - _ROUNDING))


def _require_pairs(predicted: Floats, target: Floats) -> None:
    if predicted.shape != target.shape or not len(target):
        raise InputError(
            "not one prediction for each answer", field="predicted", found=predicted.shape, expected=str(target.shape)
        )
