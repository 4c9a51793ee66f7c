"""How good a set of compromises is: volumes, distances to a known front, weights of preferences, diversity of designs.

All objectives are to be small here, and none is scaled: bring them to a common scale first, with `scaled`, wherever distances
or preferences across objectives are to mean something.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from braess.errors import InputError
from braess.space import Designs

Floats = NDArray[np.float64]

_DOUBLINGS = 10  # of the number of preferences, where there is no closed form


def scaled(points: Floats, ideal: Floats, nadir: Floats) -> Floats:
    """Return points ``[n, m]`` with the ideal ``[m]`` at 0 and the nadir ``[m]`` at 1 in each objective.

    Raises
    ------
    InputError
        The nadir is not worse than the ideal in some objective.
    """
    found, best, worst = _points(points), np.asarray(ideal, dtype=np.float64), np.asarray(nadir, dtype=np.float64)
    if best.shape != (found.shape[1],) or worst.shape != best.shape or not (worst > best).all():
        raise InputError("the nadir is not worse than the ideal", field="nadir", found=worst.tolist(), expected=f"above {best}")
    return (found - best) / (worst - best)


def hypervolume(points: Floats, reference: Floats) -> float:
    """Return the volume of what some of the points ``[n, m]`` dominate and that dominates the reference ``[m]``.

    Larger is better. Points that are not better than the reference in every objective add nothing.
    """
    import moocore

    found = _points(points)
    limit = _point(reference, found, "reference")
    inside = found[(found < limit).all(axis=1)]
    return float(moocore.hypervolume(inside, ref=limit)) if len(inside) else 0.0


def igd_plus(points: Floats, front: Floats) -> float:
    """Return the mean distance from a known front ``[k, m]`` to what the points ``[n, m]`` dominate; smaller is better.

    Only what a point is worse by counts, so that a set never gets worse by becoming better (Ishibuchi, Masuda, Tanigaki and
    Nojima 2015, doi:10.1007/978-3-319-15892-1_8).
    """
    import moocore

    return float(moocore.igd_plus(*_both(points, front)))


def averaged_hausdorff(points: Floats, front: Floats, power: int = 1) -> float:
    """Return the larger of the mean distances from points to the known front and from the front to points; smaller is better.

    Parameters
    ----------
    points, front
        ``[n, m]`` and ``[k, m]``.
    power
        Of the power means: the larger, the more the farthest points count (Schütze, Esquivel, Lara and Coello 2012,
        doi:10.1109/TEVC.2011.2161872).
    """
    import moocore

    if power < 1:
        raise InputError("impossible power", field="power", found=power, expected="at least 1")
    return float(moocore.avg_hausdorff_dist(*_both(points, front), p=power))


def r2(points: Floats, ideal: Floats) -> float:
    """Return the mean, over all preferences, of the best value that any of the points ``[n, m]`` has; smaller is better.

    The convention: preferences are weights that sum to 1, uniform over all of these; by one, a point is worth its largest
    weighted distance from the ideal point ``[m]``, ``max_i w_i (f_i - ideal_i)``. Two objectives: exactly (Schäpermeier and
    Kerschke 2025); more: over 1,024 evenly spread preferences, always the same (Hansen and Jaszkiewicz 1998).
    """
    import moocore

    found = _points(points)
    best = _point(ideal, found, "ideal")
    if (found < best).any():
        raise InputError("some points are better than the ideal", field="ideal", found=best.tolist(), expected="a lower one")
    if found.shape[1] == 2:
        return float(moocore.r2_exact(found, ref=best))
    return sampled_r2(found, best)


def sampled_r2(points: Floats, ideal: Floats, doublings: int = _DOUBLINGS) -> float:
    """Return `r2` of any number of objectives as the mean over ``2 ** doublings`` evenly spread preferences, a fixed sample."""
    away = points - ideal
    worth = [float((weights * away).max(axis=1).min()) for weights in _preferences(points.shape[1], doublings)]
    return float(np.mean(worth))


def diversity(designs: Designs) -> float:
    """Return how different designs are: the mean distance of two of them, between 0 and 1.

    The distance of two designs is the mean over all decisions of how far they differ, as a share of the range for numbers, 0 or
    1 for categories, permutations and whatever only one of the two decides (Gower 1971, doi:10.2307/2528823).

    Raises
    ------
    InputError
        There are fewer than two designs.
    """
    n = len(designs)
    if n < 2:
        raise InputError("there is nothing to compare", field="designs", found=n, expected="at least two")
    space = designs.space
    unit, (_, active) = space.to_unit(designs), space.flatten(designs)
    ordered = np.concatenate([np.full(leaf.variable.width, leaf.variable.kind in _NUMBERS) for leaf in space.leaves])
    total = 0.0
    for row in range(n - 1):
        gaps = np.abs(unit[row + 1 :] - unit[row])
        gaps = np.where(ordered, gaps, gaps > 0.0)
        both = active[row + 1 :] & active[row]
        either = active[row + 1 :] | active[row]
        gaps = np.where(both, gaps, either)
        total += float((gaps.sum(axis=1) / either.sum(axis=1)).sum())
    return total / (n * (n - 1) / 2)


_NUMBERS = frozenset({"real", "integer", "binary"})


def _preferences(objectives: int, doublings: int) -> Floats:
    """Return weights ``[k, m]`` that sum to 1: the gaps between sorted points of a Sobol sequence, uniform over all weights."""
    spread = qmc.Sobol(objectives - 1, scramble=False).random_base2(doublings) + 0.5 / 2**doublings
    marks = np.sort(spread, axis=1)
    ends = np.zeros((len(marks), 1)), np.ones((len(marks), 1))
    weights: Floats = np.diff(np.concatenate([ends[0], marks, ends[1]], axis=1), axis=1)
    return weights


def _both(points: Floats, front: Floats) -> tuple[Floats, Floats]:
    found, known = _points(points), _points(front)
    if found.shape[1] != known.shape[1]:
        raise InputError("not as many objectives", field="front", found=known.shape[1], expected=str(found.shape[1]))
    return found, known


def _points(points: Floats) -> Floats:
    found = np.asarray(points, dtype=np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise InputError(
            "these are no points", field="points", found=found.shape, expected="finite numbers [n, m], n at least 1"
        )
    return found


def _point(point: Floats, points: Floats, name: str) -> Floats:
    found = np.asarray(point, dtype=np.float64)
    if found.shape != (points.shape[1],) or not np.isfinite(found).all():
        raise InputError("not one number for each objective", field=name, found=found.shape, expected=f"[{points.shape[1]}]")
    return found
