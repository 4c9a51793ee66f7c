"""Variables as plain data for the record, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from braess.errors import InputError
from braess.space.structure import Choice, Repeat
from braess.space.variables import LeafVariable, restore

if TYPE_CHECKING:
    from braess.space.space import Space, Variable


def describe_variable(variable: Variable) -> dict[str, Any]:
    """Describe a variable with all that it opens."""
    if isinstance(variable, Choice):
        options = {name: None if opened is None else opened.describe() for name, opened in variable.options.items()}
        return {"kind": variable.kind, "options": options}
    if isinstance(variable, Repeat):
        among = {} if variable.among is None else {"among": list(variable.among)}
        tied = {"tied": True} if variable.tied else {}
        ends = {"low": variable.low, "high": variable.high}
        return {"kind": variable.kind, "space": variable.space.describe(), **ends, **among, **tied}
    if isinstance(variable, LeafVariable):
        return variable.describe()
    return {"kind": "space", "variables": variable.describe()}


def restore_variable(description: Any, space: Callable[[Mapping[str, Any]], Space]) -> Variable:
    """Build a variable from what `describe_variable` wrote; anything else raises `InputError`.

    ``space`` builds a space from what `Space.describe` wrote.
    """
    if not isinstance(description, dict):
        raise InputError("not a description of a variable", found=description)
    kind = description.get("kind")
    try:
        if kind == Choice.kind:
            options = description["options"].items()
            return Choice({name: None if opened is None else space(opened) for name, opened in options})
        if kind == Repeat.kind:
            among = description.get("among")
            return Repeat(
                space(description["space"]),
                description["low"],
                description["high"],
                among=None if among is None else tuple(among),
                tied=description.get("tied", False),
            )
        if kind == "space":
            return space(description["variables"])
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError("not a description of a variable", found=description) from error
    return restore(description)
