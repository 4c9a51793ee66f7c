"""Descents under constraints: SciPy's sequential quadratic programming, turned inside out to ask for each point it needs."""

from __future__ import annotations

from typing import Any

import numpy as np

from braess.problem.evaluations import Floats
from braess.search._slopes import MARGIN, UnitSlopes

_STEPS = 500  # of a descent at most


class _Wanted(Exception):  # noqa: N818 -- no error: it stops SciPy at a point
    """A point that has not been evaluated yet."""

    def __init__(self, point: Floats) -> None:
        super().__init__()
        self.point = point


class SequentialQuadratic:
    """One descent: its start and what was found at each point so far. Everything else follows from these.

    SciPy cannot be stopped and continued, so it is run from the start each time: points met before are answered from
    memory, and at the first other one it is stopped. The state is plain data that pickles, and no thread waits anywhere.
    The end, where it breaks a constraint by a hair, is asked for once more, moved within.

    Parameters
    ----------
    start
        ``[width]`` in the unit cube.
    slopes
        Derivatives of the problem.
    tolerance
        Improvement at which to end, relative to the objective at the start.

    References
    ----------
    Kraft (1988), "A software package for sequential quadratic programming", DFVLR-FB 88-28.
    """

    def __init__(self, start: Floats, slopes: UnitSlopes, tolerance: float) -> None:
        self.point = start
        self._start = start
        self._slopes = slopes
        self._tolerance = tolerance
        self._known: dict[bytes, tuple[float, Floats]] = {}
        self._over = False

    def advance(self, value: float) -> bool:
        """Take the value at the point, infinite where there is none, and move on; false where the descent is over."""
        found = None if self._over or value == np.inf else self._slopes.at(self.point)
        if found is None:
            return False
        self._known[self.point.tobytes()] = found
        try:
            end = self._minimise()
        except _Wanted as wanted:
            self.point = wanted.point
            return True
        self._over = True
        self.point = self._slopes.pulled(end)
        return not np.array_equal(self.point, end)

    def _minimise(self) -> Floats:
        from scipy.optimize import minimize

        scale = abs(self._known[self._start.tobytes()][0]) or 1.0

        def look(point: Floats) -> tuple[float, Floats]:
            known = self._known.get(point.tobytes())
            if known is None:
                raise _Wanted(point.copy())
            return known[0] / scale, known[1] / scale

        constraints: Any = self._limits()
        options: Any = {"maxiter": _STEPS, "ftol": self._tolerance}
        found = minimize(
            look,
            self._start,
            jac=True,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * self._start.size,
            constraints=constraints,
            options=options,
        )
        return np.asarray(found.x, dtype=np.float64)

    def _limits(self) -> dict[str, Any]:
        """State the constraints as SciPy wants them: not below 0, and of the order of 1."""
        reach = np.abs(self._slopes.limits(self._start)[1]).sum(axis=1)
        reach[reach == 0.0] = 1.0
        return {
            "type": "ineq",
            "fun": lambda point: -self._slopes.limits(point)[0] / reach - MARGIN,
            "jac": lambda point: -self._slopes.limits(point)[1] / reach[:, None],
        }
