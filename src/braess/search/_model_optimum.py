"""The optimum of a model under its constraints: where several meet, following a product of probabilities gets stuck."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize

from braess.problem.evaluations import Floats

_STEP = 1e-3  # of differences, in sides of the box
_STEPS = 20  # of sequential quadratic programming at most

Outcomes = Callable[[Floats], Floats]
"""Of points ``[m, k]`` in the unit cube what a model makes of them, ``[1 + j, m]``: what is to be small, and kept below 0."""


def model_optimum(outcomes: Outcomes, start: Floats) -> Floats:
    """Return the point ``[k]`` of the unit cube that sequential quadratic programming leads to from a start.

    A model answers for many points as quickly as for one, so slopes are central differences, all from one call.
    """
    known: dict[bytes, tuple[Floats, Floats]] = {}

    def look(point: Floats) -> tuple[Floats, Floats]:
        key = point.tobytes()
        if key not in known:
            known.clear()
            steps = _STEP * np.eye(len(point))
            ahead, behind = np.minimum(point + steps, 1.0), np.maximum(point - steps, 0.0)
            found = outcomes(np.concatenate([point[None], ahead, behind]))
            rise = found[:, 1 : len(point) + 1] - found[:, len(point) + 1 :]
            known[key] = found[:, 0], rise / np.diag(ahead - behind)
        return known[key]

    def first(point: Floats) -> tuple[float, Floats]:
        value, slope = look(point)
        return float(value[0]), slope[0]

    options: Any = {"maxiter": _STEPS, "ftol": 1e-9}
    constraints: Any = {"type": "ineq", "fun": lambda point: -look(point)[0][1:], "jac": lambda point: -look(point)[1][1:]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numerical advice
        bounds = [(0.0, 1.0)] * len(start)
        found = optimize.minimize(
            first, start, jac=True, method="SLSQP", bounds=bounds, constraints=constraints, options=options
        )
    end = np.asarray(found.x, dtype=np.float64)
    return np.clip(end, 0.0, 1.0) if np.isfinite(end).all() else start
