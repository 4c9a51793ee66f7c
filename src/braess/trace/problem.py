"""A workflow as a problem: its parameters with variables are the space, its outputs what is measured."""

from __future__ import annotations

import hashlib
import inspect
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Problem, evaluate_each
from braess.problem.evaluations import Floats
from braess.problem.lock import Lock
from braess.space import Designs, Space
from braess.trace.code import Code
from braess.trace.plain import plain
from braess.trace.workflow import Run, Workflow

_KEPT = 16  # last runs that are kept for a search that asks for traces, so that it need not run an evaluation again


class WorkflowProblem(Problem):
    """A workflow whose parameters any search decides; parameters without a variable keep their first values.

    Searches that see values only treat it as a black box; `traced` sees the runs.

    Parameters
    ----------
    workflow
        What is run for each design.

    Raises
    ------
    InputError
        No parameter has a variable.
    """

    def __init__(self, workflow: Workflow) -> None:
        variables = {name: one.variable for name, one in workflow.parameters.items() if one.variable is not None}
        if not variables:
            raise InputError("no parameter has a variable", field="parameters", expected="a variable of `braess.space`")
        self.workflow = workflow
        self.name = workflow.name
        self.space = Space(variables)
        self.objectives, self.constraints = workflow.objectives, workflow.constraints
        self._runs: OrderedDict[bytes, Run] = OrderedDict()
        self._lock = Lock()
        self._asked = False  # for a trace

    def evaluate(self, designs: Designs) -> Evaluations:
        """Run each design; what is raised is recorded."""

        def answer(i: int) -> tuple[Floats, Floats, None]:
            run = self._run(designs.take([i]))
            run.require()
            return run.objectives, run.constraints, None

        return evaluate_each(self, designs, answer)

    def check(self, designs: Designs) -> Evaluations:
        """Call the function with plain values: nothing is recorded."""

        def answer(i: int) -> tuple[Floats, Floats, None]:
            found = self.workflow.plain(self.values(designs.take([i])))
            values = np.array([found[name] for name in self.workflow.names])
            return values[: len(self.objectives)], values[len(self.objectives) :], None

        return evaluate_each(self, designs, answer)

    def traced(self, design: Designs) -> Run:
        """Return the recorded run of one design, a failed one too."""
        with self._lock:
            self._asked = True
            known = self._runs.get(design.hashes()[0])
        return self._run(design) if known is None else known

    def first(self) -> Designs:
        """Return the design of the first values."""
        return design_of(self.space, self.workflow, self.workflow.values())

    def values(self, design: Designs) -> dict[str, Any]:
        """Return the values of all parameters in one design."""
        decided = {name: self.workflow.parameters[name].read(np.atleast_1d(design[name][0])) for name in self.space.variables}
        return self.workflow.values() | decided

    def describe(self) -> dict[str, Any]:
        """Describe the problem: another function, or another first value, is another problem."""
        fixed = {name: one for name, one in self.workflow.parameters.items() if one.variable is None}
        shown = {name: one.value.source if isinstance(one.value, Code) else plain(one.value) for name, one in fixed.items()}
        return {"name": self.name, "decisions": self.space.width, "function": _digest(self.workflow.function), "fixed": shown}

    def _run(self, design: Designs) -> Run:
        run = self.workflow.run(self.values(design))
        with self._lock:
            if not self._asked:
                return run
            self._runs[design.hashes()[0]] = run
            while len(self._runs) > _KEPT:
                self._runs.popitem(last=False)
        return run

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the runs."""
        return {**vars(self), "_runs": OrderedDict()}


def design_of(space: Space, workflow: Workflow, values: Mapping[str, Any]) -> Designs:
    """Return the design of values of the parameters of a workflow; those that the space does not decide are left out."""
    arrays = {}
    for leaf in space.leaves:
        stored = workflow.parameters[leaf.path].stored(values[leaf.path])
        arrays[leaf.path] = np.array(stored).astype(leaf.variable.dtype).reshape(leaf.variable.shape(1))
    return space.designs(arrays)


def _digest(function: Any) -> str:
    """Return a digest of the source of a function, of its name where there is none to read."""
    try:
        text = inspect.getsource(inspect.unwrap(function))
    except (OSError, TypeError):
        text = getattr(function, "__qualname__", type(function).__qualname__)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
