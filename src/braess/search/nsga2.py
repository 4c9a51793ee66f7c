"""NSGA-II: Pareto fronts of a few objectives on any space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least, between, positive
from braess.search._variation import Variation
from braess.search.base import Running, Search


@dataclass(frozen=True)
class NSGA2(Search):
    """Non-dominated sorting with crowding distance: the standard for two objectives, on any space.

    Parameters
    ----------
    population
        Designs that survive a generation, and children made in one.
    crossover
        Probability that two parents mix.
    mutation
        Expected number of decisions that mutation changes in a design.
    exchange
        Share of mutations of binaries that exchange a 1 and a 0.

    References
    ----------
    Deb, Pratap, Agarwal and Meyarivan (2002), "A fast and elitist multiobjective genetic algorithm: NSGA-II",
    doi:10.1109/4235.996017.
    """

    name: ClassVar[str] = "nsga2"
    summary: ClassVar[str] = "Pareto front by non-dominated sorting and crowding, any space"
    reference: ClassVar[str] = "Deb et al. (2002), doi:10.1109/4235.996017"
    objectives: ClassVar[Literal["one", "many", "any"]] = "many"

    population: int = 100
    crossover: float = 0.9
    mutation: float = 1.0
    exchange: float = 0.3

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("population", self.population, 4)
        between("crossover", self.crossover, 0.0, 1.0)
        positive("mutation", self.mutation)
        between("exchange", self.exchange, 0.0, 1.0)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from pymoo.algorithms.moo import nsga2 as method

        from braess.search._pymoo import Native

        algorithm = method.NSGA2(pop_size=self.population, survival=method.RankAndCrowdingSurvival())
        variation = Variation(self.crossover, self.mutation, self.exchange, crossover_spread=15.0, mutation_spread=20.0)
        return Native(problem, rng, algorithm, variation, method.binary_tournament)
