"""What searches that model objectives and constraints have in common: first designs, what was told, no design twice."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from scipy.stats import qmc

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Bools, Floats
from braess.search._generations import Generations
from braess.space import Designs

_DRAWS = 200  # random designs, until one that was not met
_LEAST, _MOST = 10, 50  # first designs


class Told(NamedTuple):
    """What evaluations came to, all finite: failed ones and infinite constraints count as the worst that was seen."""

    points: Floats
    """``[n, d]`` designs in the unit cube."""
    objectives: Floats
    """``[n, m]``, to be made small."""
    constraints: Floats
    """``[n, k]``; at most 0 is feasible."""
    feasible: Bools
    """``[n]``."""

    def best(self, n: int) -> Floats:
        """Return the points of the best designs, ``[k, d]``: feasible before infeasible ones, then by rank and by violation."""
        violation = np.maximum(self.constraints, 0.0).sum(axis=1)
        ranks = NonDominatedSorting().do(self.objectives, return_rank=True)[1]
        return self.points[np.lexsort((ranks, np.where(self.feasible, 0.0, violation)))[:n]]


class ModelBased(Generations):
    """A search that evaluates some designs spread over the space, then, over and over, those that a model proposes.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    initial
        Designs before there is a model; 0 for two more than twice as many as there are coordinates, from 10 to 50.
    batch
        Designs proposed before any of them is told.

    Attributes
    ----------
    sloped
        ``[width]`` which coordinates of the unit cube have slopes to follow: those of real variables.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, *, initial: int, batch: int) -> None:
        super().__init__(problem, rng)
        self.sloped: Bools = np.zeros(self.space.width, dtype=np.bool_)
        for leaf in self.space.leaves:
            self.sloped[leaf.columns] = leaf.variable.kind == "real"
        self._initial = initial or min(max(2 * self.space.width + 2, _LEAST), _MOST)
        self._batch = batch
        self._met: set[bytes] = set()
        self._points: list[Floats] = []
        self._evaluations: list[Evaluations] = []

    @abstractmethod
    def _proposed(self, told: Told, n: int) -> Floats:
        """Return points of the unit cube ``[k, d]`` to evaluate next, the best first; ``n`` of them are taken."""

    def told(self) -> Told | None:
        """Return what is known, ``None`` before any evaluation succeeded."""
        evaluations = Evaluations.concatenate(self._evaluations)
        failed = evaluations.failed
        if failed.all():
            return None
        objectives, constraints = evaluations.objectives * self.signs, evaluations.constraints
        for values in (objectives, constraints):
            values[~np.isfinite(values)] = np.nan
            values[failed] = np.nan
            worst = np.nanmax(values, axis=0, initial=-np.inf)
            values[:] = np.where(np.isnan(values), np.where(np.isfinite(worst), worst, 1.0), values)
        return Told(np.concatenate(self._points), objectives, constraints, evaluations.feasible)

    def _next(self) -> Designs:
        left = self._initial - len(self._met)
        told = None if left > 0 else self.told()
        n = self._batch if told is not None else max(left, self._batch)
        points = self._spread(n) if told is None else self._proposed(told, n)
        fresh: list[Designs] = []
        for design in self._candidates(points):
            key = design.pack()[0]
            if key not in self._met:
                self._met.add(key)
                fresh.append(design)
            if len(fresh) == n:
                break
        return self.space.concatenate(fresh)

    def _candidates(self, points: Floats) -> Iterator[Designs]:
        """Yield the designs at these points, then random ones."""
        for i in range(len(points)):
            yield self.repaired(self.space.from_unit(points[i : i + 1]))
        for _ in range(_DRAWS):
            yield self.repaired(self.space.sample(1, self.rng))

    def _spread(self, n: int) -> Floats:
        points: Floats = qmc.LatinHypercube(self.space.width, rng=self.rng).random(n)
        return points

    def _learn(self, evaluations: Evaluations) -> None:
        self._points.append(self.space.to_unit(self.generation))
        self._evaluations.append(evaluations)
