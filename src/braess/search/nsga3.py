"""NSGA-III: Pareto fronts of three and more objectives on any space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._evolutionary import Evolutionary
from braess.search.base import Running


@dataclass(frozen=True)
class NSGA3(Evolutionary):
    """Non-dominated sorting with reference directions: for three and more objectives, on any space.

    The directions are those of Das and Dennis on the simplex, as many as the population holds at most.

    Parameters
    ----------
    population, crossover, mutation, exchange
        As in every evolutionary search; as many children are made in a generation as survive one.

    References
    ----------
    Deb and Jain (2014), "An evolutionary many-objective optimization algorithm using reference-point-based
    nondominated sorting approach, part I", doi:10.1109/TEVC.2013.2281535.
    """

    name: ClassVar[str] = "nsga3"
    summary: ClassVar[str] = "Pareto front of many objectives by reference directions, any space"
    reference: ClassVar[str] = "Deb and Jain (2014), doi:10.1109/TEVC.2013.2281535"
    objectives: ClassVar[Literal["one", "many", "any"]] = "many"

    crossover: float = 1.0

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from pymoo.algorithms.moo import nsga3 as method
        from pymoo.util.ref_dirs import get_reference_directions

        from braess.search._pymoo import Native, feasible_then_random

        m = len(problem.objectives)
        directions = get_reference_directions("das-dennis", m, n_partitions=self.partitions(m))
        algorithm = method.NSGA3(directions, pop_size=self.population)
        variation = self.variation(crossover_spread=30.0)
        return Native(problem, rng, algorithm, variation, feasible_then_random)

    def partitions(self, m: int) -> int:
        """Return how finely the simplex of ``m`` objectives is divided: as far as the population allows.

        Raises
        ------
        InputError
            The population is smaller than the number of objectives.
        """
        if self.population < m:
            raise InputError(
                "fewer designs than objectives", field="population", found=self.population, expected=f"at least {m}"
            )
        count = 1
        while math.comb(m + count, count + 1) <= self.population:
            count += 1
        return count
