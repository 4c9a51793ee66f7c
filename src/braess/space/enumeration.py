"""Every design of a small discrete space, each once."""

from __future__ import annotations

import itertools

import numpy as np

from braess.space._vector import Floats
from braess.space.designs import Designs
from braess.space.permutation import Permutation
from braess.space.space import Space
from braess.space.variables import LeafVariable


def every_design(space: Space) -> Designs:
    """Return all designs of a space of finite cardinality, those that inactive entries would tell apart only once.

    The caller makes sure that there are few (`Space.cardinality`).
    """
    matrix = np.empty((1, 0))
    for leaf in space.leaves:
        active = np.ones(len(matrix), dtype=np.bool_)
        lineage = leaf
        while lineage.condition is not None:
            condition, lineage = lineage.condition, space.leaf(lineage.condition.parent)
            decided = matrix[:, lineage.start]
            active &= (decided >= condition.low) & (decided <= condition.high)
        values = _values(leaf.variable)
        still = np.flatnonzero(~active)
        fixed = np.hstack([matrix[still], np.tile(leaf.variable.default(), (len(still), 1))])
        open_rows = np.flatnonzero(active)
        grown = np.hstack([np.repeat(matrix[open_rows], len(values), axis=0), np.tile(values, (len(open_rows), 1))])
        matrix = np.vstack([fixed, grown])
    return space.unflatten(matrix)


def _values(variable: LeafVariable) -> Floats:
    """List all values of a variable, ``[k, width]``."""
    if isinstance(variable, Permutation):
        return np.array(list(itertools.permutations(range(variable.size))), dtype=np.float64)
    low, high = variable.bounds()
    axes = [np.arange(a, b + 1) if b > a else np.array([a]) for a, b in zip(low, high, strict=True)]
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)
