"""The speed reducer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_SHAFTS = (Constraint("first_shaft_length"), Constraint("second_shaft_length"))


class SpeedReducer(EngineeringProblem):
    """Least weight of a gear box: face width, module and number of teeth of the gears, lengths and diameters of two shafts.

    Lengths are in cm; the number of teeth is real, and at its lower bound in the optimum. Constraints are relative to their
    limits. Sources with 7.8 cm as the shortest second shaft have 2996.348 as the optimum.
    """

    name = "speed-reducer"
    objectives = (Objective("weight"),)
    constraints: tuple[Constraint, ...] = (
        Constraint("bending_stress"),
        Constraint("contact_stress"),
        Constraint("first_deflection"),
        Constraint("second_deflection"),
        Constraint("first_shaft_stress"),
        Constraint("second_shaft_stress"),
        Constraint("space"),
        Constraint("narrowest_face"),
        Constraint("widest_face"),
    )
    differences = (
        "the stress of the first shaft has 16.9e6 under the root (published: 1.69e6), and the two limits of the "
        "diameters of the shafts to their lengths are there"
    )
    reference = "Golinski (1973), Mechanism and Machine Theory 8:419; Yang and Gandomi (2012), doi:10.1108/02644401211235834"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.00423,
            2885.17926592,
            (3.5000002, 0.7, 17.0, 7.3, 7.3, 2.9, 5.286518),
            "SLSQP ends there from all of 30 random starts",
        ),
        "corrected": Known(
            0.000974,
            2994.47106615,
            (3.5000001, 0.7, 17.0, 7.3, 7.71532, 3.3502147, 5.2866545),
            "often published; SLSQP ends there from all of 30 random starts",
        ),
    }

    def __init__(self, variant: str = "published") -> None:
        super().__init__(variant)
        if self.corrected:
            self.constraints = type(self).constraints + _SHAFTS

    def variables(self) -> dict[str, Real]:
        """Return gears and shafts."""
        return reals(
            face=(2.6, 3.6),
            module=(0.7, 0.8),
            teeth=(17.0, 28.0),
            first_length=(7.3, 8.3),
            second_length=(7.3, 8.3),
            first_diameter=(2.9, 3.9),
            second_diameter=(5.0, 5.5),
        )

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return weight and constraints, each ``[n]``."""
        face, module, teeth, length1, length2, diameter1, diameter2 = x
        pitch = module * teeth
        bulk = face * module * module
        square1, square2 = diameter1 * diameter1, diameter2 * diameter2
        cube1, cube2 = square1 * diameter1, square2 * diameter2
        turn1, turn2 = 745.0 * length1 / pitch, 745.0 * length2 / pitch
        found = (
            0.7854 * bulk * (3.3333 * teeth * teeth + 14.9334 * teeth - 43.0934)
            - 1.508 * face * (square1 + square2)
            + 7.4777 * (cube1 + cube2)
            + 0.7854 * (length1 * square1 + length2 * square2),
            27.0 / (bulk * teeth) - 1.0,
            397.5 / (bulk * teeth * teeth) - 1.0,
            1.93 * length1 * length1 * length1 / (pitch * square1 * square1) - 1.0,
            1.93 * length2 * length2 * length2 / (pitch * square2 * square2) - 1.0,
            np.sqrt(turn1 * turn1 + (16.9e6 if self.corrected else 1.69e6)) / (110.0 * cube1) - 1.0,
            np.sqrt(turn2 * turn2 + 157.5e6) / (85.0 * cube2) - 1.0,
            pitch / 40.0 - 1.0,
            5.0 * module / face - 1.0,
            face / (12.0 * module) - 1.0,
        )
        shafts = ((1.5 * diameter1 + 1.9) / length1 - 1.0, (1.1 * diameter2 + 1.9) / length2 - 1.0)
        return (*found, *shafts) if self.corrected else found

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        b, m, z, l1, l2, d1, d2 = x
        weight = math.fsum(
            (
                0.7854 * b * m**2 * (3.3333 * z**2 + 14.9334 * z - 43.0934),
                d1**2 * (0.7854 * l1 + 7.4777 * d1 - 1.508 * b),
                d2**2 * (0.7854 * l2 + 7.4777 * d2 - 1.508 * b),
            )
        )
        under = 1.69e6 * (10 if self.variant == "corrected" else 1)
        limits = [
            27 / (z * b * m**2) - 1,
            397.5 / (b * (m * z) ** 2) - 1,
            1.93 / (m * z) * l1**3 / d1**4 - 1,
            1.93 / (m * z) * l2**3 / d2**4 - 1,
            math.hypot(745 * l1 / (m * z), math.sqrt(under)) / d1**3 / 110 - 1,
            math.hypot(745 * l2 / (m * z), math.sqrt(157.5e6)) / d2**3 / 85 - 1,
            (m * z - 40) / 40,
            (5 * m - b) / b,
            (b - 12 * m) / (12 * m),
        ]
        if self.variant == "corrected":
            limits += [(1.5 * d1 + 1.9 - l1) / l1, (1.1 * d2 + 1.9 - l2) / l2]
        return weight, *limits
