"""Values, gradients and constraints of a problem in the form the gradient search works with."""

from __future__ import annotations

import numpy as np

from braess.errors import BraessError
from braess.problem import Differentiable, DifferentiableConstraints, Problem, capability
from braess.problem.evaluations import Floats


class Slopes:
    """Derivatives of a problem at one flat design at a time, the objective to be made small.

    Parameters
    ----------
    problem
        One with the capabilities that `Gradient` asks for.
    """

    def __init__(self, problem: Problem) -> None:
        objective = capability(problem, Differentiable)  # type: ignore[type-abstract]
        assert objective is not None
        self._objective = objective
        self._constraints = capability(problem, DifferentiableConstraints) if problem.constraints else None  # type: ignore[type-abstract]
        self._sign = float(problem.signs[0])

    @property
    def constrained(self) -> bool:
        """Whether there is more to keep than bounds."""
        return self._constraints is not None

    def at(self, row: Floats) -> tuple[float, Floats] | None:
        """Return value and gradient ``[width]`` at a flat design ``[width]``; ``None`` where the follower has no answer."""
        try:
            values, gradients = self._objective.value_and_gradient(row[None])
        except BraessError:  # as an evaluation that fails; anything else is a mistake in the problem and must be seen
            return None
        value, gradient = self._sign * float(values[0, 0]), self._sign * gradients[0, 0]
        return (value, gradient) if np.isfinite(value) and np.isfinite(gradient).all() else None

    def limits(self, row: Floats) -> tuple[Floats, Floats]:
        """Return constraints ``[k]`` and their gradients ``[k, width]`` at a flat design ``[width]``."""
        if self._constraints is None:
            return np.empty(0), np.empty((0, row.size))
        constraints, gradients = self._constraints.constraint_and_gradient(row[None])
        return constraints[0], gradients[0]
