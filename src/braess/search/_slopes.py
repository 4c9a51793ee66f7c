"""Values, gradients and constraints of a problem in the form the gradient search works with."""

from __future__ import annotations

import numpy as np

from braess.errors import BraessError, InputError
from braess.problem import Differentiable, DifferentiableConstraints, Problem, capability
from braess.problem.evaluations import Floats
from braess.space import Real

MARGIN = 1e-8  # share of a constraint's range kept free, so that rounding does not make a design infeasible
_PULLS = 50  # Newton steps that bring a point within the constraints


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
        except InputError:
            raise
        except BraessError:  # as an evaluation that fails; anything else is a mistake and must be seen
            return None
        value, gradient = self._sign * float(values[0, 0]), self._sign * gradients[0, 0]
        return (value, gradient) if np.isfinite(value) and np.isfinite(gradient).all() else None

    def limits(self, row: Floats) -> tuple[Floats, Floats]:
        """Return constraints ``[k]`` and their gradients ``[k, width]`` at a flat design ``[width]``."""
        if self._constraints is None:
            return np.empty(0), np.empty((0, row.size))
        constraints, gradients = self._constraints.constraint_and_gradient(row[None])
        return constraints[0], gradients[0]


class UnitSlopes(Slopes):
    """The same in the unit cube of a space of reals, logarithms where a variable asks for them.

    Parameters
    ----------
    problem
        As in `Slopes`.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._space = problem.space

    def at(self, row: Floats) -> tuple[float, Floats] | None:
        """Return value and gradient ``[width]`` at a point ``[width]``; ``None`` where the follower has no answer."""
        design, stretch = self._design(row)
        found = super().at(design)
        return None if found is None else (found[0], found[1] * stretch)

    def limits(self, row: Floats) -> tuple[Floats, Floats]:
        """Return constraints ``[k]`` and their gradients ``[k, width]`` at a point ``[width]``."""
        design, stretch = self._design(row)
        constraints, gradients = super().limits(design)
        return constraints, gradients * stretch

    def pulled(self, point: Floats) -> Floats:
        """Bring a point within the constraints if it breaks them, as far as Newton steps do; no follower is solved."""
        for _ in range(_PULLS):
            constraints, gradients = self.limits(point)
            worst = int(np.argmax(constraints)) if constraints.size else -1
            if worst < 0 or constraints[worst] <= 0:
                break
            slope = gradients[worst]
            excess = constraints[worst] + MARGIN * np.abs(slope).sum()
            point = np.clip(point - slope * (excess / max(1e-300, slope @ slope)), 0.0, 1.0)
        return point

    def _design(self, point: Floats) -> tuple[Floats, Floats]:
        """Return the flat design of a point and its derivatives by the point, column by column."""
        row = self._space.flatten(self._space.from_unit(point[None]))[0][0]
        stretch = np.empty_like(row)
        for leaf in self._space.leaves:
            low, high = leaf.variable.bounds()
            log = isinstance(leaf.variable, Real) and leaf.variable.log
            stretch[leaf.columns] = row[leaf.columns] * np.log(high / low) if log else high - low
        return row, stretch
