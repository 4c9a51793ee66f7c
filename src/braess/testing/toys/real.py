"""Toys on reals: one, two and three objectives with known optima and fronts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.problem import Objective
from braess.problem.evaluations import Floats
from braess.space import Designs, Real, Space
from braess.testing.toys.base import Toy


class Sphere(Toy):
    """Squared distance to a point: the optimum is 0 at 0.3 in every coordinate.

    Parameters
    ----------
    size
        Number of coordinates, each from -2 to 2.
    """

    name = "sphere"

    def __init__(self, size: int = 5) -> None:
        self.space = Space({"x": Real(low=-2.0, high=2.0, size=size)})
        self.objectives = (Objective("distance"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the squared distances."""
        return ((designs["x"] - 0.3) ** 2).sum(axis=1, keepdims=True), np.empty((len(designs), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one squared distance."""
        return [math.fsum((x - 0.3) ** 2 for x in row["x"])], []


class Rosenbrock(Toy):
    """Rosenbrock's curved valley (1960, doi:10.1093/comjnl/3.3.175): the optimum is 0 at 1 in every coordinate.

    Parameters
    ----------
    size
        Number of coordinates, each from -2 to 2.
    """

    name = "rosenbrock"

    def __init__(self, size: int = 4) -> None:
        self.space = Space({"x": Real(low=-2.0, high=2.0, size=size)})
        self.objectives = (Objective("height"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the heights."""
        here, after = designs["x"][:, :-1], designs["x"][:, 1:]
        heights = 100.0 * (after - here**2) ** 2 + (1.0 - here) ** 2
        return heights.sum(axis=1, keepdims=True), np.empty((len(designs), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one height."""
        x = row["x"]
        return [math.fsum(100.0 * (after - here**2) ** 2 + (1.0 - here) ** 2 for here, after in itertools.pairwise(x))], []


class ZDT1(Toy):
    """Two objectives whose front is f2 = 1 - sqrt(f1) for f1 in [0, 1] (Zitzler et al. 2000, doi:10.1162/106365600568202).

    Parameters
    ----------
    size
        Number of coordinates, each from 0 to 1.
    """

    name = "zdt1"

    def __init__(self, size: int = 6) -> None:
        self.space = Space({"x": Real(low=0.0, high=1.0, size=size)})
        self.objectives = (Objective("first"), Objective("second"))

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return both objectives."""
        x = designs["x"]
        g = 1.0 + 9.0 * x[:, 1:].sum(axis=1) / (x.shape[1] - 1)
        return np.stack([x[:, 0], g * (1.0 - np.sqrt(x[:, 0] / g))], axis=1), np.empty((len(x), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return both objectives of one design."""
        first, *rest = row["x"]
        g = 1.0 + 9.0 * math.fsum(rest) / len(rest)
        return [first, g * (1.0 - math.sqrt(first / g))], []


class DTLZ2(Toy):
    """Three objectives whose front is the unit sphere's positive part (Deb et al. 2002, doi:10.1109/CEC.2002.1007032).

    Parameters
    ----------
    size
        Number of coordinates, each from 0 to 1; at least 3.
    """

    name = "dtlz2"

    def __init__(self, size: int = 6) -> None:
        self.space = Space({"x": Real(low=0.0, high=1.0, size=size)})
        self.objectives = (Objective("first"), Objective("second"), Objective("third"))

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the three objectives."""
        x = designs["x"]
        radius = 1.0 + ((x[:, 2:] - 0.5) ** 2).sum(axis=1)
        a, b = 0.5 * np.pi * x[:, 0], 0.5 * np.pi * x[:, 1]
        parts = [np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)]
        return radius[:, None] * np.stack(parts, axis=1), np.empty((len(x), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return the three objectives of one design."""
        first, second, *rest = row["x"]
        radius = 1.0 + math.fsum((x - 0.5) ** 2 for x in rest)
        a, b = 0.5 * math.pi * first, 0.5 * math.pi * second
        return [radius * math.cos(a) * math.cos(b), radius * math.cos(a) * math.sin(b), radius * math.sin(a)], []
