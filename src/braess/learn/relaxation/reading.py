"""Options of choices as designs of a space."""

from __future__ import annotations

from dataclasses import dataclass

from braess.errors import InputError
from braess.learn.relaxation.selection import Ints
from braess.space import Binary, Categorical, Designs, Integer, Space


@dataclass(frozen=True)
class Reading:
    """Reads designs of options: option ``i`` of a column is the ``i``-th value of the variable in its place.

    Parameters
    ----------
    space
        All of whose variables are binary, whole numbers or categories, and always decided.
    """

    space: Space

    def __post_init__(self) -> None:
        """Check the variables."""
        for leaf in self.space.leaves:
            if leaf.condition is not None or not isinstance(leaf.variable, Binary | Categorical | Integer):
                raise InputError("not a choice that is always made", field=leaf.path, found=leaf.variable.kind)

    def __call__(self, options: Ints) -> Designs:
        """Return the designs that take these options, ``[n, columns of the space]``."""
        low, _ = self.space.bounds
        return self.space.unflatten(options + low)
