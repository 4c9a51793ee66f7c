"""The exact front of a problem of few designs: all of them are evaluated."""

from __future__ import annotations

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.space import Designs, every_design
from braess.study.pareto import Floats, nondominated

_ENUMERABLE = 300_000  # designs


def enumerated_front(problem: Problem) -> Floats:
    """Evaluate every design and return the different objectives of those that none dominates, ``[k, m]`` sorted.

    Raises
    ------
    InputError
        There are more than 300,000 designs.
    """
    _, found = enumerated_best(problem)
    return np.asarray(np.unique(found.objectives * problem.signs, axis=0) * problem.signs)


def enumerated_best(problem: Problem) -> tuple[Designs, Evaluations]:
    """Evaluate every design and return those that are feasible and that none dominates, with their evaluations.

    Raises
    ------
    InputError
        There are more than 300,000 designs.
    """
    if problem.space.cardinality > _ENUMERABLE:
        raise InputError("too many designs", found=problem.space.cardinality, expected=f"at most {_ENUMERABLE}")
    designs = every_design(problem.space)
    found = problem.evaluate(designs)
    rows = np.flatnonzero(found.feasible)
    if len(rows):
        rows = rows[nondominated(found.objectives[rows] * problem.signs)]
    return designs.take(rows), found.take(rows)
