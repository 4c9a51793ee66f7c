"""A workflow: a function of named parameters whose every run is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from numbers import Real
from typing import Any

import numpy as np

from braess.errors import BraessError, InputError, nearest
from braess.problem import Constraint, Objective
from braess.problem.evaluations import Floats
from braess.space import LeafVariable
from braess.trace.graph import Trace, require_name
from braess.trace.node import Node
from braess.trace.operators import Operator
from braess.trace.recording import record


@dataclass(frozen=True, eq=False)
class Parameter:
    """What may be changed in a workflow.

    Parameters
    ----------
    value
        The first value: a number, an array, text, an option, code (`braess.trace.Code`).
    variable
        What values there are; ``None`` where that is not known: searches leave such a parameter as it is.
    constraint
        What it must keep, in words, for reports; left out: what the variable says.
    """

    value: Any
    variable: LeafVariable | None = None
    constraint: str = ""

    def __post_init__(self) -> None:
        """Check the first value, and give it the type that designs have."""
        if self.variable is None:
            return
        if not self.allows(self.value):
            raise InputError("impossible value", field="value", found=self.value, expected=self.variable.expected)
        object.__setattr__(self, "value", self.read(self.stored(self.value)))

    @property
    def rule(self) -> str:
        """What it must keep, in words."""
        return self.constraint or (self.variable.expected if self.variable is not None else "")

    def allows(self, value: Any) -> bool:
        """Tell whether the variable, if there is one, can take a value."""
        if self.variable is None:
            return True
        try:
            return not bool(self.variable.invalid(np.asarray([self.stored(value)], dtype=np.float64))[0])
        except (InputError, TypeError, ValueError):
            return False

    def stored(self, value: Any) -> list[Any]:
        """Write a value as the elements that designs store."""
        assert self.variable is not None
        elements = [value] if self.variable.size is None else list(value)
        if len(elements) != self.variable.width:
            raise InputError("wrong number of elements", found=len(elements), expected=str(self.variable.width))
        return [self.variable.code(element) for element in elements]

    def read(self, elements: Any) -> Any:
        """Read a value from the elements that designs store, ``[width]``."""
        assert self.variable is not None
        found = [self.variable.value(element) for element in np.asarray(elements).astype(self.variable.dtype)]
        if self.variable.size is None:
            return found[0]
        return found if self.variable.kind == "categorical" else np.asarray(found, dtype=self.variable.dtype)


@dataclass(frozen=True, eq=False)
class Workflow:
    """A function of named parameters, and what is wanted of what it returns.

    The function must be pure: the same parameters give the same outputs, and nothing is changed in place. It is called with
    nodes by the names of the parameters, and works on plain values as well.

    Parameters
    ----------
    function
        Returns the objective, or a mapping from names of objectives and constraints to nodes.
    parameters
        What may be changed, by name.
    objectives, constraints
        What is wanted of the outputs. One objective is called ``"value"`` where nothing else is said.
    name
        What the workflow is called.
    context
        What it is about, in words, for reports.

    Examples
    --------
    >>> from braess.space import Real
    >>> from braess.trace import Parameter, Workflow
    >>> workflow = Workflow(lambda toll: (toll - 3.0) ** 2, {"toll": Parameter(1.0, Real(low=0.0, high=5.0))})
    >>> workflow.run({"toll": 2.0}).score
    1.0
    """

    function: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    objectives: tuple[Objective, ...] = (Objective("value"),)
    constraints: tuple[Constraint, ...] = ()
    name: str = "workflow"
    context: str = ""

    def __post_init__(self) -> None:
        """Check that there is something to change and to want."""
        object.__setattr__(self, "parameters", dict(self.parameters))
        if not self.parameters or not self.objectives:
            raise InputError(
                "nothing to change, or nothing wanted", field="parameters, objectives", expected="at least one of each"
            )
        for name in self.parameters:
            require_name(name)
        names = self.names
        if len(set(names)) != len(names):
            raise InputError("outputs must have names of their own", field="objectives, constraints", found=names)

    @property
    def names(self) -> list[str]:
        """Names of the objectives and constraints."""
        return [*(objective.name for objective in self.objectives), *(constraint.name for constraint in self.constraints)]

    def values(self) -> dict[str, Any]:
        """Return the first value of each parameter."""
        return {name: parameter.value for name, parameter in self.parameters.items()}

    def run(self, values: Mapping[str, Any] | None = None) -> Run:
        """Run with some parameters changed from their first values; an exception becomes part of the run.

        Raises
        ------
        InputError
            There is no such parameter.
        """
        given = self.values() | dict(values or {})
        for name in given:
            if name not in self.parameters:
                raise InputError(f"no such parameter{nearest(name, self.parameters)}", field="values", found=name)
        outputs: dict[str, int] = {}
        trace = Trace()
        try:
            with record() as trace:
                nodes = {
                    name: trace.node(given[name], name, trainable=True, constraint=parameter.rule)
                    for name, parameter in self.parameters.items()
                }
                outputs = self._outputs(trace, self.function(**nodes))
        except Exception:  # noqa: BLE001 -- whatever is raised is what the trace is to tell of
            outputs = {}
        return Run(self, trace, outputs, calls=sum(entry.call is not None for entry in trace.entries))

    def plain(self, values: Mapping[str, Any]) -> dict[str, float]:
        """Return objectives and constraints by name without recording anything."""
        found = self._named(self.function(**(self.values() | dict(values))))
        return {name: number(value, name) for name, value in found.items()}

    def _named(self, returned: Any) -> dict[str, Any]:
        names = self.names
        if not isinstance(returned, Mapping):
            returned = {names[0]: returned}
        if set(returned) != set(names):
            expected = f"a value for each of {', '.join(names)}"
            raise InputError("the workflow returns something else", field="outputs", found=sorted(returned), expected=expected)
        return {name: returned[name] for name in names}

    def _outputs(self, trace: Trace, returned: Any) -> dict[str, int]:
        found = {}
        for name, output in self._named(returned).items():
            node = output if isinstance(output, Node) else trace.node(output)
            if not _is_number(node.value):  # recorded only where it raises, so that the error leads to what it is of
                trace.call(Operator("number", partial(number, name=name), "an output as a number"), (node,), {})
            found[name] = node.index
        return found


def number(value: Any, name: str) -> float:
    """Return an output as a number; anything else raises `InputError`."""
    if not _is_number(value):
        raise InputError("an output is no finite number", field=name, found=value, expected="a number")
    return float(value)


def _is_number(value: Any) -> bool:
    return bool(np.ndim(value) == 0 and isinstance(value, Real | np.bool_ | np.ndarray) and np.isfinite(float(value)))


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run of a workflow.

    Parameters
    ----------
    workflow
        What was run.
    trace
        What was recorded.
    outputs
        Name of each objective and constraint to its node; empty where the run failed.
    calls
        Operators that were called for it.
    """

    workflow: Workflow
    trace: Trace
    outputs: Mapping[str, int]
    calls: int

    @property
    def values(self) -> dict[str, Any]:
        """Value of each parameter."""
        return {name: self.trace[name].value for name in self.workflow.parameters}

    @property
    def error(self) -> Exception | None:
        """What ended the run, ``None`` where nothing did."""
        if self.trace.error is None:
            return None
        found: Exception = self.trace.values[self.trace.error]
        return found

    @property
    def failed(self) -> bool:
        """Whether there are no outputs."""
        return not self.outputs

    @cached_property
    def objectives(self) -> Floats:
        """Objectives ``[m]``, not-a-number where the run failed."""
        return self._numbers([objective.name for objective in self.workflow.objectives])

    @cached_property
    def constraints(self) -> Floats:
        """Constraints ``[k]``, at most 0 where they are kept."""
        return self._numbers([constraint.name for constraint in self.workflow.constraints])

    @property
    def sign(self) -> float:
        """1 where the first objective is to be small, -1 where it is to be large."""
        return 1.0 if self.workflow.objectives[0].sense == "min" else -1.0

    @property
    def score(self) -> float:
        """The first objective, to be made small; infinite where the run failed."""
        return np.inf if self.failed else self.sign * float(self.objectives[0])

    @property
    def violation(self) -> float:
        """Sum of the positive parts of the constraints; infinite where the run failed."""
        return np.inf if self.failed else float(np.maximum(self.constraints, 0.0).sum())

    @property
    def rank(self) -> tuple[float, float]:
        """Violation and score: the smaller the better."""
        return self.violation, self.score

    def seeds(self) -> dict[int, float]:
        """Return weighted nodes whose sum is to be made small: violated constraints if there are any, else the objective."""
        violated = [
            self.outputs[constraint.name]
            for constraint, value in zip(self.workflow.constraints, self.constraints, strict=True)
            if value > 0
        ]
        if violated:
            return dict.fromkeys(violated, 1.0)
        return {self.outputs[self.workflow.objectives[0].name]: self.sign}

    def blamed(self) -> list[str]:
        """Return the parameters behind what went wrong: the error, or the violated constraints; none where all went well."""
        ends = [] if self.trace.error is None else [self.trace.error]
        if not self.failed and self.violation > 0:
            ends = list(self.seeds())
        return self.behind(*ends)

    def behind(self, *nodes: int) -> list[str]:
        """Return the parameters that nodes were computed from."""
        bits = self.trace.bits(nodes)
        names = [self.trace.entries[index].name for index in self.trace.parameters]
        return [name for k, name in enumerate(names) if bits >> k & 1]

    def require(self) -> None:
        """Raise what ended the run, if anything did."""
        if self.error is not None:
            raise self.error
        if self.failed:
            raise BraessError("the run has no outputs")

    def _numbers(self, names: list[str]) -> Floats:
        if self.failed:
            return np.full(len(names), np.nan)
        return np.array([float(self.trace.values[self.outputs[name]]) for name in names], dtype=np.float64)
