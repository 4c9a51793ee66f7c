"""From a gradient to the next point: Adam, and descent with a line search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from braess.problem.evaluations import Floats
from braess.trace.workflow import Run

_DECREASE = 1e-4  # share of the decrease that the slope promises which a step must keep (Armijo 1966)
_SHORTEST = 1e-9  # step, in coordinates, after which a line search has found nothing
_STILL = 1e-12  # largest move of a step along the gradient at which a point is stationary


class Rule(Protocol):
    """Where to go next, from point to point."""

    def advance(self, point: Floats, run: Run, gradient: Callable[[], Floats]) -> Floats | None:
        """Return the next point, not yet within bounds; ``None`` where there is nothing more to gain."""


class Adam:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1) with its usual constants.

    A failed run sends it halfway back to the last point where there was a gradient.

    Parameters
    ----------
    step
        The step size alpha.
    """

    def __init__(self, step: float) -> None:
        self.step = step
        self._first: Floats | float = 0.0
        self._second: Floats | float = 0.0
        self._count = 0
        self._last: Floats | None = None

    def advance(self, point: Floats, run: Run, gradient: Callable[[], Floats]) -> Floats | None:
        """Return the next point."""
        if run.failed:
            return None if self._last is None else 0.5 * (point + self._last)
        slope = gradient()
        if not np.isfinite(slope).all() or not slope.any():
            return None
        self._last = point
        self._count += 1
        self._first = 0.9 * self._first + 0.1 * slope
        self._second = 0.999 * self._second + 0.001 * slope**2
        mean = self._first / (1.0 - 0.9**self._count)
        spread = np.sqrt(self._second / (1.0 - 0.999**self._count))
        return np.asarray(point - self.step * mean / (spread + 1e-8))


class LineSearch:
    """Steepest descent that halves a step until it improves enough; the next is that of Barzilai and Borwein.

    (1988, doi:10.1093/imanum/8.1.141: as long as the change of the gradient says that the curvature allows.)

    Parameters
    ----------
    step
        Largest move of a coordinate in the first step.
    within
        Brings a point within bounds.
    """

    def __init__(self, step: float, within: Callable[[Floats], Floats]) -> None:
        self.step = step
        self._within = within
        self._base: Floats | None = None
        self._slope: Floats = np.empty(0)
        self._rank = (np.inf, np.inf)
        self._length = 0.0

    def advance(self, point: Floats, run: Run, gradient: Callable[[], Floats]) -> Floats | None:
        """Return the next point: from the one reached where it is good enough, else nearer to the one before."""
        if self._better(point, run):
            slope = gradient()
            if not np.isfinite(slope).all() or np.abs(point - self._within(point - slope)).max(initial=0.0) < _STILL:
                return None
            self._length = self._following(point, slope, run)
            self._base, self._slope, self._rank = point, slope, run.rank
        elif self._base is None:
            return None
        else:
            self._length *= 0.5
        trial = self._within(self._base - self._length * self._slope)
        return None if np.abs(trial - self._base).max() < _SHORTEST else trial

    def _following(self, point: Floats, slope: Floats, run: Run) -> float:
        """Return the length, in gradients, of the first step from a point that was reached."""
        if self._base is None or (self._rank[0] > 0) != (run.violation > 0):  # another quantity goes down now
            return self.step / float(np.abs(slope).max())
        moved, bent = point - self._base, float((point - self._base) @ (slope - self._slope))
        return float(moved @ moved) / bent if bent > 0 else 2.0 * self._length

    def _better(self, point: Floats, run: Run) -> bool:
        if run.failed:
            return False
        if self._base is None:
            return True
        promised = _DECREASE * float(self._slope @ (self._base - point))
        if self._rank[0] > 0:
            return run.violation <= self._rank[0] - promised and run.violation < self._rank[0]
        return run.violation == 0 and run.score <= self._rank[1] - promised and run.score < self._rank[1]
