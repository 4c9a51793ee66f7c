"""The pressure vessel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real


class PressureVessel(EngineeringProblem):
    """Least cost of a cylinder with round ends: thickness of shell and head, inner radius, length of the shell (in).

    The sources take thicknesses in multiples of 0.0625 in; here, as published, all are real.
    """

    name = "pressure-vessel"
    objectives = (Objective("cost", unit="$"),)
    constraints = (Constraint("shell", "in"), Constraint("head", "in"), Constraint("volume", "in³"), Constraint("length", "in"))
    differences = "the length is from 10 to 200 in (published: 0 to 190 in)"
    reference = "Sandgren (1990), doi:10.1115/1.2912596; Coello (2000), doi:10.1016/S0166-3615(99)00046-9"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.3977,
            5910.06447239,
            (0.79237637, 0.39167207, 41.05577, 190.0),
            "SLSQP ends there from all of 30 random starts",
        ),
        "corrected": Known(
            0.4032,
            5885.33277362,
            (0.77816866, 0.38464917, 40.319619, 200.0),
            "often published; SLSQP ends there from all of 30 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return thicknesses, radius and length."""
        thick = (0.0625, 6.1875)
        return reals(shell=thick, head=thick, radius=(10.0, 200.0), length=(10.0, 200.0) if self.corrected else (0.0, 190.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return cost and constraints, each ``[n]``."""
        shell, head, radius, length = x
        square = radius * radius
        return (
            0.6224 * shell * radius * length
            + 1.7781 * head * square
            + 3.1661 * shell * shell * length
            + 19.84 * shell * shell * radius,
            0.0193 * radius - shell,
            0.00954 * radius - head,
            1296000.0 - math.pi * square * length - 4.0 / 3.0 * math.pi * square * radius,
            length - 240.0,
        )

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        ts, th, r, l = x  # noqa: E741 -- the letters of the sources
        cost = ts * (0.6224 * r * l + ts * (3.1661 * l + 19.84 * r)) + 1.7781 * th * r**2
        cubic_feet = math.pi * r**2 * (l + 4 * r / 3) / 12**3
        return cost, -(ts - 0.0193 * r), -(th - 0.00954 * r), 12**3 * (750 - cubic_feet), -(240 - l)
