"""What is recorded now: the trace of the run that is under way, in this thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from braess.errors import InputError
from braess.trace.graph import Trace
from braess.trace.node import Node

_CURRENT: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def record() -> Iterator[Trace]:
    """Record what is done inside; an exception is noted in the trace, and passes.

    Examples
    --------
    >>> from braess.trace import node, record
    >>> with record() as trace:
    ...     toll = node(2.0, "toll", trainable=True)
    ...     revenue = toll * (10.0 - toll)
    >>> revenue.value, revenue.name, revenue.level
    (16.0, 'multiply_0', 2)
    """
    trace = Trace()
    token = _CURRENT.set(trace)
    try:
        yield trace
    except Exception as error:
        trace.fail(error)
        raise
    finally:
        _CURRENT.reset(token)


def node(value: Any, name: str = "", *, trainable: bool = False, constraint: str = "") -> Node:
    """Add a root to the run that is being recorded.

    Parameters
    ----------
    value
        Any value; it must not be changed in place.
    name
        Left out: a free one.
    trainable
        Whether it is a parameter.
    constraint
        What a parameter must keep, in words.

    Raises
    ------
    InputError
        Nothing is being recorded, or the name will not do.
    """
    trace = _CURRENT.get()
    if trace is None:
        raise InputError("nothing is being recorded", field="node", expected="a call within record() or a workflow")
    return trace.node(value, name, trainable=trainable, constraint=constraint)
