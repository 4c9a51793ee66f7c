"""GKXWC1 and GKXWC2: the two simulated problems with which constrained Bayesian optimisation was introduced."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_REFERENCE = "Gardner, Kusner, Xu, Weinberger and Cunningham (2014), ICML, PMLR 32(2):937"


class GKXWC1(EngineeringProblem):
    """A wave, feasible in stripes. Both variants are the same."""

    name = "gkxwc1"
    objectives = (Objective("wave"),)
    constraints = (Constraint("stripes"),)
    reference = _REFERENCE
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.6651,
            -2.0,
            (1.5 * math.pi, 0.0),
            "closed form: the lowest that the wave can be",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return the two coordinates."""
        return reals(x1=(0.0, 6.0), x2=(0.0, 6.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return wave and stripes, each ``[n]``."""
        return np.cos(2.0 * x[0]) * np.cos(x[1]) + np.sin(x[0]), np.cos(x[0]) * np.cos(x[1]) - np.sin(x[0]) * np.sin(x[1]) - 0.5

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        x1, x2 = x
        return math.cos(2 * x1) * math.cos(x2) + math.sin(x1), math.cos(x1 + x2) - 0.5


class GKXWC2(EngineeringProblem):
    """A slope, feasible in small spots only. Both variants are the same."""

    name = "gkxwc2"
    objectives = (Objective("slope"),)
    constraints = (Constraint("spots"),)
    reference = _REFERENCE
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.01762,
            0.253235897504,
            (4.712389, 1.2532359),
            "closed form: asin(0.95) - 1, where sin x1 = -1",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return the two coordinates."""
        return reals(x1=(0.0, 6.0), x2=(0.0, 6.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return slope and spots, each ``[n]``."""
        return np.sin(x[0]) + x[1], np.sin(x[0]) * np.sin(x[1]) + 0.95

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        x1, x2 = x
        return math.sin(x1) + x2, (math.cos(x1 - x2) - math.cos(x1 + x2)) / 2 + 0.95
