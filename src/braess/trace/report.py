"""A run as a pseudo-algorithm: what a reader, be it a person or a language model, needs to propose better parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.trace.backward import relevant
from braess.trace.code import Code
from braess.trace.graph import Trace
from braess.trace.operators import Slot
from braess.trace.plain import plain
from braess.trace.workflow import Run

INSTRUCTION = (
    "Change the values of the variables so that the feedback improves. The code shows how the outputs were computed from "
    "variables and inputs; what others and outputs hold is from this run."
)


@dataclass(frozen=True)
class Step:
    """One line of the code: ``target = operator(arguments)``."""

    target: str
    operator: str
    arguments: str


@dataclass(frozen=True)
class Item:
    """A value with its name and type; ``value`` is plain data."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True)
class Report:
    """What a run was, in the sections of the source.

    `render` and `parse` are inverses, as are `to_json` and `from_json`.

    Parameters
    ----------
    instruction
        What is to be done.
    code
        Steps in the order of their levels.
    documentation
        Name of each operator to its description.
    variables, inputs, others, outputs
        Values of the parameters, of the other roots, of what lies between, and of the outputs.
    constraints
        Name of a variable to what it must keep.
    feedback
        What is said of the outputs.

    References
    ----------
    Cheng, Nie and Swaminathan (2024), arXiv:2406.16218, section 4.2.
    """

    instruction: str
    code: tuple[Step, ...]
    documentation: dict[str, str]
    variables: tuple[Item, ...]
    constraints: dict[str, str]
    inputs: tuple[Item, ...]
    others: tuple[Item, ...]
    outputs: tuple[Item, ...]
    feedback: str

    def to_json(self) -> str:
        """Write the report as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what `to_json` wrote; anything else raises `InputError`."""
        try:
            data = json.loads(text)
            items = {name: tuple(Item(**item) for item in data[name]) for name in ("variables", "inputs", "others", "outputs")}
            return cls(**{**data, **items, "code": tuple(Step(**step) for step in data["code"])})
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"no report: {error}", field="text") from None


def report(run: Run, *, horizon: int | None = None) -> Report:
    """Describe a run by the smallest part of its trace that links parameters to outputs; parameters beside it are left out.

    Parameters
    ----------
    run
        One that may have failed: the error is then the output.
    horizon
        Levels above the highest output that are shown, ``None`` for all; what lies below appears as inputs.
    """
    trace, ends = run.trace, _ends(run)
    kept = relevant(trace, *ends)
    levels = np.array([entry.level for entry in trace.entries])
    if horizon is not None:
        kept &= (levels > levels[list(ends)].max() - horizon) | np.isin(np.arange(len(trace)), trace.parameters)
    order = sorted(np.flatnonzero(kept).tolist(), key=lambda index: (levels[index], index))
    shown = set(order)
    made = [index for index in order if trace.entries[index].call is not None]
    below = sorted({parent for index in made for parent in trace.entries[index].parents if parent not in shown})
    roots = [index for index in order if trace.entries[index].call is None]
    variables = [index for index in roots if trace.entries[index].trainable]
    operators = {
        entry.call.operator.name: entry.call.operator.description
        for entry in map(trace.entries.__getitem__, made)
        if entry.call
    }
    return Report(
        instruction=f"{run.workflow.context}\n{INSTRUCTION}" if run.workflow.context else INSTRUCTION,
        code=tuple(_step(trace, index) for index in made),
        documentation=operators,
        variables=_items(trace, variables),
        constraints={trace.entries[i].name: trace.entries[i].constraint for i in variables if trace.entries[i].constraint},
        inputs=_items(trace, [*(index for index in roots if not trace.entries[index].trainable), *below]),
        others=_items(trace, [index for index in made if index not in ends]),
        outputs=_items(trace, [index for index in made if index in ends]),
        feedback=feedback(run),
    )


def feedback(run: Run) -> str:
    """Say in words what a run was worth: error, violated constraints, objectives with what is wanted of them."""
    if run.failed:
        where = "" if run.trace.error is None else f" in {run.trace.entries[run.trace.error].name}"
        blamed = ", ".join(run.blamed()) or "unknown"
        return f"The run failed{where}: {type(run.error).__name__}: {run.error}. Parameters behind it: {blamed}."
    lines = []
    for objective, value in zip(run.workflow.objectives, run.objectives.tolist(), strict=True):
        wanted = "smaller" if objective.sense == "min" else "larger"
        node = run.trace.entries[run.outputs[objective.name]].name
        lines.append(f"{objective.name} ({node}) is {value:.9g}{f' {objective.unit}'.rstrip()}; it should be {wanted}.")
    for constraint, value in zip(run.workflow.constraints, run.constraints.tolist(), strict=True):
        node = run.trace.entries[run.outputs[constraint.name]].name
        kept = "kept" if value <= 0 else "violated; it must be at most 0"
        lines.append(f"{constraint.name} ({node}) is {value:.9g}: {kept}.")
    return "\n".join(lines)


def _ends(run: Run) -> Sequence[int]:
    if run.failed:
        return [] if run.trace.error is None else [run.trace.error]
    return list(dict.fromkeys(run.outputs.values()))


def _items(trace: Trace, indices: Sequence[int]) -> tuple[Item, ...]:
    found = []
    for index in indices:
        value = trace.values[index]
        shown = value.source if isinstance(value, Code) else plain(value)
        found.append(Item(trace.entries[index].name, "code" if isinstance(value, Code) else type(value).__name__, shown))
    return tuple(found)


def _step(trace: Trace, index: int) -> Step:
    entry = trace.entries[index]
    assert entry.call is not None
    names = [trace.entries[parent].name for parent in entry.parents]
    arguments = [_written(argument, names) for argument in entry.call.arguments]
    arguments += [f"{name}={_written(value, names)}" for name, value in entry.call.keywords.items()]
    return Step(entry.name, entry.call.operator.name, ", ".join(arguments))


def _written(argument: Any, names: Sequence[str]) -> str:
    """Write an argument as code: names for nodes, literals for the rest."""
    if isinstance(argument, Slot):
        return names[argument.k]
    if isinstance(argument, list | tuple):
        inside = ", ".join(_written(part, names) for part in argument)
        return f"[{inside}]" if isinstance(argument, list) else f"({inside}{',' if len(argument) == 1 else ''})"
    if isinstance(argument, dict):
        return "{" + ", ".join(f"{key!r}: {_written(value, names)}" for key, value in argument.items()) + "}"
    return json.dumps(plain(argument), ensure_ascii=False)
