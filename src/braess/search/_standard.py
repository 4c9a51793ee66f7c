"""Values made symmetric and standard, each by a map that keeps what is below 0 below the image of 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from braess.problem.evaluations import Floats

_BENDS = np.linspace(-2.0, 4.0, 61)  # exponents of the map of Yeo and Johnson (1 is none) that are looked at first
_ZOOMS = 3  # looks at exponents between the neighbours of the best, each finer by ten
_STRAIGHT = 1.0


@dataclass(frozen=True)
class Standard:
    """A growing map of numbers: over their spread, bent after Yeo and Johnson, then to mean 0 and standard deviation 1.

    Parameters
    ----------
    unit
        What numbers are divided by first.
    bend
        Exponent of Yeo and Johnson's map.
    mean, deviation
        Of the bent numbers.

    References
    ----------
    Yeo and Johnson (2000), "A new family of power transformations to improve normality or symmetry",
    doi:10.1093/biomet/87.4.954.
    """

    unit: float
    bend: float
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Floats, *, straight: bool = False) -> Standard:
        """Fit the map to ``[n]`` finite numbers: by likelihood, as if the bent ones were normal; or without a bend."""
        unit = float(np.sqrt(np.mean(np.square(values - np.median(values)))))
        if not unit > 1e-12 * max(float(np.abs(values).max()), 1e-300):
            return cls(1.0, _STRAIGHT, float(values.mean()), 1.0)
        scaled = values / unit
        bend = _STRAIGHT if straight else _likeliest(scaled)
        bent = _bent(scaled, np.array([bend]))[0]
        if not (np.isfinite(bent).all() and bent.std() > 0.0):
            bend, bent = _STRAIGHT, scaled
        return cls(unit, bend, float(bent.mean()), float(bent.std()))

    def __call__(self, values: Floats) -> Floats:
        """Map numbers."""
        bent = _bent(np.asarray(values, dtype=np.float64) / self.unit, np.array([self.bend]))[0]
        mapped: Floats = (bent - self.mean) / self.deviation
        return mapped

    def log_slope(self, values: Floats) -> float:
        """Return the mean logarithm of the map's slope at ``[n]`` numbers: likelihoods before and after it differ by that."""
        scaled = np.asarray(values, dtype=np.float64) / self.unit
        bending = (self.bend - 1.0) * np.mean(np.sign(scaled) * np.log1p(np.abs(scaled)))
        return float(bending - np.log(self.deviation * self.unit))


def _likeliest(scaled: Floats) -> float:
    """Return the exponent under which the bent numbers have the greatest normal likelihood."""
    growth = np.mean(np.sign(scaled) * np.log1p(np.abs(scaled)))
    bends = _BENDS
    for _ in range(1 + _ZOOMS):
        with np.errstate(all="ignore"):
            likelihood = (bends - 1.0) * growth - np.log(_bent(scaled, bends).std(axis=1))
        best = int(np.argmax(np.where(np.isfinite(likelihood), likelihood, -np.inf)))
        found = float(bends[best])
        step = float(bends[1] - bends[0])
        bends = np.clip(np.linspace(found - step, found + step, 21), _BENDS[0], _BENDS[-1])
        if bends[1] == bends[0]:  # at an end of the range
            bends = np.linspace(bends[0], bends[-1], 21)
    return found


def _bent(scaled: Floats, bends: Floats) -> Floats:
    """Return numbers ``[...]`` after Yeo and Johnson's map for each of these exponents ``[b]``: ``[b, ...]``."""
    shape = (len(bends), *(1,) * scaled.ndim)
    logs, above = np.log1p(np.abs(scaled)), scaled >= 0.0
    powers = np.where(above, bends.reshape(shape), 2.0 - bends.reshape(shape))
    flat = np.abs(powers) < 1e-12
    with np.errstate(over="ignore"):
        grown = np.where(flat, logs, np.expm1(powers * logs) / np.where(flat, 1.0, powers))
    bent: Floats = np.where(above, grown, -grown)
    return bent
