"""Toys on discrete spaces: a knapsack with interactions, a tour, a mixed and a conditional one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.problem import Bound, Constraint, Objective
from braess.problem.evaluations import Floats
from braess.space import Binary, Categorical, Choice, Designs, Integer, Permutation, Real, Repeat, Space
from braess.testing.toys.base import Toy

_FREE_KERNEL = 3  # the kernel that costs nothing extra in `Cells`


class Knapsack(Toy):
    """Quadratic knapsack: profits of items and of pairs of items, under a weight limit; it can repair designs.

    Between 0 and 1 an item counts in part, for its own profit in proportion.

    Parameters
    ----------
    size
        Number of items.
    seed
        Of the random weights (whole numbers 1 … 30), profits and interactions (a quarter of the pairs).
    share
        Weight limit as a share of the total weight.
    """

    name = "knapsack"

    def __init__(self, size: int = 12, seed: int = 0, share: float = 0.5) -> None:
        rng = np.random.default_rng(seed)
        self.weight = rng.integers(1, 31, size=size).astype(np.float64)
        pairs = np.triu(rng.integers(-40, 61, size=(size, size)) * (rng.random((size, size)) < 0.25), 1)
        self.profit = pairs + np.diag(rng.integers(1, 101, size=size)).astype(np.float64)
        self.limit = float(np.floor(share * self.weight.sum()))
        self.space = Space({"items": Binary(size=size)})
        self.objectives = (Objective("profit", "max"),)
        self.constraints = (Constraint("weight over the limit"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return profit and excess weight; whole numbers, therefore exact."""
        items = designs["items"].astype(np.float64)
        profit = ((items @ self.profit) * items).sum(axis=1, keepdims=True)
        return profit, (items @ self.weight - self.limit)[:, None]

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Add up one design's profits and weights."""
        taken = [i for i, item in enumerate(row["items"]) if item]
        profit = sum(float(self.profit[i, j]) for i in taken for j in taken if i <= j)
        return [profit], [sum(float(self.weight[i]) for i in taken) - self.limit]

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return profits ``[n, 1]`` and their gradients ``[n, 1, width]``."""
        alone = np.diag(self.profit)
        pairs = self.profit - np.diag(alone)
        profit = matrix @ alone + ((matrix @ pairs) * matrix).sum(axis=1)
        return profit[:, None], (alone + matrix @ (pairs + pairs.T))[:, None]

    def constraint_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return excess weights ``[n, 1]`` and their gradients ``[n, 1, width]``."""
        return (matrix @ self.weight - self.limit)[:, None], np.tile(self.weight, (len(matrix), 1, 1))

    def unbounded(self) -> str | None:
        """Bound any knapsack."""
        return None

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Any = None) -> Bound:
        """Return minus what a knapsack without bad pairs earns that takes items in part, the best for their weight first."""
        del cutoff, start
        left = self.limit - float(low @ self.weight)
        if left < 0:
            return Bound(np.inf, low, low, low)
        pairs = np.maximum(self.profit - np.diag(np.diag(self.profit)), 0.0) * np.outer(high, high)
        worth = np.diag(self.profit) + 0.5 * (pairs + pairs.T).sum(axis=1)
        high = np.where((low < high) & (self.weight > left), low, high)
        taken = low.copy()
        for item in np.argsort(-worth / self.weight):
            if high[item] > low[item] and worth[item] > 0:
                taken[item] = min(1.0, left / self.weight[item])
                left -= taken[item] * self.weight[item]
        if (low == high).all():
            return Bound(-float(low @ self.profit @ low), low, high, low)
        return Bound(-float(taken @ worth), low, high, taken)

    def enclose(self, row: Floats) -> tuple[float, float]:
        """Return minus the profit twice: it is exact."""
        value = -float(row @ self.profit @ row)
        return value, value

    def precision(self) -> dict[str, Any]:
        """Say that profits are exact."""
        return {"profits": "whole numbers, exact"}

    def repair(self, designs: Designs, rng: np.random.Generator) -> Designs:
        """Keep of a design that is too heavy as many items as fit, in random order."""
        items = designs["items"].copy()
        for i in np.flatnonzero(items @ self.weight > self.limit):
            order = rng.permutation(np.flatnonzero(items[i]))
            items[i] = 0
            left = self.limit
            for item in order:
                if self.weight[item] <= left:
                    items[i, item] = 1
                    left -= self.weight[item]
        return self.space.designs({"items": items})


