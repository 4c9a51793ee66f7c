"""What a proposer suggests, and what of it is accepted: known parameters, right types, within their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from braess.errors import InputError, nearest
from braess.trace.code import Code, Sandbox
from braess.trace.workflow import Parameter, Run


@dataclass(frozen=True, eq=False)
class Suggestion:
    """New values of some parameters, and what was said but cannot be accepted.

    Parameters
    ----------
    values
        Name of a parameter to its new value; empty for no change.
    rejected
        What was rejected, with the reason.
    """

    values: Mapping[str, Any]
    rejected: tuple[str, ...] = ()


@runtime_checkable
class Proposer(Protocol):
    """Whoever proposes parameters: reads a run, suggests what to run next."""

    def propose(self, run: Run) -> Suggestion:
        """Return what to change from the values of this run, which is of what was suggested before; nothing ends it."""


def accepted(
    parameters: Mapping[str, Parameter], suggested: Mapping[str, Any], *, sandbox: Sandbox | None = None
) -> Suggestion:
    """Keep what can be accepted of a suggestion from outside; the rest changes nothing.

    Parameters
    ----------
    parameters
        What may be changed.
    suggested
        Name to new value, whatever they are.
    sandbox
        Where proposed code will run; ``None``: none is accepted.
    """
    values, rejected = {}, []
    for name, value in suggested.items():
        if name not in parameters:
            rejected.append(f"{name}: no such parameter{nearest(str(name), parameters)}")
            continue
        try:
            values[name] = cast(parameters[name], value, sandbox)
        except InputError as error:
            rejected.append(f"{name}: {error}")
    return Suggestion(values, tuple(rejected))


def cast(parameter: Parameter, value: Any, sandbox: Sandbox | None = None) -> Any:
    """Turn a suggested value into one of the type and range of a parameter.

    Raises
    ------
    InputError
        It is none, or it is code and none is accepted.
    """
    old = parameter.value
    if isinstance(old, Code):
        if sandbox is None:
            raise InputError("proposed code is not accepted", expected="a sandbox, given on purpose")
        if not isinstance(value, str):
            raise InputError("wrong type", found=type(value).__name__, expected="source text")
        return old.revised(value, sandbox)
    found = _array(old, value) if isinstance(old, np.ndarray) else _typed(old, value)
    if not parameter.allows(found):
        assert parameter.variable is not None
        raise InputError("out of range", found=value, expected=parameter.variable.expected)
    return found


def _typed(old: Any, value: Any) -> Any:
    """Convert what loses nothing: numbers written as text, whole floats, true and false in words."""
    kind = type(old)
    if kind is bool:
        words = {"true": True, "false": False}
        found = words.get(value.strip().lower()) if isinstance(value, str) else value
        if isinstance(found, bool):
            return found
    elif kind in (int, float) or isinstance(old, np.generic):
        return _number(old, value)
    elif isinstance(value, kind):
        return value
    raise InputError("wrong type", found=value, expected=kind.__name__)


def _number(old: Any, value: Any) -> Any:
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else np.nan
    except (ValueError, OverflowError):
        found = np.nan
    whole = isinstance(old, int | np.integer)
    if not np.isfinite(found) or (whole and found != int(found)):
        raise InputError("wrong type", found=value, expected="a whole number" if whole else "a finite number")
    return type(old)(int(found) if whole else found)


def _array(old: Any, value: Any) -> Any:
    if not isinstance(value, list | tuple | np.ndarray):
        raise InputError("wrong type", found=type(value).__name__, expected=f"numbers of shape {old.shape}")
    try:
        found = np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError):
        raise InputError("wrong type", found=value, expected=f"numbers of shape {old.shape}") from None
    if found.shape != old.shape or not np.isfinite(found).all():
        raise InputError("wrong shape, or not finite", found=found.shape, expected=f"finite numbers of shape {old.shape}")
    if old.dtype.kind in "iub" and (found != found.astype(old.dtype)).any():
        raise InputError("wrong type", found=value, expected=f"{old.dtype} numbers")
    return found.astype(old.dtype)
