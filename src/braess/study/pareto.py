"""Fronts and hypervolumes of what a study evaluated, through moocore; all objectives are to be small here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CHECKPOINTS = 200


def nondominated(values: Floats) -> NDArray[np.bool_]:
    """Tell which of ``[n, m]`` points no other point beats or equals in every objective; equals are all kept."""
    if values.shape[1] == 1:
        return np.asarray(values[:, 0] == values[:, 0].min())
    import moocore

    return np.asarray(moocore.is_nondominated(values, keep_weakly=True), dtype=np.bool_)


def first_of_each(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """Return the place of the first of each group of equal keys, in order."""
    first: dict[Hashable, int] = {}
    for i, key in enumerate(keys):
        first.setdefault(key, i)
    return np.array(list(first.values()), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class HypervolumeTrace:
    """How the hypervolume of the front grew.

    Parameters
    ----------
    evaluations
        ``[k]`` numbers of evaluations at which it was measured.
    hypervolume
        ``[k]`` volume between the front and the reference point.
    reference
        ``[m]`` the reference point, objectives to make large negated; empty where nothing was feasible.
    """

    evaluations: NDArray[np.int64]
    hypervolume: Floats
    reference: Floats


def hypervolume_trace(signed: Floats, reference: Floats | None = None) -> HypervolumeTrace:
    """Measure hypervolume along ``[n, m]`` points, infinite ones left out; see `Result.hypervolume_trace`."""
    import moocore

    finite = np.isfinite(signed).all(axis=1)
    if not finite.any():
        return HypervolumeTrace(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
    if reference is None:
        worst, best = signed[finite].max(axis=0), signed[finite].min(axis=0)
        reference = worst + 0.1 * np.where(worst > best, worst - best, 1.0)
    marks = np.unique(np.linspace(1, len(signed), min(_CHECKPOINTS, len(signed)), dtype=np.int64))
    front = np.empty((0, signed.shape[1]))
    volumes = []
    for begin, end in zip([0, *marks[:-1]], marks, strict=True):
        part = signed[begin:end]
        fresh = part[np.isfinite(part).all(axis=1) & (part < reference).all(axis=1)]
        if len(fresh):
            front = np.concatenate([front, fresh])
            front = np.unique(front[nondominated(front)], axis=0)
        volumes.append(float(moocore.hypervolume(front, ref=reference)) if len(front) else 0.0)
    return HypervolumeTrace(marks, np.array(volumes), reference)
