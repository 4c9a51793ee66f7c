"""The real parameters of a workflow as one flat vector: shares of their range where they have one, else as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from braess.problem.evaluations import Bools, Floats
from braess.space import Real
from braess.trace.workflow import Parameter, Workflow


@dataclass(frozen=True, eq=False)
class _Part:
    name: str
    parameter: Parameter
    columns: slice


class Coordinates:
    """Floats and arrays of floats of a workflow, `width` of them; other parameters are left as they are.

    Parameters
    ----------
    workflow
        Whose parameters they are.

    Attributes
    ----------
    low, high
        ``[width]`` bounds: 0 and 1 for a parameter with a range, infinite for others.
    """

    def __init__(self, workflow: Workflow) -> None:
        self._parts: list[_Part] = []
        self.width = 0
        for name, parameter in workflow.parameters.items():
            if is_real(parameter):
                end = self.width + int(np.size(parameter.value))
                self._parts.append(_Part(name, parameter, slice(self.width, end)))
                self.width = end
        self.low, self.high = np.full(self.width, -np.inf), np.full(self.width, np.inf)
        for part in self._parts:
            if part.parameter.variable is not None:
                self.low[part.columns], self.high[part.columns] = 0.0, 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the parameter of each column, ``[width]``."""
        return tuple(part.name for part in self._parts for _ in range(part.columns.stop - part.columns.start))

    def point(self, values: Mapping[str, Any]) -> Floats:
        """Return the point ``[width]`` of some values."""
        found = np.empty(self.width)
        for part in self._parts:
            flat = np.asarray(values[part.name], dtype=np.float64).reshape(1, -1)
            variable = part.parameter.variable
            found[part.columns] = (flat if variable is None else variable.to_unit(flat))[0]
        return found

    def values(self, point: Floats) -> dict[str, Any]:
        """Return the values at a point ``[width]``; outside of a range counts as its nearer end."""
        found: dict[str, Any] = {}
        for part in self._parts:
            variable, flat = part.parameter.variable, point[None, part.columns]
            array = (flat if variable is None else variable.from_unit(flat))[0].reshape(np.shape(part.parameter.value))
            found[part.name] = array if array.shape else float(array)
        return found

    def gradient(self, values: Mapping[str, Any], by_value: Mapping[str, Any]) -> Floats:
        """Return derivatives by the point ``[width]`` from those by the values; of what is missing they are zero."""
        found = np.zeros(self.width)
        for part in self._parts:
            if part.name in by_value:
                slope = np.asarray(by_value[part.name], dtype=np.float64).ravel()
                found[part.columns] = slope * self._stretch(part.parameter, values[part.name])
        return found

    def within(self, point: Floats) -> Floats:
        """Return the nearest point within the bounds."""
        return np.clip(point, self.low, self.high)

    def of(self, names: frozenset[str]) -> Bools:
        """Tell which columns belong to some parameters, ``[width]``."""
        return np.array([name in names for name in self.names], dtype=np.bool_)

    def _stretch(self, parameter: Parameter, value: Any) -> Any:
        """Return the derivative of a value by its coordinate."""
        variable = parameter.variable
        if not isinstance(variable, Real):
            return 1.0
        low, high = variable.bounds()
        return np.asarray(value, dtype=np.float64).ravel() * np.log(high / low) if variable.log else high - low


def is_real(parameter: Parameter) -> bool:
    """Tell whether a parameter is a float or an array of floats, with a range of reals or without any."""
    if parameter.variable is not None:
        return isinstance(parameter.variable, Real)
    value = parameter.value
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
