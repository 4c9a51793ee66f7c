"""The tension or compression spring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real

_APART = 1e-9  # in; nearer to each other, the diameters of coil and wire count as this far apart


class CompressionSpring(EngineeringProblem):
    """Least weight of a coil spring: diameters (in) of wire and coil, number of active coils (a real number).

    The stress has a pole where both diameters are equal; within 1e-9 in of it, they count as 1e-9 in apart.
    Constraints are relative to their limits.
    """

    name = "compression-spring"
    objectives = (Objective("weight"),)
    constraints = (
        Constraint("deflection"),
        Constraint("shear_stress"),
        Constraint("surge_frequency"),
        Constraint("outer_diameter"),
    )
    differences = "the wire may be 2 in thick (published: 1 in)"
    reference = "Belegundu and Arora (1985), doi:10.1002/nme.1620210904; Coello (2000), doi:10.1016/S0166-3615(99)00046-9"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.01539,
            0.0126652327883,
            (0.051689062, 0.35671775, 11.288966),
            "often published; SLSQP ends there from all of 30 random starts",
        ),
        "corrected": Known(
            0.00750,
            0.0126652327883,
            (0.051689062, 0.35671775, 11.288966),
            "often published; SLSQP ends there from all of 30 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return the two diameters and the number of coils."""
        return reals(wire=(0.05, 2.0 if self.corrected else 1.0), coil=(0.25, 1.3), coils=(2.0, 15.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return weight and constraints, each ``[n]``."""
        wire, coil, coils = x
        square = wire * wire
        apart = np.where(np.abs((coil - wire).real) < _APART, _APART, coil - wire)
        return (
            (coils + 2.0) * coil * square,
            1.0 - coil * coil * coil * coils / (71785.0 * square * square),
            (4.0 * coil * coil - wire * coil) / (12566.0 * square * wire * apart) + 1.0 / (5108.0 * square) - 1.0,
            1.0 - 140.45 * wire / (coil * coil * coils),
            (wire + coil) / 1.5 - 1.0,
        )

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        d, D, N = x  # noqa: N806 -- the letters of the sources
        index = D / d
        apart = D - d if abs(D - d) >= 1e-9 else 1e-9
        return (
            d**2 * D * (2 + N),
            1 - index**3 * N / (71785 * d),
            index * (4 * D - d) / (12566 * d**2 * apart) + d**-2 / 5108 - 1,
            1 - 140.45 / (index * D * N),
            (D + d - 1.5) / 1.5,
        )
