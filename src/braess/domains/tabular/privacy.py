"""Zero-concentrated differential privacy: what a budget is worth, and how much noise it takes.

Neighbouring tables differ in one row, which is replaced; the number of rows is public. A mechanism that adds normal noise of
standard deviation s to answers with L2 sensitivity D is ``D² / (2 s²)``-zCDP, and budgets of several add up (Bun and Steinke
2016, arXiv:1605.02065).
"""

from __future__ import annotations

import math
from typing import Literal

from scipy.optimize import brentq, minimize_scalar

from braess.errors import InputError

Conversion = Literal["tight", "simple"]
_NARROW, _WIDE = -30.0, 30.0  # logarithms of the order less 1 between which the best one is looked for
_SAFE = 1.0 - 1e-9  # what is solved for numerically is rounded towards less budget


def epsilon_of(rho: float, delta: float, conversion: Conversion = "tight") -> float:
    """Return the least epsilon for which ``rho``-zCDP is known to imply ``(epsilon, delta)``-differential privacy.

    Parameters
    ----------
    rho
        Budget spent; infinite where nothing is private.
    delta
        Between 0 and 1.
    conversion
        ``"simple"``: ``rho + 2 sqrt(rho ln(1 / delta))`` (Bun and Steinke 2016, proposition 1.3); ``"tight"``: the best order
        of Rényi divergence (Canonne, Kamath and Steinke 2020, arXiv:2004.00010, corollary 13).

    Raises
    ------
    InputError
        A number that is out of range.
    """
    _require(rho=rho, delta=delta)
    if rho == 0.0 or math.isinf(rho):
        return rho
    simple = rho + 2.0 * math.sqrt(rho * math.log(1.0 / delta))
    if conversion == "simple":
        return simple

    def at(width: float) -> float:
        above = math.exp(width)  # the order less 1
        order = 1.0 + above
        return order * rho + math.log(1.0 / delta) / above + width - order * math.log1p(above) / above

    middle = math.log(math.sqrt(math.log(1.0 / delta) / rho))  # best order of the simple form
    found = minimize_scalar(at, bounds=(max(_NARROW, middle - 5.0), min(_WIDE, middle + 5.0)), method="bounded")
    return max(0.0, min(simple, float(found.fun)))


def rho_of(epsilon: float, delta: float, conversion: Conversion = "tight") -> float:
    """Return the largest budget known to imply ``(epsilon, delta)``-differential privacy; infinite where epsilon is.

    Raises
    ------
    InputError
        A number that is out of range.
    """
    _require(epsilon=epsilon, delta=delta)
    if math.isinf(epsilon):
        return epsilon
    unlikely = math.log(1.0 / delta)
    simple = (math.sqrt(unlikely + epsilon) - math.sqrt(unlikely)) ** 2
    if conversion == "simple":
        return simple
    high = 2.0 * simple
    while epsilon_of(high, delta) <= epsilon:
        high *= 2.0
    return _SAFE * float(brentq(lambda rho: epsilon_of(rho, delta) - epsilon, simple, high, xtol=1e-18, rtol=1e-12))


def gaussian_scale(sensitivity: float, rho: float) -> float:
    """Return the standard deviation of normal noise for answers of an L2 sensitivity under a budget."""
    return sensitivity / math.sqrt(2.0 * rho)


def gumbel_scale(sensitivity: float, rho: float, chosen: int) -> float:
    """Return the scale of Gumbel noise with which the largest ``chosen`` of noisy scores may be named under a budget.

    Scores change by at most ``sensitivity`` when a row is replaced. Naming the largest is an exponential mechanism, whose
    budget is ``sensitivity² / (2 scale²)`` (Cesar and Rogers 2021, arXiv:2004.07223); several at once are as many in a row.
    """
    return sensitivity * math.sqrt(chosen / (2.0 * rho))


def _require(*, delta: float, **positive: float) -> None:
    if not 0.0 < delta < 1.0:
        raise InputError("impossible probability", field="delta", found=delta, expected="between 0 and 1")
    for name, value in positive.items():
        if not value >= 0.0 or (name == "epsilon" and value == 0.0):
            raise InputError("impossible budget", field=name, found=value, expected="more than 0")
