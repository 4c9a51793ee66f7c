"""Repairs what went wrong: an exception or a violated constraint leads to the parameters behind it, and only these move."""

from __future__ import annotations

from typing import Any

import numpy as np

from braess.space import Real
from braess.trace.proposers._coordinates import is_real
from braess.trace.replay import same
from braess.trace.suggestion import Suggestion
from braess.trace.workflow import Parameter, Run, Workflow


class Repair:
    """Moves the parameters behind an error or a violated constraint back towards what last kept everything.

    Reals go half of the way, others all of it. As long as nothing was ever kept, they are drawn anew. Where an error cannot be
    traced to any parameter, all are behind it.

    Parameters
    ----------
    workflow
        Whose parameters are moved.
    rng
        Where new values are drawn from.
    """

    def __init__(self, workflow: Workflow, rng: np.random.Generator) -> None:
        self._parameters = dict(workflow.parameters)
        self._rng = rng
        self._good: dict[str, Any] | None = None

    def propose(self, run: Run) -> Suggestion:
        """Return new values of what is behind the trouble; nothing where there is none, which is remembered."""
        if run.rank[0] == 0:
            self._good = run.values
            return Suggestion({})
        blamed = [name for name in run.blamed() if name in self._parameters] or list(self._parameters)
        found = {name: self._moved(name, run.values[name]) for name in blamed}
        return Suggestion({name: value for name, value in found.items() if not same(value, run.values[name])})

    def _moved(self, name: str, value: Any) -> Any:
        parameter = self._parameters[name]
        if self._good is None:
            return _drawn(parameter, self._rng) if parameter.variable is not None else value
        good = self._good[name]
        return _between(parameter, value, good) if is_real(parameter) else good


def _drawn(parameter: Parameter, rng: np.random.Generator) -> Any:
    assert parameter.variable is not None
    return parameter.read(parameter.variable.sample(1, rng)[0])


def _between(parameter: Parameter, value: Any, good: Any) -> Any:
    if isinstance(parameter.variable, Real):
        ends = np.array([parameter.stored(value), parameter.stored(good)], dtype=np.float64)
        return parameter.read(parameter.variable.from_unit(parameter.variable.to_unit(ends).mean(axis=0, keepdims=True))[0])
    middle = 0.5 * (np.asarray(value) + np.asarray(good))
    return middle if middle.shape else float(middle)
