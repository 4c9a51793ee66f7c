"""The welded beam."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_LOAD = 6000.0  # lbf
_OVERHANG = 14.0  # in


class WeldedBeam(EngineeringProblem):
    """Least cost of a bar welded to a support: thickness and length of the weld, height and thickness of the bar (in).

    Both variants are the same. The polar moment of the weld is that of Ragsdell and Phillips; the often copied value 1.7249
    belongs to another one, twice as large, and another buckling load. The bounds are wider than those of Deb (5 and 10 in).
    """

    name = "welded-beam"
    objectives = (Objective("cost", unit="$"),)
    constraints = (
        Constraint("shear_stress", "psi"),
        Constraint("bending_stress", "psi"),
        Constraint("weld_within_bar", "in"),
        Constraint("buckling_load", "lbf"),
        Constraint("deflection", "in"),
    )
    reference = "Ragsdell and Phillips (1976), doi:10.1115/1.3438995; Deb (2000), doi:10.1016/S0045-7825(99)00389-8"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.3883,
            2.38113424918,
            (0.24436999, 6.218587, 8.2914542, 0.24436999),
            "Deb (2000) has 2.38119; SLSQP ends there from all of 30 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return weld and bar."""
        return reals(weld=(0.125, 10.0), weld_length=(0.1, 15.0), height=(0.1, 10.0), thickness=(0.1, 10.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return cost and constraints, each ``[n]``."""
        weld, length, height, thickness = x
        square = 0.25 * (length * length + (weld + height) * (weld + height))
        radius = np.sqrt(square)
        direct = _LOAD / (math.sqrt(2.0) * weld * length)
        inertia = length * length / 12.0 + 0.25 * (weld + height) * (weld + height)
        torsion = _LOAD * (_OVERHANG + 0.5 * length) * radius / (2.0 * 0.707 * weld * length * inertia)
        shear = np.sqrt(direct * direct + torsion * torsion + length * direct * torsion / radius)
        return (
            1.10471 * weld * weld * length + 0.04811 * height * thickness * (_OVERHANG + length),
            shear - 13600.0,
            504000.0 / (height * height * thickness) - 30000.0,
            weld - thickness,
            _LOAD - 64746.0 * (1.0 - 0.0282346 * height) * height * thickness * thickness * thickness,
            2.1952 / (height * height * height * thickness) - 0.25,
        )

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design, from the load and the steel."""
        h, l, t, b = x  # noqa: E741 -- the letters of the sources
        load, overhang, young = 6000, 14, 30e6
        radius = math.hypot(l, h + t) / 2
        direct = load / (math.sqrt(2) * h * l)
        torsion = load * (overhang + l / 2) * radius / (2 * 0.707 * h * l * (l**2 / 12 + ((h + t) / 2) ** 2))
        shear = math.sqrt(direct**2 + 2 * direct * torsion * l / (2 * radius) + torsion**2)
        bending = 6 * load * overhang / (b * t**2)
        deflection = 4 * load * overhang**3 / (young * b * t**3)
        buckling = 64746 * t * b**3 * (1 - 0.0282346 * t)
        cost = 1.10471 * l * h**2 + 0.04811 * (overhang + l) * b * t
        return cost, shear - 13600, bending - 30000, h - b, load - buckling, deflection - 0.25
