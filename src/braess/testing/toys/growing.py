"""A toy whose designs grow, and whose follower comes nearer to its answer the longer its ancestors have worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from braess.problem import Evaluations, Growth, Objective
from braess.problem.evaluations import Bools, Floats
from braess.space import Categorical, Designs, Integer, Repeat, Space
from braess.testing.toys.base import Toy

_SORTS = ("brick", "glass", "wood")
_PART = 0.5  # of what is missing, that one evaluation makes up for


class Towers(Toy):
    """Towers of storeys, each of a sort and a size: large ones are worth more, until the tower is too heavy.

    It grows by making storeys larger and by putting one on another. The follower makes up for half of what is missing to the
    full worth, and starts from where it ended before if it may.

    Parameters
    ----------
    storeys
        Most of them.
    sizes
        Of a storey: from 1 up to so much.
    """

    name = "towers"

    def __init__(self, storeys: int = 4, sizes: int = 3) -> None:
        self.storeys, self.sizes = storeys, sizes
        storey = Space({"size": Integer(low=1, high=sizes), "sort": Categorical(options=_SORTS)})
        self.space = Space({"tower": Repeat(storey, 1, storeys)})
        self.objectives = (Objective("worth", "max"),)
        self.vocabulary = sizes * len(_SORTS)
        self.insertions = (1, storeys, len(_SORTS))

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return half the full worth: the follower starts from nothing."""
        return _PART * self.full(designs), np.empty((len(designs), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Add up one tower."""
        floors = [(row[f"tower.{i}.size"], row[f"tower.{i}.sort"]) for i in range(row["tower"])]
        worth = sum(size * (2.0 if i == 0 or sort != floors[i - 1][1] else 1.0) for i, (size, sort) in enumerate(floors))
        return [_PART * (worth - 0.15 * sum(size for size, _ in floors) ** 2)], []

    def full(self, designs: Designs) -> Floats:
        """Return the full worth of towers, ``[n, 1]``: sizes, twice where the storey below is of another sort; less load."""
        size, sort, there = self._storeys(designs)
        other = np.ones_like(there)
        other[:, 1:] = sort[:, 1:] != sort[:, :-1]
        worth: Floats = (size * (1.0 + other) * there).sum(axis=1) - 0.15 * (size * there).sum(axis=1) ** 2
        return worth[:, None]

    def evaluate_from(self, designs: Designs, states: Sequence[Any]) -> Evaluations:
        """Evaluate from what share of the worth the follower of an earlier tower had reached."""
        reached = np.array([0.0 if state is None else float(state) for state in states])
        reached += _PART * (1.0 - reached)
        return Evaluations.of(reached[:, None] * self.full(designs), states=reached.tolist())

    def smallest(self) -> Designs:
        """Return one small storey of brick."""
        return self.space.from_rows([{"tower": 1, "tower.0.size": 1, "tower.0.sort": "brick"}])

    def growth(self, design: Designs) -> Growth:
        """Read a tower from below."""
        size, sort, there = (array[0] for array in self._storeys(design))
        n = int(there.sum())
        insert = np.zeros(self.insertions, dtype=np.bool_)
        insert[0, :n] = n < self.storeys
        return Growth((size * len(_SORTS) + sort - len(_SORTS))[:n], size[:n] < self.sizes, insert)

    def widened(self, design: Designs, elements: Bools) -> Designs:
        """Make some storeys larger."""
        size, sort, there = (array[0] for array in self._storeys(design))
        n = int(there.sum())
        return self._tower(size[:n] + elements, sort[:n])

    def inserted(self, design: Designs, block: int, position: int, sort: int) -> Designs:
        """Put a storey on another, as large as that."""
        del block
        size, sorts, there = (array[0] for array in self._storeys(design))
        n = int(there.sum())
        return self._tower(np.insert(size[:n], position + 1, size[position]), np.insert(sorts[:n], position + 1, sort))

    def _storeys(self, designs: Designs) -> tuple[Any, Any, Any]:
        """Return sizes, sorts and which storeys there are, ``[n, storeys]`` each."""
        size, sort = (
            np.stack([designs[f"tower.{i}.{name}"] for i in range(self.storeys)], axis=1) for name in ("size", "sort")
        )
        return size, sort, np.arange(self.storeys) < designs["tower"][:, None]

    def _tower(self, size: Any, sort: Any) -> Designs:
        row: dict[str, Any] = {"tower": len(size)}
        for i, (one, other) in enumerate(zip(size.tolist(), sort.tolist(), strict=True)):
            row |= {f"tower.{i}.size": one, f"tower.{i}.sort": _SORTS[other]}
        return self.space.from_rows([row])
