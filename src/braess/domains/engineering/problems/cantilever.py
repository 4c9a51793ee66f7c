"""The stepped cantilever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_STEPS = 5
_LOAD = 50000.0  # N
_LENGTH = 100.0  # cm of each step
_YOUNG = 2e7  # N/cm²
_WEIGHTS = (61.0, 37.0, 19.0, 7.0, 1.0)  # of the steps in the deflection, from the support to the tip


class Cantilever(EngineeringProblem):
    """Least volume of a cantilever of five steps: their widths and heights (cm), from the support to the tip.

    As published no design is feasible: the deflection does not depend on the design and is far above its limit. Without that
    constraint the least volume is 61915.75 cm³ in both variants.
    """

    name = "cantilever"
    objectives = (Objective("volume", unit="cm³"),)
    constraints = (
        *(Constraint(f"stress_{step}", "N/cm²") for step in range(_STEPS, 0, -1)),
        Constraint("deflection", "cm"),
        *(Constraint(f"aspect_ratio_{step}") for step in range(_STEPS, 0, -1)),
    )
    differences = (
        "the deflection has the moments of inertia and Young's modulus 2e7 N/cm² (published: the length of a step in their "
        "place, and 2 x 107)"
    )
    reference = "Thanedar and Vanderplaats (1995), doi:10.1061/(ASCE)0733-9445(1995)121:2(301)"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(0.0, None, (), "the deflection is constant, 97352022.2 cm above its limit"),
        "corrected": Known(
            0.00574,
            63108.7479864,
            (3.0577285, 2.8132667, 2.5235864, 2.2045558, 1.7497571, 61.154569, 56.265332, 50.471726, 44.091114, 34.99514),
            "SLSQP ends there from all of 30 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return widths and heights."""
        widths = {f"width_{step}": (1.0, 5.0) for step in range(1, _STEPS + 1)}
        heights = {f"height_{step}": (30.0, 65.0) for step in range(1, _STEPS + 1)}
        return reals(**widths, **heights)

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return volume and constraints, each ``[n]``."""
        widths, heights = x[:_STEPS], x[_STEPS:]
        volume = _LENGTH * sum(width * height for width, height in zip(widths, heights, strict=True))
        arms = [_LENGTH * (_STEPS - step) for step in range(_STEPS)]
        stress = [6.0 * _LOAD * arm / (b * h * h) - 14000.0 for arm, b, h in zip(arms, widths, heights, strict=True)]
        aspect = [height / width - 20.0 for width, height in zip(widths, heights, strict=True)]
        return np.asarray(volume), *stress[::-1], self._deflection(widths, heights) - 2.7, *aspect[::-1]

    def _deflection(self, widths: Sequence[Column], heights: Sequence[Column]) -> Column:
        cube = _LOAD * _LENGTH * _LENGTH * _LENGTH / 3.0
        if not self.corrected:
            return np.asarray(cube * sum(_WEIGHTS) / _LENGTH / (2.0 * 107.0))
        inertia = [width * height * height * height / 12.0 for width, height in zip(widths, heights, strict=True)]
        return np.asarray(cube / _YOUNG * sum(weight / part for weight, part in zip(_WEIGHTS, inertia, strict=True)))

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design, from the tip to the support."""
        b1, b2, b3, b4, b5, h1, h2, h3, h4, h5 = x
        beam = [(b5, h5), (b4, h4), (b3, h3), (b2, h2), (b1, h1)]
        stress = [50000 * 100 * step * h / 2 / (b * h**3 / 12) for step, (b, h) in enumerate(beam, start=1)]
        if self.variant == "published":
            stiffness, inertia = 2 * 107, [100.0] * 5
        else:
            stiffness, inertia = 20_000_000, [b * h**3 / 12 for b, h in beam]
        bend = sum(((step + 1) ** 3 - step**3) / part for step, part in enumerate(inertia))
        volume = sum(100 * b * h for b, h in beam)
        deflection = 50000 * 100**3 * bend / (3 * stiffness)
        return volume, *(found - 14000 for found in stress), deflection - 2.7, *((h - 20 * b) / b for b, h in beam)
