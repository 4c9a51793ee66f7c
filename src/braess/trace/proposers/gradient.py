"""Proposers that go downhill: exact derivatives from the operators, or differences of replays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.problem.evaluations import Floats
from braess.trace.backward import AdjointPropagator, send_back
from braess.trace.node import Node
from braess.trace.operators import plus
from braess.trace.proposers._coordinates import Coordinates
from braess.trace.proposers._rules import Adam, LineSearch, Rule
from braess.trace.replay import replay
from braess.trace.suggestion import Suggestion
from braess.trace.workflow import Run, Workflow

RULES = ("adam", "line-search")


class Downhill(ABC):
    """Moves the real parameters of a workflow against a gradient.

    What goes down is the objective or, as long as constraints are violated, the sum of their excesses (Polyak 1967,
    doi:10.1016/0041-5553(67)90113-9). Other parameters stay as they are, as do those that the run did not use.

    Parameters
    ----------
    workflow
        Whose parameters are moved.
    rule
        ``"adam"``, or ``"line-search"``.
    step
        Step of Adam, or longest first move of a coordinate; a share of the range where a parameter has one.

    Attributes
    ----------
    calls
        Operators, or their derivatives, called so far beyond the runs that were given.

    Raises
    ------
    InputError
        The workflow has no real parameter, the rule is unknown or the step impossible.
    """

    def __init__(self, workflow: Workflow, *, rule: str = "adam", step: float = 0.05) -> None:
        if rule not in RULES:
            raise InputError("unknown option", field="rule", found=rule, expected=f"one of {', '.join(RULES)}")
        if not 0.0 < step < np.inf:
            raise InputError("impossible value", field="step", found=step, expected="more than 0")
        self.coordinates = Coordinates(workflow)
        if self.coordinates.width == 0:
            raise InputError("no real parameter to move", field="workflow", found=list(workflow.parameters), expected="a float")
        self.calls = 0
        self._rule: Rule = Adam(step) if rule == "adam" else LineSearch(step, self.coordinates.within)

    @abstractmethod
    def slopes(self, run: Run) -> Floats:
        """Return the derivative of what goes down by the coordinates, ``[width]``, at a run that did not fail."""

    def propose(self, run: Run) -> Suggestion:
        """Return the next point; nothing where there is nothing more to gain."""
        point = self.coordinates.point(run.values)
        found = self._rule.advance(point, run, lambda: self.slopes(run))
        if found is None:
            return Suggestion({})
        if not run.failed:  # what the run did not use has no say, whatever momentum it has
            found = np.where(self.coordinates.of(frozenset(run.behind(*run.outputs.values()))), found, point)
        return Suggestion(self.coordinates.values(self.coordinates.within(found)))


class Adjoint(Downhill):
    """Exact derivatives by the vector-Jacobian products of the operators: one backward pass."""

    def slopes(self, run: Run) -> Floats:
        """Return the derivatives; an operator on the way without one raises `InputError`."""
        found: dict[str, Any] = {}
        for index, weight in run.seeds().items():
            propagator = AdjointPropagator()
            sent = send_back(Node(run.trace, index), weight, propagator, retain=True)
            self.calls += propagator.calls
            found = plus(found, sent)
        return self.coordinates.gradient(run.values, found)


class ReplayDifference(Downhill):
    """Differences of replays: for each coordinate only the operators below it are called again.

    Parameters
    ----------
    workflow, rule, step
        As in `Downhill`.
    difference
        What a coordinate is changed by: well above the precision of the workflow.
    central
        Whether it is changed to both sides, which is more exact and costs twice as much.
    """

    def __init__(
        self, workflow: Workflow, *, rule: str = "adam", step: float = 0.05, difference: float = 1e-6, central: bool = False
    ) -> None:
        super().__init__(workflow, rule=rule, step=step)
        if not 0.0 < difference < 1.0:
            raise InputError("impossible difference", field="difference", found=difference, expected="between 0 and 1")
        self.difference, self.central = difference, central

    def slopes(self, run: Run) -> Floats:
        """Return the differences; those of parameters behind nothing that goes down are zero without a replay."""
        seeds, coordinates = run.seeds(), self.coordinates
        used = coordinates.of(frozenset(run.behind(*seeds)))
        point, found = coordinates.point(run.values), np.zeros(coordinates.width)
        here = sum(weight * float(run.trace.values[index]) for index, weight in seeds.items())
        for column in np.flatnonzero(used).tolist():
            ends = []
            for side in (self.difference, -self.difference):
                moved = point.copy()
                moved[column] += side
                if coordinates.low[column] <= moved[column] <= coordinates.high[column]:
                    value = self._at(run, moved, column)
                    if np.isfinite(value):
                        ends.append((side, value))
                if ends and not self.central:
                    break
            ends = [*ends, (0.0, here)][:2]
            if len(ends) > 1:
                found[column] = (ends[0][1] - ends[1][1]) / (ends[0][0] - ends[1][0])
        return found

    def repeat(self, run: Run, changes: Mapping[str, Any]) -> Run:
        """Return the run that changes of some parameters give."""
        return replay(run, changes)

    def _at(self, run: Run, point: Floats, column: int) -> float:
        """Return what goes down where one coordinate is moved; infinite where the replay fails."""
        name = self.coordinates.names[column]
        again = self.repeat(run, {name: self.coordinates.values(point)[name]})
        self.calls += again.calls
        if again.failed:
            return np.inf
        if run.violation > 0:
            violated = run.constraints > 0
            return float(again.constraints[violated].sum())
        return again.score
