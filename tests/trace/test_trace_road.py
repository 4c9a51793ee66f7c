"""The day of tolls: derivatives through equilibria, partial replays, periods that are apart, an optimum that symmetry knows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from braess.domains.workflow import load
from braess.trace import Adjoint, ReplayDifference, Structure, blocks, improve, replay

FILE = Path(__file__).resolve().parents[2] / "examples" / "toll_workflow.py"
WORKFLOW = load(FILE)
MODULE: Any = sys.modules[WORKFLOW.function.__module__]


def test_derivatives_through_equilibria() -> None:
    """Implicit differentiation of three equilibria against central differences of replays."""
    run = WORKFLOW.run({"morning_scale": 0.8, "evening_tolls": np.array([1.0, 2.0, 0.5, 3.0])})
    exact = Adjoint(WORKFLOW).slopes(run)
    differences = ReplayDifference(WORKFLOW, central=True, difference=1e-4).slopes(run)
    np.testing.assert_allclose(exact, differences, rtol=1e-4, atol=1e-6)


def test_only_the_period_is_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A toll of one period repeats one equilibrium of three, and gives the welfare of the whole run to the bit."""
    solved = []

    class Counted:
        def solve(self, **given: Any) -> Any:
            solved.append(1)
            return assignment.solve(**given)

    assignment = MODULE.ASSIGNMENT
    run = WORKFLOW.run()
    monkeypatch.setattr(MODULE, "ASSIGNMENT", Counted())
    changes = {"midday_tolls": np.full(4, 2.0)}
    again = replay(run, changes)
    assert len(solved) == 1
    assert again.objectives.tolist() == WORKFLOW.run(changes).objectives.tolist()
    assert len(solved) == 4
    assert 3 * again.calls <= run.calls


def test_periods_are_apart() -> None:
    """Nothing is shared before the sum: three blocks, each of a scale and its tolls."""
    found = blocks(WORKFLOW.run())
    assert [block.parameters for block in found] == [(f"{period}_scale", f"{period}_tolls") for period in MODULE.PERIODS]


def test_equal_periods_end_equal() -> None:
    """The periods differ in their ranges only, so the same trips at the same tolls must be best in each."""
    found = improve(WORKFLOW, Adjoint(WORKFLOW, rule="line-search", step=0.1), runs=400)
    values = [[float(found.best.values[f"{period}_scale"]), *found.best.values[f"{period}_tolls"]] for period in MODULE.PERIODS]
    assert np.ptp(values, axis=0).max() < 1e-5
    assert np.abs(Adjoint(WORKFLOW).slopes(found.best)).max() < 1e-5
    plain = WORKFLOW.plain(found.best.values)
    assert plain["welfare"] == pytest.approx(found.best.objectives[0], rel=1e-12)


def test_parts_are_improved_in_the_same_runs() -> None:
    """In as many runs, three parts at once get farther than the welfare as a whole."""
    gains = [best.score for best in (improve(WORKFLOW, Structure(WORKFLOW, step=0.1), runs=runs).best for runs in (1, 40))]
    assert gains[1] < gains[0] - 0.5
