"""A model of the follower's answer on its graph, corrected by what designs turn out to be worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from braess.learn.model import Model
from braess.learn.predictors.base import Learned, Predictor, Reader
from braess.learn.predictors.one_hot import OneHot
from braess.learn.predictors.ridge import Line
from braess.learn.preparation import Recipe, prepare
from braess.learn.surrogate import Surrogate
from braess.problem import GraphView, Problem, Sampleable, capability
from braess.problem.evaluations import Floats
from braess.space import Designs


@dataclass(frozen=True)
class Graphs(Predictor):
    """What a model of ``braess list models`` says of designs, and a ridge regression of what it misses.

    Before the search starts the model learns from solved examples what the follower answers, as for `hybrid`: that is no part
    of the budget, and done once. Needs the extra ``learn``.

    Parameters
    ----------
    model
        Name of the model.
    examples, deviation, epochs
        As in `braess.learn.preparation.Recipe`.
    seconds
        Most time that it learns.

    References
    ----------
    Madadi and Correia (2023), "A hybrid deep-learning-metaheuristic framework for bi-level network design problems",
    arXiv:2303.06024, for models of followers in searches.
    """

    name: ClassVar[str] = "graph"
    reference: ClassVar[str] = "after Madadi and Correia (2023), arXiv:2303.06024"
    scored: ClassVar[bool] = False

    model: str = "od-graph"
    examples: int = 2000
    deviation: float = 0.0
    epochs: int = 100
    seconds: float = 300.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        self._recipe()

    def _recipe(self) -> Recipe:
        return Recipe(self.model, self.examples, self.deviation, self.epochs, self.seconds)

    def refusal(self, problem: Problem) -> str | None:
        """Say why it cannot predict designs of a problem, or ``None`` if it can."""
        can = (capability(problem, protocol) is not None for protocol in (GraphView, Sampleable))
        return None if all(can) else "needs a problem whose follower can be learned (`Sampleable`, `GraphView`)"

    def reader(self, problem: Problem) -> Reader:
        """Make the model ready; designs are then read as what it says they are worth, and one-hot."""
        inside = cast("Problem", capability(problem, GraphView))
        return _Foreseen(inside, prepare(problem, self._recipe()).model)

    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        """Learn what the model misses, as `Predictor.fit` says; nothing is left to chance."""
        del rng
        told = values.shape[1]
        return _Corrected(Line.fit(rows[:, told:], values - rows[:, :told])[0], told)


class _Foreseen:
    """Writes designs as what a model says they are worth, objectives to be made small first, and one-hot after that."""

    def __init__(self, problem: Problem, model: Model) -> None:
        self._surrogate, self._signs, self._one_hot = Surrogate(problem, model), problem.signs, OneHot(problem.space)

    def __call__(self, designs: Designs) -> Floats:
        judged = self._surrogate.predict(designs)[0]
        return np.concatenate([judged.objectives * self._signs, judged.constraints, self._one_hot(designs)], axis=1)


@dataclass(frozen=True)
class _Corrected:
    missed: Line
    told: int

    def __call__(self, rows: Floats) -> Floats:
        return rows[:, : self.told] + self.missed(rows[:, self.told :])
