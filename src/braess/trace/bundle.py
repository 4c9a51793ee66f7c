"""A whole function as one operator of a trace."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, overload

from braess.trace.node import Node
from braess.trace.operators import Derivative, Operator, template_of


class Bundled:
    """A function that a trace records as one step; what it does inside is not recorded.

    Called without nodes it is the plain function. It must be pure: it must neither change its arguments nor depend on
    anything else.

    Parameters
    ----------
    function
        Called with values in place of nodes.
    name, description
        Left out: those of the function, and the first line of its docstring.
    vjp
        Its vector-Jacobian product (`braess.trace.Derivative`), ``None`` where there is none.
    """

    def __init__(
        self, function: Callable[..., Any], *, name: str = "", description: str = "", vjp: Derivative | None = None
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._signature = inspect.signature(function)
        text = description or (inspect.getdoc(function) or "").partition("\n")[0]
        self.operator = Operator(name or getattr(function, "__name__", "call"), function, text, vjp)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Record a step if there is a node among the arguments; containers are looked through."""
        found: list[Node] = []

        def look(argument: Any) -> None:
            if isinstance(argument, Node):
                found.append(argument)

        template_of([arguments, keywords], look)
        if not found:
            return self.function(*arguments, **keywords)
        bound = self._signature.bind(*arguments, **keywords)
        return found[0].trace.call(self.operator, bound.args, bound.kwargs)

    def __reduce__(self) -> Any:
        """Pickle by name where the name leads here, as functions do; else as what it was made from."""
        module: Any = sys.modules.get(self.__module__)
        path = str(vars(self).get("__qualname__", ""))
        if functools.reduce(lambda inner, part: getattr(inner, part, None), path.split("."), module) is self:
            return path
        made = self.operator
        return _restore, (self.function, made.name, made.description, made.vjp)


def _restore(function: Callable[..., Any], name: str, description: str, vjp: Derivative | None) -> Bundled:
    return Bundled(function, name=name, description=description, vjp=vjp)


@overload
def bundle(function: Callable[..., Any]) -> Bundled: ...


@overload
def bundle(
    *, name: str = "", description: str = "", vjp: Derivative | None = None
) -> Callable[[Callable[..., Any]], Bundled]: ...


def bundle(
    function: Callable[..., Any] | None = None, *, name: str = "", description: str = "", vjp: Derivative | None = None
) -> Any:
    """Make a function one operator of a trace, as a decorator with or without arguments.

    Parameters
    ----------
    function
        What is recorded as one step.
    name, description, vjp
        As in `Bundled`.

    Examples
    --------
    >>> from braess.trace import bundle, node, record
    >>> @bundle(vjp=lambda adjoint, output, x: (3.0 * adjoint * x**2,))
    ... def cube(x):
    ...     return x**3
    >>> with record() as trace:
    ...     y = cube(node(2.0))
    >>> y, cube(2.0)
    (<cube_0 = 8.0>, 8.0)
    """

    def made(inner: Callable[..., Any]) -> Bundled:
        return Bundled(inner, name=name, description=description, vjp=vjp)

    return made if function is None else made(function)
