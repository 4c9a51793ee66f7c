"""JLH1 and JLH2: two small test functions under one constraint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_REFERENCE = "Jetton, Li and Hoyle (2023), IDETC-CIE, V03BT03A033"


class JLH1(EngineeringProblem):
    """Squared distance to the middle of the unit square, on one side of a line. Both variants are the same."""

    name = "jlh1"
    objectives = (Objective("squared_distance"),)
    constraints = (Constraint("line"),)
    reference = _REFERENCE
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(0.28125, 0.03125, (0.375, 0.375), "closed form: the point of the line nearest to the middle")
    }

    def variables(self) -> dict[str, Real]:
        """Return the two coordinates."""
        return reals(x1=(0.0, 1.0), x2=(0.0, 1.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return distance and line, each ``[n]``."""
        a, b = x[0] - 0.5, x[1] - 0.5
        return a * a + b * b, x[0] + x[1] - 0.75

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        return math.dist(x, (0.5, 0.5)) ** 2, math.fsum((*x, -0.75))


class JLH2(EngineeringProblem):
    """A wave within half an ellipse. Both variants are the same."""

    name = "jlh2"
    objectives = (Objective("wave"),)
    constraints = (Constraint("ellipse"),)
    reference = _REFERENCE
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.6215,
            -1.82543961713,
            (-1.8377224, 0.0),
            "closed form: where the ellipse meets the axis, x1 = sqrt(10) - 5",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return the two coordinates."""
        return reals(x1=(-5.0, 0.0), x2=(-5.0, 5.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return wave and ellipse, each ``[n]``."""
        shifted = x[0] + 5.0
        return np.cos(2.0 * x[0]) * np.cos(x[1]) + np.sin(x[0]), shifted * shifted / 4.0 + x[1] * x[1] / 100.0 - 2.5

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        x1, x2 = x
        return math.cos(2 * x1) * math.cos(x2) + math.sin(x1), (x1 + 5) ** 2 / 4 + x2**2 / 100 - 2.5