class Tour(Toy):
    """Travelling salesman: the shortest round trip through random places.

    Parameters
    ----------
    size
        Number of places.
    seed
        Of the places.
    """

    name = "tour"

    def __init__(self, size: int = 7, seed: int = 0) -> None:
        self.places = np.random.default_rng(seed).random((size, 2))
        self.space = Space({"order": Permutation(size=size)})
        self.objectives = (Objective("length"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return the lengths."""
        stops = self.places[designs["order"]]
        steps = stops - np.roll(stops, -1, axis=1)
        lengths = np.sqrt(steps[..., 0] ** 2 + steps[..., 1] ** 2)
        return lengths.sum(axis=1, keepdims=True), np.empty((len(designs), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one length."""
        order = row["order"]
        legs = zip(order, order[1:] + order[:1], strict=True)
        return [math.fsum(math.dist(self.places[a], self.places[b]) for a, b in legs)], []


class Mixed(Toy):
    """Every kind of variable but permutations, with a constraint; the optimum is 0 by construction.

    It is reached at switches (1, 0, 1), count 4, material "steel", length 10 and share 0.25.
    """

    name = "mixed"

    def __init__(self) -> None:
        self.space = Space(
            {
                "switches": Binary(size=3),
                "count": Integer(low=-3, high=9),
                "material": Categorical(options=("wood", "steel", "glass")),
                "length": Real(low=0.1, high=1000.0, log=True),
                "share": Real(low=0.0, high=1.0),
            }
        )
        self.objectives = (Objective("misfit"),)
        self.constraints = (Constraint("count and share"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return misfits, and how far count/4 + share exceeds 1.25."""
        switches = (designs["switches"] != np.array([1, 0, 1])).sum(axis=1)
        material = (designs["material"] != 1).astype(np.float64)
        length = (np.log(designs["length"]) - np.log(10.0)) ** 2
        count = (designs["count"] - 4.0) ** 2
        misfit = switches + 2.0 * material + length + count + (designs["share"] - 0.25) ** 2
        return misfit[:, None], (designs["count"] / 4.0 + designs["share"] - 1.25)[:, None]

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one misfit and constraint."""
        wanted = (True, False, True)
        misfit: float = sum(a != b for a, b in zip(row["switches"], wanted, strict=True))
        misfit += 2.0 * (row["material"] != "steel") + (math.log(row["length"]) - math.log(10.0)) ** 2
        misfit += (row["count"] - 4) ** 2 + (row["share"] - 0.25) ** 2
        return [misfit], [row["count"] / 4 + row["share"] - 1.25]


class Cells(Toy):
    """A conditional space: an operation with settings of its own, and a decided number of layers of decided width.

    Cost falls with the settings of the convolution and with layers of width 3; the weight of all layers is limited
    to 7.
    """

    name = "cells"

    def __init__(self) -> None:
        convolution = Space({"kernel": Integer(low=1, high=5), "pad": Binary()})
        pool = Space({"reach": Categorical(options=(2, 4, 8))})
        layer = Space({"width": Integer(low=1, high=4)})
        self.space = Space(
            {"operation": Choice({"none": None, "conv": convolution, "pool": pool}), "layers": Repeat(layer, 0, 3)}
        )
        self.objectives = (Objective("cost"),)
        self.constraints = (Constraint("width over the limit"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return costs and excess widths."""
        active = designs.active
        kernel = np.abs(designs["operation.conv.kernel"] - _FREE_KERNEL) - 2.0 * designs["operation.conv.pad"]
        cost = 5.0 + np.where(active["operation.conv.kernel"], kernel - 1.0, 0.0)
        cost += np.where(active["operation.pool.reach"], 1.0 - designs["operation.pool.reach"], 0.0)
        width = np.zeros(len(designs))
        for i in range(3):
            there = active[f"layers.{i}.width"]
            cost += np.where(there, (designs[f"layers.{i}.width"] - 3.0) ** 2 - 1.5, 0.0)
            width += np.where(there, designs[f"layers.{i}.width"], 0)
        return cost[:, None], (width - 7.0)[:, None]

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one cost and excess width."""
        cost = 5.0
        if row["operation"] == "conv":
            cost += abs(row["operation.conv.kernel"] - _FREE_KERNEL) - 2.0 * row["operation.conv.pad"] - 1.0
        elif row["operation"] == "pool":
            cost += {2: 1.0, 4: 0.0, 8: -1.0}[row["operation.pool.reach"]]
        widths = [row[f"layers.{i}.width"] for i in range(row["layers"])]
        return [cost + sum((width - 3.0) ** 2 - 1.5 for width in widths)], [sum(widths) - 7.0]
