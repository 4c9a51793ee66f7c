"""By how much a design would enlarge what a front dominates."""

from __future__ import annotations

import moocore
import numpy as np

from braess.problem.evaluations import Floats


def hypervolume_gain(points: Floats, front: Floats, reference: Floats) -> Floats:
    """Return the hypervolume that each point ``[n, m]`` alone would add to that of a front, ``[n]``; all to be small.

    In closed form for one and two objectives.

    Parameters
    ----------
    points
        ``[n, m]``.
    front
        ``[k, m]`` points of which none dominates another; there may be none.
    reference
        ``[m]`` beyond which nothing counts.
    """
    inside = front[(front < reference).all(axis=1)]
    if len(reference) == 1:
        return np.asarray(np.maximum(inside.min(initial=reference[0]) - points[:, 0], 0.0))
    if len(reference) == 2:
        return _of_strips(points, inside[np.argsort(inside[:, 0])], reference)
    gains = np.zeros(len(points))
    whole = float(moocore.hypervolume(inside, ref=reference)) if len(inside) else 0.0
    for row in np.flatnonzero((points < reference).all(axis=1)):
        gains[row] = float(moocore.hypervolume(np.concatenate([inside, points[row : row + 1]]), ref=reference)) - whole
    return gains


def _of_strips(points: Floats, front: Floats, reference: Floats) -> Floats:
    """Add up what is new in each strip between neighbours of a front that is sorted by its first objective."""
    left = np.concatenate([[-np.inf], front[:, 0]])
    right = np.concatenate([front[:, 0], reference[:1]])
    top = np.concatenate([reference[1:], front[:, 1]])
    width = np.maximum(right - np.maximum(left, points[:, :1]), 0.0)
    height = np.maximum(top - points[:, 1:], 0.0)
    return np.asarray((width * height).sum(axis=1))
