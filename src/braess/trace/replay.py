"""A run again with some parameters changed: only what lies below them is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.errors import InputError, nearest
from braess.trace.graph import Read
from braess.trace.workflow import Run, number


def replay(run: Run, changes: Mapping[str, Any]) -> Run:
    """Return the run that other values of some parameters give; `Run.calls` counts the operators called for it.

    Operators that nothing changed for, or that no output needs, are not called again. Where plain Python would read
    something else than it did (another branch of an ``if``), or an operator raises, the workflow is run as a whole.

    Parameters
    ----------
    run
        A run that did not fail.
    changes
        New values by name of the parameter.

    Raises
    ------
    InputError
        There is no such parameter, or the run failed.
    """
    for name in changes:
        if name not in run.workflow.parameters:
            raise InputError(f"no such parameter{nearest(name, run.workflow.parameters)}", field="changes", found=name)
    if run.failed:
        raise InputError("a run that failed cannot be replayed", field="run", found=str(run.error))
    values, calls = _again(run, changes)
    if values is None:
        whole = run.workflow.run(run.values | dict(changes))
        return Run(run.workflow, whole.trace, whole.outputs, calls + whole.calls)
    return Run(run.workflow, run.trace.with_values(values), run.outputs, calls)


def _again(run: Run, changes: Mapping[str, Any]) -> tuple[list[Any] | None, int]:
    """Return the new values of all nodes, ``None`` where the run would be another; and how many operators were called."""
    trace = run.trace
    values, calls = list(trace.values), 0
    changed = np.zeros(len(trace), dtype=np.bool_)
    for name, value in changes.items():
        index = trace[name].index
        values[index], changed[index] = value, not same(value, trace.values[index])
    reads: dict[int, list[Read]] = {}
    for read in trace.reads:
        reads.setdefault(read.index, []).append(read)
    try:
        for index in np.flatnonzero(trace.ancestors(*run.outputs.values(), *reads)).tolist():
            entry = trace.entries[index]
            if entry.call is not None and any(changed[parent] for parent in entry.parents):
                calls += 1
                values[index] = entry.call.run([values[parent] for parent in entry.parents])
                changed[index] = not same(values[index], trace.values[index])
            if changed[index] and not all(same(read.convert(values[index]), read.found) for read in reads.get(index, ())):
                return None, calls
        for name, index in run.outputs.items():
            number(values[index], name)
    except Exception:  # noqa: BLE001 -- the whole run tells of it
        return None, calls
    return values, calls


def same(a: Any, b: Any) -> bool:
    """Tell whether two values are known to be the same; what cannot be compared counts as different."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.dtype != np.object_ and np.array_equal(a, b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return isinstance(a, bool | int | float | complex | str | bytes | np.generic) and bool(a == b)
