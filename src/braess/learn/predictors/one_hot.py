"""Designs as rows of numbers in [0, 1]: each option in a column of its own, nothing where nothing is decided."""

from __future__ import annotations

import numpy as np

from braess.problem.evaluations import Floats
from braess.space import Binary, Categorical, Designs, Integer, Leaf, Space

_MOST_LEVELS = 16  # values of an integer that have columns of their own; of more, the place in the range is the only column


class OneHot:
    """Writes designs as rows in which a linear model can weigh every option of every decision.

    Categories, and integers of few values, have a column for each value; binaries one; other integers, reals and the ranks
    of permutations the place in their range. What a design does not decide, such as the kernel of a layer that it leaves
    out, is 0 in all its columns: it must not count, whatever value stands in for it.

    Parameters
    ----------
    space
        Of the designs.

    Attributes
    ----------
    width
        Numbers in a row.
    """

    def __init__(self, space: Space) -> None:
        self.width = sum(leaf.variable.width * max(_levels(leaf), 1) for leaf in space.leaves)

    def __call__(self, designs: Designs) -> Floats:
        """Write ``n`` designs as ``[n, width]``."""
        n, active = len(designs), designs.active
        parts = [np.empty((n, 0))]
        for leaf in designs.space.leaves:
            part = _columns(leaf, designs[leaf.path].reshape(n, leaf.variable.width))
            parts.append(part * active[leaf.path][:, None])
        return np.concatenate(parts, axis=1)


def _levels(leaf: Leaf) -> int:
    """Return how many columns an element of a leaf has for its values; 0 where its place in the range is the only one."""
    variable = leaf.variable
    few = isinstance(variable, Categorical) or (isinstance(variable, Integer) and variable.levels <= _MOST_LEVELS)
    return variable.levels if few and isinstance(variable, Categorical | Integer) else 0


def _columns(leaf: Leaf, values: Floats) -> Floats:
    variable = leaf.variable
    if isinstance(variable, Binary):
        return values.astype(np.float64)
    levels = _levels(leaf)
    if not levels:
        return variable.to_unit(values)
    low = variable.bounds()[0]
    columns: Floats = (values[:, :, None] - low[:, None] == np.arange(levels)).astype(np.float64)
    return columns.reshape(len(values), -1)
