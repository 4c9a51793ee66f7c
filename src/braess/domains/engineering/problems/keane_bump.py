"""Keane's bump."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, absolute, at_least
from braess.problem import Constraint, Objective
from braess.space import Real

_DIMENSION = 18
_NEAREST = 1e-12  # weighted squared distance to the origin; nearer designs count as this far, since it is a pole


class KeaneBump(EngineeringProblem):
    """Highest of many bumps whose heights fall with the distance from the origin, in 18 dimensions. Both variants are the same.

    The published code goes to infinity at the origin, which is infeasible; here the weighted sum of squares is at least 1e-12.
    Nearly every design is feasible, and the best ones lie where the product of the coordinates is 0.75.
    """

    name = "keane-bump"
    objectives = (Objective("bump", "max"),)
    constraints = (Constraint("product"), Constraint("sum"))
    reference = "Keane (1994), Adaptive Computing in Engineering Design and Control, Plymouth, 14-27"
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.99991541,
            0.797113875812,
            (
                3.16032559,
                3.12217702,
                3.08467638,
                3.0472771,
                3.00943675,
                2.97054395,
                2.92981553,
                0.513743872,
                0.505396696,
                0.497764568,
                0.490722053,
                0.484175818,
                0.478054187,
                0.472300808,
                0.466870414,
                0.461726067,
                0.456837098,
                0.452177816,
            ),
            "SLSQP from designs with 2 to 13 coordinates near 3 and the others near 0.45; not proven",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return the coordinates as one vector."""
        return {"x": Real(low=0.0, high=10.0, size=_DIMENSION)}

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return bump, product and sum, each ``[n]``."""
        squares = [np.cos(part) * np.cos(part) for part in x]
        height = sum(part * part for part in squares) - 2.0 * reduce(mul, squares)
        weighted = at_least(np.asarray(sum(i * part * part for i, part in enumerate(x, start=1))), _NEAREST)
        return absolute(height / np.sqrt(weighted)), 0.75 - reduce(mul, x), np.asarray(sum(x)) - 7.5 * _DIMENSION

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        cosines = [math.cos(part) for part in x]
        height = math.fsum(part**4 for part in cosines) - 2 * math.prod(cosines) ** 2
        distance = math.hypot(*(math.sqrt(i) * part for i, part in enumerate(x, start=1)))
        return abs(height) / max(distance, 1e-6), 0.75 - math.prod(x), math.fsum(x) - 7.5 * len(x)
