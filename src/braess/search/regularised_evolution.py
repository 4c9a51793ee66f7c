"""Regularised evolution: tournaments among the youngest, mutation, and the oldest dies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least
from braess.search.base import Running, Search


@dataclass(frozen=True)
class RegularisedEvolution(Search):
    """Ageing evolution for one objective on any space: the oldest design dies, not the worst.

    The best of a random sample of the population is changed in one decision and the child joins the population, whose oldest
    member leaves; so a design stays only through children that do well too. Binaries flip, ordered values move to neighbours
    or elsewhere, other options change to any other, orders exchange two items or turn a stretch around, and parts that open
    are drawn at random. Comparison is by violation, then by objective. No design is evaluated twice: where all changes of the
    parents are known, more decisions are changed. It ends when it finds no new design.

    Use it as a baseline on designs of many unordered choices, such as neural architectures, from some dozens of evaluations.

    Parameters
    ----------
    population
        Designs alive; as many random ones come first.
    sample
        Members of which the best is a parent.
    batch
        Children made before any of them is told.

    References
    ----------
    Real, Aggarwal, Huang and Le (2019), "Regularized evolution for image classifier architecture search",
    doi:10.1609/aaai.v33i01.33014780, algorithm 1 (with mutation of one decision of any kind).
    """

    name: ClassVar[str] = "regularised-evolution"
    summary: ClassVar[str] = "ageing evolution: the best of a sample is mutated, the oldest dies; any space"
    reference: ClassVar[str] = "Real, Aggarwal, Huang and Le (2019), doi:10.1609/aaai.v33i01.33014780"
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    population: int = 10
    sample: int = 5
    batch: int = 1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("sample", self.sample, 1)
        at_least("population", self.population, self.sample)
        at_least("batch", self.batch, 1)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._regularised_evolution import RegularisedEvolutionRun

        return RegularisedEvolutionRun(problem, rng, self)
