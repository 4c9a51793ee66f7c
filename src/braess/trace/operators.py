"""Operators: what turns values into a value, with a description and, where known, how adjoints go back through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Derivative: TypeAlias = Callable[..., Sequence[Any]]
"""Called with the adjoint of the output, the output and the arguments; returns the adjoint of each positional argument.

``None`` stands for zero. The adjoint of a list, tuple or dictionary is one of its parts.
"""


@dataclass(frozen=True, eq=False)
class Operator:
    """A pure function that a trace records as one step.

    Parameters
    ----------
    name
        What nodes are named after.
    function
        Called with values in place of nodes.
    description
        One line for reports.
    vjp
        The vector-Jacobian product, ``None`` where there is none.
    """

    name: str
    function: Callable[..., Any]
    description: str = ""
    vjp: Derivative | None = None


@dataclass(frozen=True)
class Slot:
    """Stands in the arguments of a call for the value of its ``k``-th parent."""

    k: int


@dataclass(frozen=True, eq=False)
class Call:
    """An operator with its arguments, slots in place of nodes.

    Parameters
    ----------
    operator
        What is called.
    arguments, keywords
        With what; slots may also stand within lists, tuples and dictionaries.
    """

    operator: Operator
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]

    @property
    def differentiable(self) -> bool:
        """Whether the operator has a derivative, and no node stands in the keywords, by which there is none."""
        return self.operator.vjp is not None and not _has_slot(dict(self.keywords))

    def filled(self, values: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments and keywords with the values of the parents in the slots."""
        arguments = tuple(filled(argument, values) for argument in self.arguments)
        return arguments, {name: filled(value, values) for name, value in self.keywords.items()}

    def run(self, values: Sequence[Any]) -> Any:
        """Call the operator with the values of its parents."""
        arguments, keywords = self.filled(values)
        return self.operator.function(*arguments, **keywords)

    def adjoints(self, adjoint: Any, output: Any, values: Sequence[Any]) -> list[Any]:
        """Return the adjoint of each parent, ``None`` where it is zero; the call must be differentiable."""
        assert self.operator.vjp is not None
        arguments, keywords = self.filled(values)
        found: list[Any] = [None] * len(values)
        for template, part in zip(self.arguments, self.operator.vjp(adjoint, output, *arguments, **keywords), strict=True):
            _spread(template, part, found)
        return found


def filled(template: Any, values: Sequence[Any]) -> Any:
    """Put values into the slots of a template."""
    if isinstance(template, Slot):
        return values[template.k]
    if isinstance(template, list | tuple):
        return _like(template, [filled(part, values) for part in template])
    if isinstance(template, dict):
        return {key: filled(part, values) for key, part in template.items()}
    return template


def template_of(argument: Any, slot: Callable[[Any], Slot | None]) -> Any:
    """Replace by slots what is to be replaced, also within lists, tuples and dictionaries."""
    found = slot(argument)
    if found is not None:
        return found
    if isinstance(argument, list | tuple):
        return _like(argument, [template_of(part, slot) for part in argument])
    if isinstance(argument, dict):
        return {key: template_of(part, slot) for key, part in argument.items()}
    return argument


def plus(a: Any, b: Any) -> Any:
    """Add two adjoints; ``None`` is zero, lists, tuples and dictionaries are added part by part."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, list | tuple):
        return [plus(x, y) for x, y in zip(a, b, strict=True)]
    if isinstance(a, dict):
        return {key: plus(a.get(key), b.get(key)) for key in {**a, **b}}
    return a + b


def _like(whole: Any, parts: list[Any]) -> Any:
    if isinstance(whole, tuple) and hasattr(whole, "_fields"):
        return type(whole)(*parts)
    return tuple(parts) if isinstance(whole, tuple) else parts


def _has_slot(template: Any) -> bool:
    parts = template.values() if isinstance(template, dict) else template if isinstance(template, list | tuple) else ()
    return isinstance(template, Slot) or any(map(_has_slot, parts))


def _spread(template: Any, part: Any, found: list[Any]) -> None:
    """Add the adjoint of an argument to those of the parents that stand in it."""
    if part is None:
        return
    if isinstance(template, Slot):
        found[template.k] = plus(found[template.k], part)
    elif isinstance(template, list | tuple):
        for inner, adjoint in zip(template, part, strict=True):
            _spread(inner, adjoint, found)
    elif isinstance(template, dict):
        for key, inner in template.items():
            _spread(inner, part.get(key), found)
