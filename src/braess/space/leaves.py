"""The leaves of a space: its plain variables in their places, with the conditions under which they are decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from braess.space.structure import Choice, Repeat
from braess.space.variables import LeafVariable

if TYPE_CHECKING:
    from braess.space.space import Variable


@dataclass(frozen=True)
class Condition:
    """A leaf is decided only where its parent's stored value lies in ``[low, high]``."""

    parent: str
    low: int
    high: int


@dataclass(frozen=True)
class Leaf:
    """A plain variable in its place: path, first column of the flat matrix, condition (``None``: always decided)."""

    path: str
    variable: LeafVariable
    start: int
    condition: Condition | None

    @property
    def columns(self) -> slice:
        """Columns of the flat matrix."""
        return slice(self.start, self.start + self.variable.width)

    @property
    def stored(self) -> np.dtype[Any]:
        """Little-endian type of the packed bytes."""
        little_endian: np.dtype[Any] = self.variable.dtype.newbyteorder("<")
        return little_endian


def walk(
    variables: Mapping[str, Variable], prefix: str, condition: Condition | None
) -> Iterator[tuple[str, LeafVariable, Condition | None]]:
    """Go through the leaves below some variables, each after those that its condition speaks of."""
    for name, variable in variables.items():
        path = prefix + name
        if isinstance(variable, Choice):
            yield path, variable.selector, condition
            for i, (option, opened) in enumerate(variable.options.items()):
                if opened is not None:
                    yield from walk(opened.variables, f"{path}.{option}.", Condition(path, i, i))
        elif isinstance(variable, Repeat):
            yield path, variable.count, condition
            yield from _repeated(variable, path, condition)
        elif isinstance(variable, LeafVariable):
            yield path, variable, condition
        else:
            yield from walk(variable.variables, f"{path}.", condition)


def _repeated(variable: Repeat, path: str, condition: Condition | None) -> Iterator[tuple[str, LeafVariable, Condition | None]]:
    inner, last = variable.space.variables, variable.stored(variable.high)
    if variable.tied:
        opening = condition if variable.low > 0 else Condition(path, variable.stored(1), last)
        yield from walk(inner, f"{path}.each.", opening)
        return
    for i in range(variable.high):
        yield from walk(inner, f"{path}.{i}.", Condition(path, variable.stored(i + 1), last))
