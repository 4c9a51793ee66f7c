"""Search by traces: conformance, known optima by each proposer, branches, failures, constraints, honest refusals."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
from solved import best_of

from braess.errors import InputError
from braess.problem import Constraint, Objective
from braess.search.gradient import Gradient
from braess.search.traced import Traced
from braess.space import Binary, Categorical, Integer, Permutation, Real
from braess.testing import Knapsack, SearchConformance, Sphere
from braess.trace import Parameter, TraceWarning, Workflow, WorkflowProblem, bundle


def bowl(x, y):
    return np.sum((x - 0.3) ** 2) + (y - 1.0) ** 2 + x[0] * y


BOWL = WorkflowProblem(
    Workflow(bowl, {"x": Parameter(np.ones(3), Real(low=-2.0, high=2.0, size=3)), "y": Parameter(0.0, Real(low=-3.0, high=3.0))})
)
X0 = -0.8  # of the minimum: 2 (x0 - 0.3) + y = 0 and 2 (y - 1) + x0 = 0, so 1.5 x0 = 0.6 - 1
X0 = (0.6 - 1.0) / 1.5
BOWL_LEAST = (X0 - 0.3) ** 2 + (0.5 * X0) ** 2 + X0 * (1.0 - 0.5 * X0)


def kinds(x, n, b, c):
    shift = {"left": -1.0, "middle": 0.0, "right": 1.0}
    far = lookup(shift, c)
    return (x - 0.7) ** 2 + (n - 3) ** 2 + 2.0 * (1 - b) + far**2


@bundle
def lookup(table, key):
    """Look a key up."""
    return table[key]


KINDS = WorkflowProblem(
    Workflow(
        kinds,
        {
            "x": Parameter(0.0, Real(low=-2.0, high=2.0)),
            "n": Parameter(9, Integer(low=0, high=9)),
            "b": Parameter(0, Binary()),
            "c": Parameter("left", Categorical(options=("left", "middle", "right"))),
        },
    )
)


def crossed(x, y):
    if x > 0.5:  # the branch decides whether y matters
        return {"cost": (x - 1.0) ** 2 + (y - 1.0) ** 2, "room": x + y - 1.5}
    return {"cost": 3.0 + x**2, "room": x - 1.0}


CROSSED = WorkflowProblem(
    Workflow(
        crossed,
        {"x": Parameter(0.9, Real(low=0.0, high=2.0)), "y": Parameter(0.0, Real(low=0.0, high=2.0))},
        (Objective("cost"),),
        (Constraint("room"),),
    )
)


def failing(x, y):
    return guarded(x) + (y - 0.25) ** 2


@bundle
def guarded(x):
    """Fail for large x."""
    if x > 0.5:
        raise ArithmeticError("too large")
    return (x - 0.4) ** 2


FAILING = WorkflowProblem(
    Workflow(failing, {"x": Parameter(0.9, Real(low=0.0, high=1.0)), "y": Parameter(0.9, Real(low=0.0, high=1.0))})
)


class TestTracedConformance(SearchConformance):
    search = Traced(starts=3)
    problems: ClassVar = (BOWL, KINDS)
    unfit: ClassVar = (Sphere(), Knapsack())


@pytest.mark.filterwarnings("ignore::braess.trace.TraceWarning")
class TestAdamConformance(SearchConformance):
    search = Traced(starts=2, rule="adam", patience=10)
    problems: ClassVar = (BOWL, CROSSED, FAILING)


class TestStructureConformance(SearchConformance):
    search = Traced(starts=2, proposer="structure")
    problems: ClassVar = (KINDS, BOWL, FAILING)


@pytest.mark.parametrize("proposer", ["auto", "adjoint", "replay", "structure"])
def test_reaches_the_minimum(proposer: str) -> None:
    """Of a quadratic, which is known in closed form, by each proposer."""
    runs = 400 if proposer == "structure" else 60
    assert best_of(Traced(proposer=proposer), BOWL, runs, 0) == pytest.approx(BOWL_LEAST, abs=1e-6)
