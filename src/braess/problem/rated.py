"""A problem whose designs can be rated cheaply before they are evaluated."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from braess.errors import InputError
from braess.problem.evaluations import Floats
from braess.problem.problem import Problem
from braess.problem.wrappers import Wrapper
from braess.space import Designs


@runtime_checkable
class Rateable(Protocol):
    """Can rate designs before they are evaluated, for far less than an evaluation costs."""

    def rate(self, designs: Designs) -> Floats:
        """Return how promising each of ``n`` designs is, ``[n]``: larger is better; minus infinity where that is not known."""


class RatedBy(Wrapper):
    """A problem whose designs another, cheaper one rates by its one objective.

    It evaluates as the problem inside does.

    Parameters
    ----------
    problem
        The problem inside.
    rating
        A problem over the same space with one objective. Designs that break its constraints rate below all that do not.

    Raises
    ------
    InputError
        Another space, or several objectives.
    """

    def __init__(self, problem: Problem, rating: Problem) -> None:
        super().__init__(problem)
        if len(rating.objectives) != 1:
            found = [objective.name for objective in rating.objectives]
            raise InputError("designs are rated by one objective", field="rating", found=found)
        if rating.space.describe() != problem.space.describe():
            raise InputError("the rating has another space", field="rating", found=rating.name)
        self.rating = rating

    def rate(self, designs: Designs) -> Floats:
        """Return how promising each of ``n`` designs is, ``[n]``."""
        found = self.rating.evaluate(designs)
        promise: Floats = np.where(found.feasible, -found.objectives[:, 0] * self.rating.signs[0], -np.inf)
        return promise

    def describe(self) -> dict[str, Any]:
        """Describe both problems."""
        return super().describe() | {"rated_by": self.rating.describe()}
