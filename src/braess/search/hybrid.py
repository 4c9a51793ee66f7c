"""Hybrid search: a model that has learned what the follower answers proposes, searches that solve every design improve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from braess.problem import GraphView, Problem, Sampleable, capability
from braess.search._evolutionary import Evolutionary
from braess.search._validate import at_least, positive
from braess.search.base import Running

if TYPE_CHECKING:
    from braess.learn.preparation import Recipe


@dataclass(frozen=True)
class Hybrid(Evolutionary):
    """Evolution on predicted designs, checked and corrected by solving some, in turns with searches that solve all.

    Before it starts, a model learns from solved examples what the follower answers; that takes minutes, is not part of the
    budget, and is done once: the model is kept and found again by what it was made from. The evolution then sees about fifty
    predicted designs for each one that it has solved. It knows that predictions are noisy: what is not solved is compared by
    draws from its interval, designs whose intervals reach lowest are solved, and what was missed there corrects the
    predictions to come. In turn with it ``local`` (discrete spaces) and ``gradient`` (where there are derivatives)
    improve the best designs of all three. Each gets the same time, as it was measured when the model was made; whoever
    finds nothing waits longer for its next turn.

    Every design it reports is solved. It is meant for followers that take long; where an exact answer takes a millisecond, as
    on small road networks, most of the time goes into predictions, and ``local`` does as well or better.

    Parameters
    ----------
    population, crossover, mutation, exchange
        As in every evolutionary search; the population is of predicted designs.
    generations
        Generations on predictions between two that are solved.
    solved
        Designs solved then.
    turn
        Evaluations in a turn.
    model
        What learns: a name of ``braess list models``.
    examples, deviation, epochs
        As in `braess.learn.preparation.Recipe`.
    learning_seconds
        Most time that it learns.

    References
    ----------
    Madadi and Correia (2023), "A hybrid deep-learning-metaheuristic framework for bi-level network design problems",
    arXiv:2303.06024, from which this differs by what it knows of errors and by the searches it takes turns with.
    """

    name: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = "evolution on predictions of a learned follower, in turns with searches that solve every design"
    reference: ClassVar[str] = "after Madadi and Correia (2023), arXiv:2303.06024"
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    exchange: float = 0.5
    generations: int = 10
    solved: int = 20
    turn: int = 60
    model: str = "od-graph"
    examples: int = 2000
    deviation: float = 0.0
    epochs: int = 100
    learning_seconds: float = 300.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        for field in ("generations", "solved", "turn"):
            at_least(field, getattr(self, field), 1)
        positive("learning_seconds", self.learning_seconds)
        self._recipe()

    def _recipe(self) -> Recipe:
        from braess.learn.preparation import Recipe

        return Recipe(self.model, self.examples, self.deviation, self.epochs, self.learning_seconds)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is not None:
            return reason
        if capability(problem, GraphView) is None or capability(problem, Sampleable) is None:  # type: ignore[type-abstract]
            return "needs a problem whose follower can be learned (`Sampleable`, `GraphView`)"
        return None

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.learn.preparation import prepare
        from braess.search._hybrid import HybridRun

        return HybridRun(problem, rng, self, prepare(problem, self._recipe()))
