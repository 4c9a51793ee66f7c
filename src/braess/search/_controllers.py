"""Who decides how designs grow: what a controller does, and the one that goes by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from braess.problem import Growable, Growth
from braess.problem.evaluations import Bools, Floats
from braess.space import Designs

Place: TypeAlias = "tuple[int, int, int]"  # block, position and sort of an inserted element


@dataclass
class Path:
    """How one design has come to be: what it looked like at each step, and what was decided."""

    design: Designs
    widened: list[tuple[Growth, Bools]] = field(default_factory=list)
    inserted: list[tuple[Growth, Place]] = field(default_factory=list)


class Controller(Protocol):
    """Decides how designs grow, and may learn from what becomes of them."""

    def widen(self, growths: Sequence[Growth], rng: np.random.Generator) -> list[Bools]:
        """Decide which elements grow, of each of several designs ``[length]``."""

    def insert(self, growths: Sequence[Growth], rng: np.random.Generator) -> list[Place]:
        """Decide what is inserted where, in each of several designs where something can be."""

    def learn(self, paths: Sequence[Path], rewards: Floats) -> None:
        """Learn what the ends ``[n]`` of paths were worth."""


class Chance:
    """Lets an element grow or not, and chooses block, position and sort in turn, with equal probabilities."""

    def widen(self, growths: Sequence[Growth], rng: np.random.Generator) -> list[Bools]:
        """Let about half of the elements grow that can."""
        return [growth.widen & (rng.random(len(growth.widen)) < 0.5) for growth in growths]

    def insert(self, growths: Sequence[Growth], rng: np.random.Generator) -> list[Place]:
        """Insert anything anywhere."""
        return [_place(growth.insert, rng) for growth in growths]

    def learn(self, paths: Sequence[Path], rewards: Floats) -> None:
        """Stay as it is."""


def grown(
    growable: Growable, start: Designs, n: int, steps: tuple[int, int], controller: Controller, rng: np.random.Generator
) -> list[Path]:
    """Return ``n`` paths from one design: so many steps in which elements grow, then so many in which one is inserted."""
    paths = [Path(start) for _ in range(n)]
    for _ in range(steps[0]):
        growths = [growable.growth(path.design) for path in paths]
        for path, growth, elements in zip(paths, growths, controller.widen(growths, rng), strict=True):
            path.widened.append((growth, elements))
            if elements.any():
                path.design = growable.widened(path.design, elements)
    for _ in range(steps[1]):
        growths = [growable.growth(path.design) for path in paths]
        able = [(path, growth) for path, growth in zip(paths, growths, strict=True) if growth.insert.any()]
        if not able:
            break
        places = controller.insert([growth for _, growth in able], rng)
        for (path, growth), place in zip(able, places, strict=True):
            path.inserted.append((growth, place))
            path.design = growable.inserted(path.design, *place)
    return paths


def changed(growable: Growable, start: Designs, n: int, most: int, rng: np.random.Generator) -> list[Path]:
    """Return ``n`` paths from one design, each of one to ``most`` single changes, as often larger as more elements."""
    paths = []
    for _ in range(n):
        path = Path(start)
        for _ in range(int(rng.integers(1, most + 1))):
            growth = growable.growth(path.design)
            able = np.flatnonzero(growth.widen)
            larger, more = bool(able.size), bool(growth.insert.any())
            if larger and (not more or rng.random() < 0.5):
                elements = np.arange(len(growth.widen)) == rng.choice(able)
                path.design = growable.widened(path.design, elements)
            elif more:
                path.design = growable.inserted(path.design, *_place(growth.insert, rng))
        paths.append(path)
    return paths


def _place(insert: Bools, rng: np.random.Generator) -> Place:
    """Choose a block, a position in it and a sort there in turn, each evenly among those that can be."""
    block = int(rng.choice(np.flatnonzero(insert.any(axis=(1, 2)))))
    position = int(rng.choice(np.flatnonzero(insert[block].any(axis=1))))
    return block, position, int(rng.choice(np.flatnonzero(insert[block, position])))
