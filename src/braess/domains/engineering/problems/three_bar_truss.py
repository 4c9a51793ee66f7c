"""The three-bar truss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, at_least, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_LENGTH = 100.0  # cm
_LOAD = 2.0  # kN
_STRESS = 2.0  # kN/cm²
_THINNEST = 1e-5  # cm²; thinner bars count as this, as published
_ROOT = math.sqrt(2.0)


class ThreeBarTruss(EngineeringProblem):
    """Least volume of three bars that carry a load: cross-sections (cm²) of the outer bars and of the middle one.

    Both variants are the same. Cross-sections below 1e-5 cm² count as 1e-5 cm², as published, in the volume too.
    """

    name = "three-bar-truss"
    objectives = (Objective("volume", unit="cm³"),)
    constraints = (
        Constraint("stress_first", "kN/cm²"),
        Constraint("stress_middle", "kN/cm²"),
        Constraint("stress_last", "kN/cm²"),
    )
    reference = "Ray and Saini (2001), doi:10.1080/03052150108940941; Yang and Gandomi (2012), doi:10.1108/02644401211235834"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.2180,
            263.895843376,
            (0.78867514, 0.40824829),
            "often published; SLSQP ends there from all of 30 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return the two cross-sections."""
        return reals(outer=(0.0, 1.0), middle=(0.0, 1.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return volume and stresses, each ``[n]``."""
        outer, middle = (at_least(part, _THINNEST) for part in x)
        shared = _ROOT * outer * outer + 2.0 * outer * middle
        return (
            (2.0 * _ROOT * outer + middle) * _LENGTH,
            (_ROOT * outer + middle) / shared * _LOAD - _STRESS,
            middle / shared * _LOAD - _STRESS,
            _LOAD / (outer + _ROOT * middle) - _STRESS,
        )

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        a, b = (max(part, 1e-5) for part in x)
        first = 1 / (a + math.sqrt(2) * b)
        middle = b / (a * (math.sqrt(2) * a + 2 * b))
        both = (a * math.sqrt(2) + b) / (a * (math.sqrt(2) * a + 2 * b))
        return 100 * (math.sqrt(8) * a + b), 2 * both - 2, 2 * middle - 2, 2 * first - 2
