"""The loop of every search that thinks in generations: hand one out in slices, learn it when all of it is evaluated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Problem, Repairable, capability
from braess.problem.evaluations import Floats
from braess.space import Designs, Space


class Generations(ABC):
    """A running search whose results do not depend on how many designs are asked for at a time.

    It keeps the space, the signs of the objectives and what can repair designs, not the problem itself: the problem
    may be one that does not pickle, such as one with an executor.

    Parameters
    ----------
    problem
        What is searched.
    rng
        Where every random choice comes from.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator) -> None:
        self.space: Space = problem.space
        self.signs: Floats = problem.signs
        self.repairer = capability(problem, Repairable)  # type: ignore[type-abstract]
        self.rng = rng
        self.generation = self.space.concatenate([])
        self._told = 0
        self._parts: list[Evaluations] = []
        self._over = False

    @abstractmethod
    def _next(self) -> Designs:
        """Return the next generation; an empty one ends the search."""

    @abstractmethod
    def _learn(self, evaluations: Evaluations) -> None:
        """Learn the evaluations of the whole generation."""

    def ask(self, n: int) -> Designs:
        """Return the next at most ``n`` designs of the generation; the same ones until they are told.

        Raises
        ------
        InputError
            ``n`` is less than 1.
        """
        if n < 1:
            raise InputError("nothing asked for", field="n", found=n, expected="at least 1")
        if self._told == len(self.generation) and not self._over:
            self.generation, self._told, self._parts = self._next(), 0, []
            self._over = len(self.generation) == 0
        return self.generation.take(slice(self._told, self._told + n))

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Take the evaluations of the batch asked for last.

        Raises
        ------
        InputError
            These are not the designs that were asked for, or not as many evaluations as designs.
        """
        expected = self.generation.take(slice(self._told, self._told + len(designs)))
        if len(expected) != len(designs) or not expected.same_as(designs).all():
            raise InputError("these are not the designs that were asked for", field="designs", found=len(designs))
        if len(evaluations) != len(designs):
            raise InputError(
                "not one evaluation for each design", field="evaluations", found=len(evaluations), expected=str(len(designs))
            )
        if len(designs) == 0:
            return
        self._parts.append(replace(evaluations, states=None))
        self._told += len(designs)
        if self._told == len(self.generation):
            self._learn(Evaluations.concatenate(self._parts))
            self._parts = []

    def repaired(self, designs: Designs) -> Designs:
        """Let the problem repair designs if it can."""
        return designs if self.repairer is None or len(designs) == 0 else self.repairer.repair(designs, self.rng)


def scores(evaluations: Evaluations, signs: Floats) -> tuple[Floats, Floats]:
    """Return violations ``[n]`` and objectives to make small ``[n, m]``: infinite where the evaluation failed.

    Comparing first the violation, then the objective is the rule of Deb (2000), doi:10.1016/S0045-7825(99)00389-8.
    """
    failed = evaluations.failed
    return evaluations.violation, np.where(failed[:, None], np.inf, evaluations.objectives * signs)
