"""Toys on reals: one, two and three objectives with known optima and fronts; derivatives where there is one."""

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

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return squared distances ``[n, 1]`` and their gradients ``[n, 1, width]``."""
        return ((matrix - 0.3) ** 2).sum(axis=1, keepdims=True), 2.0 * (matrix - 0.3)[:, None]

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

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return heights ``[n, 1]`` and their gradients ``[n, 1, width]``."""
        here, bend = matrix[:, :-1], matrix[:, 1:] - matrix[:, :-1] ** 2
        gradient = np.zeros_like(matrix)
        gradient[:, :-1] = -400.0 * here * bend - 2.0 * (1.0 - here)
        gradient[:, 1:] += 200.0 * bend
        return (100.0 * bend**2 + (1.0 - here) ** 2).sum(axis=1, keepdims=True), gradient[:, None]

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one height."""
        x = row["x"]
        return [math.fsum(100.0 * (after - here**2) ** 2 + (1.0 - here) ** 2 for here, after in itertools.pairwise(x))], []


class Wells(Toy):
    """Half the sum of x**4 - 16 x**2 + 5 x: two wells in every coordinate, the deeper one near -2.9.

    Of the ``2**size`` local minima one is global, ``size`` times `Wells.depth` at `Wells.bottom` in every coordinate
    (Styblinski and Tang 1990, doi:10.1016/0893-6080(90)90035-K).

    Parameters
    ----------
    size
        Number of coordinates, each from -5 to 5.
    """

    name = "wells"
    bottom = -2.903534027771177
    depth = -39.16616570377142

    def __init__(self, size: int = 3) -> None:
        self.space = Space({"x": Real(low=-5.0, high=5.0, size=size)})
        self.objectives = (Objective("height"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the heights."""
        x = designs["x"]
        return 0.5 * (x**4 - 16.0 * x**2 + 5.0 * x).sum(axis=1, keepdims=True), np.empty((len(x), 0))

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return heights ``[n, 1]`` and their gradients ``[n, 1, width]``."""
        heights = 0.5 * (matrix**4 - 16.0 * matrix**2 + 5.0 * matrix).sum(axis=1, keepdims=True)
        return heights, (2.0 * matrix**3 - 16.0 * matrix + 2.5)[:, None]

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one height."""
        return [0.5 * math.fsum(x**4 - 16.0 * x**2 + 5.0 * x for x in row["x"])], []


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
