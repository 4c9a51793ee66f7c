"""NSGA-II: Pareto fronts of a few objectives on any space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._evolutionary import Evolutionary
from braess.search.base import Running


@dataclass(frozen=True)
class NSGA2(Evolutionary):
    """Non-dominated sorting with crowding distance: the standard for two objectives, on any space.

    Parameters
    ----------
    population, crossover, mutation, exchange
        As in every evolutionary search; as many children are made in a generation as survive one.

    References
    ----------
    Deb, Pratap, Agarwal and Meyarivan (2002), "A fast and elitist multiobjective genetic algorithm: NSGA-II",
    doi:10.1109/4235.996017.
    """

    name: ClassVar[str] = "nsga2"
    summary: ClassVar[str] = "Pareto front by non-dominated sorting and crowding, any space"
    reference: ClassVar[str] = "Deb et al. (2002), doi:10.1109/4235.996017"
    objectives: ClassVar[Literal["one", "many", "any"]] = "many"

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from pymoo.algorithms.moo import nsga2 as method

        from braess.search._pymoo import Native

        algorithm = method.NSGA2(pop_size=self.population, survival=method.RankAndCrowdingSurvival())
        variation = self.variation(crossover_spread=15.0)
        return Native(problem, rng, algorithm, variation, method.binary_tournament)
