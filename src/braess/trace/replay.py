"""A run again with some parameters changed: only what lies below them is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.errors import InputError, nearest
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
    needed = trace.ancestors(*run.outputs.values(), *(read.index for read in trace.reads))
    for index in np.flatnonzero(needed).tolist():
        entry = trace.entries[index]
        if entry.call is None or not any(changed[parent] for parent in entry.parents):
            continue
        calls += 1
        try:
            values[index] = entry.call.run([values[parent] for parent in entry.parents])
        except Exception:  # noqa: BLE001 -- the whole run tells of it
            return None, calls
        changed[index] = not same(values[index], trace.values[index])
    try:
        unread = all(same(read.convert(values[read.index]), read.found) for read in trace.reads if changed[read.index])
        for name, index in run.outputs.items():
            number(values[index], name)
    except Exception:  # noqa: BLE001 -- as above
        return None, calls
    return (values if unread else None), calls


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
