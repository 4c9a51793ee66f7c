"""Search by traces: conformance, known optima by each proposer, branches, failures, constraints, honest refusals."""

from __future__ import annotations

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
    Workflow(
        bowl, {"x": Parameter(np.ones(3), Real(low=-2.0, high=2.0, size=3)), "y": Parameter(0.0, Real(low=-3.0, high=3.0))}
    )
)
X0 = (0.6 - 1.0) / 1.5  # where 2 (x0 - 0.3) + y = 0 and 2 (y - 1) + x0 = 0
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


@pytest.mark.parametrize("proposer", ["auto", "replay"])
def test_constraints_are_met(proposer: str) -> None:
    """Of (x - 1)^2 + (y - 1)^2 below a line the least is 1/8; where a branch ends, y is not used at all."""
    run = CROSSED.workflow.run({"x": 0.2})
    with pytest.warns(TraceWarning, match="'y': it was not used"):
        run.trace.warn_unreached(*run.outputs.values())
    found = best_of(Traced(proposer=proposer, step=0.05), CROSSED, 300, 1)
    assert 0.125 <= found < 0.1255


@pytest.mark.parametrize("proposer", ["auto", "structure"])
def test_failures_are_left(proposer: str) -> None:
    """The first run fails by x alone: only x may be repaired, and the minimum behind the failure found."""
    running = Traced(proposer=proposer).start(FAILING, np.random.default_rng(0))
    first = running.ask(1)
    running.tell(first, FAILING.evaluate(first))
    second = running.ask(1)
    assert second["x"][0] != first["x"][0]
    assert second["y"][0] == first["y"][0]
    assert best_of(Traced(proposer=proposer), FAILING, 100, 0) < 1e-6


def test_all_kinds_at_once() -> None:
    """Four parameters in four terms: the optimum is 0, and independent blocks need no more runs than the largest."""
    assert best_of(Traced(), KINDS, 20, 0) == pytest.approx(0.0, abs=1e-2)
    assert best_of(Traced(), KINDS, 60, 0) == pytest.approx(0.0, abs=1e-9)


def test_fewer_runs_than_values_alone() -> None:
    """What the trace tells must be worth something: the same search space, the same runs, values only."""
    from braess.search.cma_es import CMAES

    seen, masked = (np.median([best_of(search, BOWL, 40, seed) for seed in range(5)]) for search in (Traced(), CMAES()))
    assert seen - BOWL_LEAST < 1e-3 * (masked - BOWL_LEAST)


def test_derivatives_that_end_are_replaced() -> None:
    """Where a run meets an operator without derivative, differences take over."""

    def halves(x):
        return (x - 0.2) ** 2 if x < 0.5 else opaque(x)

    @bundle
    def opaque(x):
        return (x - 0.2) ** 2

    problem = WorkflowProblem(Workflow(halves, {"x": Parameter(0.9, Real(low=0.0, high=1.0))}))
    assert best_of(Traced(), problem, 30, 0) < 1e-8
    with pytest.raises(InputError, match="without a derivative"):
        best_of(Traced(proposer="adjoint"), problem, 30, 0)


def test_refusals_say_why() -> None:
    """Problems without trace, with variables it cannot move, or without reals for a gradient."""
    order = WorkflowProblem(Workflow(lambda p: p[0], {"p": Parameter([0, 1, 2], Permutation(size=3))}))
    whole = WorkflowProblem(Workflow(lambda n: n, {"n": Parameter(1, Integer(low=0, high=3))}))
    for search, problem, why in (
        (Traced(), Sphere(), "needs a recorded workflow"),
        (Traced(), order, "cannot decide permutation"),
        (Traced(proposer="adjoint"), whole, "follows derivatives of reals"),
        (Gradient(), BOWL, "needs a problem with derivatives"),
    ):
        with pytest.raises(InputError, match=why):
            search.start(problem, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"proposer": "guess"}, "proposer"),
        ({"rule": "sgd"}, "rule"),
        ({"step": 0.0}, "step"),
        ({"starts": 0}, "starts"),
        ({"patience": 0}, "patience"),
    ],
)
def test_impossible_settings_are_refused(settings, field: str) -> None:
    with pytest.raises(InputError, match=field):
        Traced(**settings)
