"""A square of cells with up to four landscapes over it: the exact front of each pair is known."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Objective, Problem
from braess.problem.evaluations import Floats
from braess.space import Designs, Integer, Space
from braess.study.enumeration import enumerated_front


def _branin(x: Floats, y: Floats) -> Floats:
    a, b = 15 * (x / 2 + 0.5) - 5, 15 * (y / 2 + 0.5)
    t = b - 5.1 * a**2 / (4 * math.pi**2) + 5 * a / math.pi - 6
    return 1 - (t**2 + 10 * (1 - 1 / (8 * math.pi)) * np.cos(a) + 10) / 308.13


def _currin(x: Floats, y: Floats) -> Floats:
    a, b = x / 2 + 0.5, y / 2 + 0.5
    with np.errstate(divide="ignore"):
        factor = 1 - np.exp(-1 / (2 * b))
    numerator, denominator = 2300 * a**3 + 1900 * a**2 + 2092 * a + 60, 100 * a**3 + 500 * a**2 + 4 * a + 20
    return np.asarray(factor * numerator / denominator / 13.77)


def _shubert(x: Floats, y: Floats) -> Floats:
    a, b = -1.5 * x, -1.5 * y
    first, second = (sum(i * np.cos((i + 1) * z + i) for i in range(1, 6)) for z in (a, b))
    return np.asarray((first * second + 186.8) / 397)


def _beale(x: Floats, y: Floats) -> Floats:
    return ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2) / 38.8


LANDSCAPES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "branin": _branin,
    "currin": _currin,
    "shubert": _shubert,
    "beale": _beale,
}


class Grid(Problem):
    """Find the cells of a square that are high in each of some landscapes.

    The landscapes are test functions on [-1, 1]², turned and scaled so that large is good and values lie between 0 and 1.

    Parameters
    ----------
    landscapes
        Some of ``branin``, ``currin``, ``shubert`` and ``beale``.
    cells
        Along each side.

    Raises
    ------
    InputError
        No landscapes, an unknown one or one twice, or fewer than two cells.

    References
    ----------
    Chen and Mauch (2024), "Order-preserving GFlowNets", arXiv:2310.00386; Jain et al. (2023), arXiv:2210.12765.
    """

    def __init__(self, landscapes: Sequence[str] = ("branin", "currin"), cells: int = 32) -> None:
        unknown = [name for name in landscapes if name not in LANDSCAPES]
        if unknown or not landscapes or len(set(landscapes)) != len(landscapes):
            expected = f"some of {', '.join(LANDSCAPES)}, none twice"
            raise InputError("not such landscapes", field="landscapes", found=list(landscapes), expected=expected)
        if cells < 2:
            raise InputError("too few cells", field="cells", found=cells, expected="at least 2")
        self.name = "grid"
        self.landscapes, self.cells = tuple(landscapes), cells
        self.space = Space({"cell": Integer(low=0, high=cells - 1, size=2)})
        self.objectives = tuple(Objective(name, "max") for name in landscapes)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate ``n`` designs at once."""
        began = time.perf_counter()
        places = 2.0 * designs["cell"] / (self.cells - 1) - 1.0
        values = [LANDSCAPES[name](places[:, 0], places[:, 1]) for name in self.landscapes]
        return Evaluations.of(np.stack(values, axis=1), seconds=(time.perf_counter() - began) / max(len(designs), 1))

    def check(self, designs: Designs) -> Evaluations:
        """Evaluate the designs one by one, in numbers of Python."""
        rows = [
            [_plain(name, (column, row), self.cells) for name in self.landscapes] for column, row in designs["cell"].tolist()
        ]
        return Evaluations.of(np.array(rows).reshape(len(designs), len(self.landscapes)))

    def front(self) -> Floats:
        """Return the objectives of all designs that none dominates, each once, ``[k, m]``."""
        return enumerated_front(self)

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return {"name": self.name, "landscapes": list(self.landscapes), "cells": self.cells}


def _plain(name: str, cell: tuple[int, int], cells: int) -> float:
    """Return the height of a landscape at one cell, from the textbook forms of the functions."""
    x, y = (2 * place / (cells - 1) - 1 for place in cell)
    if name == "branin":
        u, v = 7.5 * x + 2.5, 7.5 * y + 7.5
        bowl = (v - 5.1 / (4 * math.pi**2) * u * u + 5 / math.pi * u - 6) ** 2
        return 1 - (bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(u) + 10) / 308.13
    if name == "currin":
        u, v = (x + 1) / 2, (y + 1) / 2
        fall = 1.0 if v == 0 else 1 - math.exp(-0.5 / v)
        return fall * (((2300 * u + 1900) * u + 2092) * u + 60) / (((100 * u + 500) * u + 4) * u + 20) / 13.77
    if name == "shubert":
        total = 1.0
        for z in (-1.5 * x, -1.5 * y):
            total *= sum(i * math.cos((i + 1) * z + i) for i in range(1, 6))
        return (total + 186.8) / 397
    return sum((c - x * (1 - y**k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))) / 38.8
