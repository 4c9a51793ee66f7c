"""Which of several methods did better, by ranks over repetitions: mean ranks, and by how much they must differ to mean it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError

Floats = NDArray[np.float64]

_LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of methods over repetitions.

    Parameters
    ----------
    mean
        ``[k]`` mean rank of each method, 1 for one that is always best; equals share their ranks.
    difference
        How much two mean ranks must differ for the two methods to differ at the level of 5 % (Nemenyi 1963).
    p_value
        How likely ranks this unequal were if all methods did alike (Friedman 1937).
    cliques
        Groups of methods, each by place, that cannot be told apart, best first; each as large as can be, none within another.
    """

    mean: Floats
    difference: float
    p_value: float
    cliques: tuple[tuple[int, ...], ...]


def ranks(values: Floats) -> Ranks:
    """Rank methods by their values.

    Parameters
    ----------
    values
        ``[n, k]`` what each of ``k`` methods came to in each of ``n`` repetitions, smaller is better; infinite where nothing
        came of it.

    Raises
    ------
    InputError
        There are fewer than two methods or repetitions, or a value is no number.

    References
    ----------
    Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine Learning Research 7 (2006).
    """
    from scipy.stats import rankdata, studentized_range

    if values.ndim != 2 or min(values.shape) < 2:
        raise InputError("nothing to compare", field="values", found=values.shape, expected="two methods, two repetitions")
    if np.isnan(values).any():
        raise InputError("some values are no numbers", field="values", expected="infinite ones where nothing came of it")
    n, k = values.shape
    each = rankdata(values, axis=1)
    mean: Floats = each.mean(axis=0)
    spread = float(studentized_range.ppf(1.0 - _LEVEL, k, np.inf)) / np.sqrt(2.0)
    difference = float(spread * np.sqrt(k * (k + 1) / (6.0 * n)))
    return Ranks(mean, difference, _friedman(each), _cliques(mean, difference))


def _friedman(each: Floats) -> float:
    """Return the p-value of Friedman's test, corrected for ties; 1 where all are tied."""
    from scipy.stats import chi2

    n, k = each.shape
    away = each.sum(axis=0) - n * (k + 1) / 2.0
    spread = np.square(each - (k + 1) / 2.0).sum() / (k - 1)
    return float(chi2.sf(np.square(away).sum() / spread, k - 1)) if spread > 0.0 else 1.0


def _cliques(mean: Floats, difference: float) -> tuple[tuple[int, ...], ...]:
    order = np.argsort(mean, kind="stable")
    found: list[tuple[int, ...]] = []
    end = 0
    for start in range(len(order)):
        last = int(np.flatnonzero(mean[order] < mean[order[start]] + difference)[-1]) + 1
        if last > end:
            found.append(tuple(order[start:last].tolist()))
            end = last
    return tuple(found)
