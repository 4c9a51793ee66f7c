"""Genetic algorithm for one objective on any space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._evolutionary import Evolutionary
from braess.search._validate import at_least
from braess.search.base import Running


@dataclass(frozen=True)
class Genetic(Evolutionary):
    """Genetic algorithm with feasibility rules: parents by binary tournament, the best of parents and children survive.

    Every kind of variable has its own operators: uniform crossover and flips, exchanges or resets for discrete ones,
    simulated binary crossover and polynomial mutation for reals, order crossover and exchanges or reversals for
    permutations. Use it for one objective on any space, when evaluations are cheap enough for some thousands.

    Parameters
    ----------
    population, crossover, mutation, exchange
        As in every evolutionary search.
    offspring
        Designs made in a generation.

    References
    ----------
    Deb (2000), "An efficient constraint handling method for genetic algorithms", doi:10.1016/S0045-7825(99)00389-8.
    """

    name: ClassVar[str] = "genetic"
    summary: ClassVar[str] = "genetic algorithm for one objective, any space"
    reference: ClassVar[str] = "Deb (2000), doi:10.1016/S0045-7825(99)00389-8"
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    offspring: int = 100
    exchange: float = 0.5

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        at_least("offspring", self.offspring, 1)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from pymoo.algorithms.soo.nonconvex.ga import GA, FitnessSurvival

        from braess.search._pymoo import Native, feasible_then_better

        algorithm = GA(pop_size=self.population, n_offsprings=self.offspring, survival=FitnessSurvival())
        variation = self.variation(crossover_spread=15.0)
        return Native(problem, rng, algorithm, variation, feasible_then_better)
