"""Ackley's function within half a ball, in 2, 6 and 10 dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known
from braess.problem import Constraint, Objective
from braess.space import Real


class Ackley(EngineeringProblem):
    """Ackley's function within half a ball of radius 5; the optimum, 0 at the origin, lies on its edge.

    Both variants are the same. The origin is a kink: the gradient there is that of one side.
    """

    dimension: ClassVar[int]
    objectives = (Objective("height"),)
    constraints = (Constraint("sum"), Constraint("norm"))
    reference = "Eriksson and Poloczek (2021), AISTATS, PMLR 130:730; Ackley (1987), doi:10.1007/978-1-4613-1997-9"

    def variables(self) -> dict[str, Real]:
        """Return the coordinates as one vector."""
        return {"x": Real(low=-5.0, high=10.0, size=self.dimension)}

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return height, sum and norm, each ``[n]``."""
        d = self.dimension
        norm = np.sqrt(sum(part * part for part in x))
        waves = sum(np.cos(2.0 * math.pi * part) for part in x) / d
        height = -20.0 * np.exp(-0.2 * norm / math.sqrt(d)) - np.exp(waves) + 20.0 + math.e
        return height, np.asarray(sum(x)), norm - 5.0

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        norm = math.hypot(*x)
        mean_wave = math.fsum(1 - 2 * math.sin(math.pi * part) ** 2 for part in x) / len(x)
        height = 20 * (1 - math.exp(-norm / math.sqrt(25 * len(x)))) + math.e - math.exp(mean_wave)
        return height, math.fsum(x), norm - 5


def _known(dimension: int) -> dict[str, Known]:
    half_ball = 0.5 * math.pi ** (dimension / 2) / math.gamma(dimension / 2 + 1) / 3.0**dimension
    return {"published": Known(half_ball, 0.0, (0.0,) * dimension, "closed form: the minimum of the function without limits")}


class Ackley2(Ackley):
    """Ackley's function in 2 dimensions."""

    name = "ackley-2"
    dimension = 2
    facts = _known(2)


class Ackley6(Ackley):
    """Ackley's function in 6 dimensions."""

    name = "ackley-6"
    dimension = 6
    facts = _known(6)


class Ackley10(Ackley):
    """Ackley's function in 10 dimensions."""

    name = "ackley-10"
    dimension = 10
    facts = _known(10)
