"""Differential evolution for one objective on numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least, between, one_of, positive
from braess.search.base import Running, Search


@dataclass(frozen=True)
class DifferentialEvolution(Search):
    """Differential evolution in the unit cube: steps are scaled differences of members of the population.

    Integers and binaries are rounded: each value has an equal cell of [0, 1], and a position anywhere in the cell is
    that value, so steps smaller than a cell change nothing. Categories have no distances, therefore they are refused,
    as are permutations and conditional variables. Use it for rugged problems of up to some tens of reals.

    Parameters
    ----------
    population
        Members.
    base
        Where a step starts: from the ``"best"`` member (fast) or from a random one (``"rand"``, thorough).
    scale
        Factor of the differences.
    crossover
        Probability that a coordinate takes the step.

    References
    ----------
    Storn and Price (1997), "Differential evolution", doi:10.1023/A:1008202821328.
    """

    name: ClassVar[str] = "differential-evolution"
    summary: ClassVar[str] = "differential evolution for one objective, numbers only"
    reference: ClassVar[str] = "Storn and Price (1997), doi:10.1023/A:1008202821328"
    kinds: ClassVar[frozenset[str]] = frozenset({"real", "integer", "binary"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    population: int = 60
    base: Literal["best", "rand"] = "rand"
    scale: float = 0.6
    crossover: float = 0.9

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("population", self.population, 5)
        one_of("base", self.base, ("best", "rand"))
        positive("scale", self.scale)
        between("crossover", self.crossover, 0.0, 1.0)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from pymoo.algorithms.soo.nonconvex.de import DE, Variant
        from pymoo.operators.control import NoParameterControl

        from braess.search._pymoo import UnitEvolution

        variant = Variant(
            selection=self.base,
            n_diffs=1,
            F=self.scale,
            crossover="bin",
            CR=self.crossover,
            jitter=False,
            prob_mut=0.0,
            control=NoParameterControl,
        )
        first = rng.random((self.population, problem.space.width))
        return UnitEvolution(problem, rng, DE(pop_size=self.population, sampling=first, variant=variant))
