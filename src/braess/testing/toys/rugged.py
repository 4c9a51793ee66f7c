"""Toys full of local optima, each with one global one that is known: what methods that explore are tried on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.problem import Objective
from braess.problem.evaluations import Floats
from braess.space import Designs, Real, Space
from braess.testing.toys.base import Toy


class Canyon(Toy):
    """A winding canyon whose floor is full of dents, with a barrier across it: the optimum is 0 at 0.

    From (8, 8) descent along the gradient ends in a dent. Riedl, Klock, Geldhauser and Fornasier (2023), arXiv:2306.09778.
    """

    name = "canyon"

    def __init__(self) -> None:
        self.space = Space({"x": Real(low=-15.0, high=15.0, size=2)})
        self.objectives = (Objective("height"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the heights."""
        return self.heights(designs["x"])[:, None], np.empty((len(designs), 0))

    def heights(self, points: Floats) -> Floats:
        """Return the heights ``[n]`` at points ``[n, 2]`` anywhere in the plane."""
        first, second = points.T
        aside = second - (0.125 * (first - 1.0) * (first - 4.0) ** 2 + 2.0)
        along = -first - 1.6 * second
        walls = 25.0 * (1.0 - np.exp(-1.4 * aside**2 * np.exp(-0.002 * first**4)))
        bowl = 0.4 * first**2 + 0.2 * second**2
        dents = 1.1625 * (2.0 - np.cos(0.75 * np.pi * first) - np.cos(0.75 * np.pi * second))
        barrier = 4.0 * np.exp(1.0 - 2.0 * aside**4) * np.maximum((1.0 - np.exp(-9.0 * along**2)) * np.sign(along), 0.0)
        heights: Floats = walls + bowl + dents + barrier
        return heights

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one height."""
        first, second = row["x"]
        aside = second - ((first - 1.0) * (first - 4.0) ** 2 / 8.0 + 2.0)
        along = -first - 1.6 * second
        barrier = 4.0 * math.exp(1.0 - 2.0 * aside**4) * (1.0 - math.exp(-9.0 * along**2)) if along > 0.0 else 0.0
        walls = 25.0 * (1.0 - math.exp(-1.4 * aside**2 * math.exp(-0.002 * first**4)))
        dents = 1.1625 * math.fsum(1.0 - math.cos(0.75 * math.pi * x) for x in (first, second))
        return [walls + 0.4 * first**2 + 0.2 * second**2 + dents + barrier], []


class Rastrigin(Toy):
    """A bowl with a dent around each whole number: the optimum is 0 at 0 in every coordinate.

    Parameters
    ----------
    size
        Number of coordinates, each from -10 to 10.
    depth
        Half of the depth of the dents.
    """

    name = "rastrigin"

    def __init__(self, size: int = 4, depth: float = 2.5) -> None:
        self.depth = depth
        self.space = Space({"x": Real(low=-10.0, high=10.0, size=size)})
        self.objectives = (Objective("height"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the heights."""
        return self.heights(designs["x"])[:, None], np.empty((len(designs), 0))

    def heights(self, points: Floats) -> Floats:
        """Return the heights ``[n]`` at points ``[n, size]``."""
        heights: Floats = (points**2 + self.depth * (1.0 - np.cos(2.0 * np.pi * points))).sum(axis=1)
        return heights

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one height."""
        return [math.fsum(x * x + self.depth * (1.0 - math.cos(2.0 * math.pi * x)) for x in row["x"])], []
