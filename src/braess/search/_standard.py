"""Values made symmetric and standard, each by a map that keeps what is below 0 below the image of 0."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from braess.problem.evaluations import Floats

_BENDS = (-2.0, 4.0)  # exponents of the map of Yeo and Johnson (1 is none) that are looked at


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
    def of(cls, values: Floats) -> Standard:
        """Fit the map to ``[n]`` finite numbers: by likelihood, as if the bent ones were normal."""
        unit = float(np.sqrt(np.mean(np.square(values - np.median(values)))))
        if not unit > 1e-12 * max(float(np.abs(values).max()), 1e-300):
            return cls(1.0, 1.0, float(values.mean()), 1.0)
        scaled = values / unit
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = optimize.minimize_scalar(lambda bend: -float(stats.yeojohnson_llf(bend, scaled)), bounds=_BENDS)
            bent = stats.yeojohnson(scaled, found.x)
        bend = float(found.x)
        if not (np.isfinite(bent).all() and bent.std() > 0.0):
            bend, bent = 1.0, scaled
        return cls(unit, bend, float(bent.mean()), float(bent.std()))

    def __call__(self, values: Floats) -> Floats:
        """Map numbers."""
        bent = stats.yeojohnson(np.asarray(values, dtype=np.float64) / self.unit, self.bend)
        mapped: Floats = (bent - self.mean) / self.deviation
        return mapped
