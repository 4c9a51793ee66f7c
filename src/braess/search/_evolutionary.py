"""What the evolutionary searches share: the hyper-parameters of their variation, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from braess.search._validate import at_least, between, positive
from braess.search._variation import Variation
from braess.search.base import Search


@dataclass(frozen=True)
class Evolutionary(Search):
    """A search that mixes and mutates a population.

    Parameters
    ----------
    population
        Designs that survive a generation.
    crossover
        Probability that two parents mix.
    mutation
        Expected number of decisions that mutation changes in a design.
    exchange
        Share of mutations of binaries that exchange a 1 and a 0.
    """

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

    def variation(self, crossover_spread: float) -> Variation:
        """Return the operators; the spread is the distribution index of simulated binary crossover."""
        return Variation(self.crossover, self.mutation, self.exchange, crossover_spread=crossover_spread, mutation_spread=20.0)
