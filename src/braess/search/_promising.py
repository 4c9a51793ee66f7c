"""Looks for the designs that promise most by a model: among random ones and children of the best, and by evolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from braess.problem.evaluations import Bools, Floats
from braess.search._variation import Variation
from braess.space import Designs, Space

Repair = Callable[[Designs], Designs]
_VARIATION = Variation(crossover=0.5, mutation=1.5, exchange=0.5, crossover_spread=15.0, mutation_spread=20.0)
_GENERATIONS, _QUIET = 30, 5  # at most, and without an improvement


class Box(NamedTuple):
    """Part of the unit cube."""

    low: Floats
    """``[d]``."""
    high: Floats
    """``[d]``."""

    @classmethod
    def unit(cls, width: int) -> Box:
        """Return the whole cube."""
        return cls(np.zeros(width), np.ones(width))

    def holds(self, points: Floats) -> Bools:
        """Tell which points ``[n, d]`` lie in it, ``[n]``."""
        return np.asarray(((points >= self.low) & (points <= self.high)).all(axis=1))


def promising(
    space: Space,
    promise: Callable[[Floats], Floats],
    best: Floats,
    *,
    box: Box,
    starts: int,
    kept: int,
    repair: Repair,
    rng: np.random.Generator,
) -> Floats:
    """Return points of the unit cube ``[k, width]`` that designs lie at, the most promising first.

    Half of the starts are random, the others are children of the best designs known. Where something has levels, for which
    there is no slope to follow, they then evolve.

    Parameters
    ----------
    space
        Of the designs.
    promise
        Of points ``[n, width]``, ``[n]``: to be large.
    best
        ``[b, width]`` points of the best designs known; at least one.
    box
        What they are looked for in.
    starts, kept
        Points looked at first, and returned at most.
    repair
        Makes designs such as the problem asks for.
    rng
        Where every random choice comes from.
    """
    low, high = box
    drawn = low + space.to_unit(space.sample(starts - starts // 2, rng)) * (high - low)
    drawn = space.to_unit(repair(space.from_unit(drawn)))
    points = np.concatenate([drawn, _children(space, best, starts // 2, repair, rng)])
    points = np.unique(np.clip(points, low, high), axis=0)
    points, values = _top(points, promise(points), kept)
    quiet, generations = 0, 0 if space.kinds <= {"real"} else _GENERATIONS
    while quiet < _QUIET and generations:
        before, generations = values[0], generations - 1
        children = np.clip(_children(space, points, starts // 2, repair, rng), low, high)
        points, rows = np.unique(np.concatenate([points, children]), axis=0, return_index=True)
        points, values = _top(points, np.concatenate([values, promise(children)])[rows], kept)
        quiet = 0 if values[0] > before else quiet + 1
    return points


def _children(space: Space, parents: Floats, n: int, repair: Repair, rng: np.random.Generator) -> Floats:
    flat, _ = space.flatten(space.from_unit(parents))
    first, second = (flat[rng.integers(len(flat), size=n)] for _ in range(2))
    return space.to_unit(repair(space.unflatten(_VARIATION.offspring(space, first, second, rng))))


def _top(points: Floats, values: Floats, n: int) -> tuple[Floats, Floats]:
    order = np.argsort(-values, kind="stable")[:n]
    return points[order], values[order]
