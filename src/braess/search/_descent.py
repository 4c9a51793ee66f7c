"""The running state of `gradient` on reals: descents by SciPy, turned inside out to ask for each point they need."""

from __future__ import annotations

from typing import Any

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations
from braess.search._slopes import Slopes
from braess.space import Designs, Real, Space

_STEPS = 500  # of a descent at most
_MARGIN = 1e-8  # share of a constraint's range kept free, so that rounding does not make the end infeasible
_PULLS = 30  # Newton steps that bring a start within the constraints


class _Wanted(Exception):  # noqa: N818 -- no error: it stops SciPy at a point
    """A point that has not been evaluated yet."""

    def __init__(self, point: Floats) -> None:
        super().__init__()
        self.point = point


class UnitSlopes:
    """Derivatives in the unit cube, logarithms where a variable asks for them."""

    def __init__(self, problem: Problem) -> None:
        self._space: Space = problem.space
        self._slopes = Slopes(problem)

    @property
    def constrained(self) -> bool:
        """Whether there is more to keep than bounds."""
        return self._slopes.constrained

    def at(self, point: Floats) -> tuple[float, Floats] | None:
        """Return value and gradient ``[width]`` at a point ``[width]``, or ``None``."""
        row, stretch = self._row(point)
        found = self._slopes.at(row)
        return None if found is None else (found[0], found[1] * stretch)

    def limits(self, point: Floats) -> tuple[Floats, Floats]:
        """Return constraints ``[k]`` and gradients ``[k, width]`` at a point ``[width]``."""
        row, stretch = self._row(point)
        constraints, gradients = self._slopes.limits(row)
        return constraints, gradients * stretch

    def pulled(self, point: Floats) -> Floats:
        """Bring a point near the constraints if it breaks them; no follower is solved."""
        for _ in range(_PULLS):
            constraints, gradients = self.limits(point)
            if not constraints.size or constraints.max() <= 0:
                break
            worst = gradients[np.argmax(constraints)]
            point = np.clip(point - worst * (constraints.max() / max(1e-300, worst @ worst)), 0.0, 1.0)
        return point

    def _row(self, point: Floats) -> tuple[Floats, Floats]:
        """Return the flat design of a point and its derivatives by the point, column by column."""
        row = self._space.flatten(self._space.from_unit(point[None]))[0][0]
        stretch = np.empty_like(row)
        for leaf in self._space.leaves:
            low, high = leaf.variable.bounds()
            log = isinstance(leaf.variable, Real) and leaf.variable.log
            stretch[leaf.columns] = row[leaf.columns] * np.log(high / low) if log else high - low
        return row, stretch


class Descent:
    """One descent: its start and what was found at each point so far. Everything else follows from these.

    SciPy is run from the start each time; points met before are answered from memory, and at the first other one it is
    stopped. So the state is plain data that pickles, and no thread waits anywhere; the price is SciPy's own work, which
    is small beside a follower's.

    Parameters
    ----------
    start
        ``[width]`` in the unit cube.
    slopes
        Derivatives of the problem.
    tolerance
        Relative improvement at which to end.
    """

    def __init__(self, start: Floats, slopes: UnitSlopes, tolerance: float) -> None:
        self.point = start
        self._start = start
        self._slopes = slopes
        self._tolerance = tolerance
        self._known: dict[bytes, tuple[float, Floats]] = {}

    def advance(self) -> bool:
        """Take the gradient at the point and move to the next that SciPy needs; false where the descent is over."""
        found = self._slopes.at(self.point)
        if found is None:
            return False
        self._known[self.point.tobytes()] = found
        try:
            self._minimise()
        except _Wanted as wanted:
            self.point = wanted.point
            return True
        return False

    def _minimise(self) -> None:
        from scipy.optimize import minimize

        scale = abs(self._known[self._start.tobytes()][0]) or 1.0

        def look(point: Floats) -> tuple[float, Floats]:
            known = self._known.get(point.tobytes())
            if known is None:
                raise _Wanted(point.copy())
            return known[0] / scale, known[1] / scale

        bounds = [(0.0, 1.0)] * self._start.size
        options: dict[str, Any] = {"maxiter": _STEPS, "ftol": self._tolerance}
        if self._slopes.constrained:
            minimize(look, self._start, jac=True, bounds=bounds, method="SLSQP", constraints=self._limits(), options=options)
        else:
            options |= {"gtol": 0.0, "maxfun": 10 * _STEPS}
            minimize(look, self._start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)

    def _limits(self) -> dict[str, Any]:
        """State the constraints as SciPy wants them: not below 0, and of the order of 1."""
        reach = np.abs(self._slopes.limits(self._start)[1]).sum(axis=1)
        reach[reach == 0.0] = 1.0
        return {
            "type": "ineq",
            "fun": lambda point: -self._slopes.limits(point)[0] / reach - _MARGIN,
            "jac": lambda point: -self._slopes.limits(point)[1] / reach[:, None],
        }


class DescentRun(Generations):
    """Carries descents on side by side and begins a new one wherever one ends.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    descents
        How many.
    tolerance
        Relative improvement at which each ends.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, descents: int, tolerance: float) -> None:
        super().__init__(problem, rng)
        self._slopes = UnitSlopes(problem)
        self._tolerance = tolerance
        self._begun = 0
        self._descents = [self._begin() for _ in range(descents)]
        self._failed = np.ones(descents, dtype=np.bool_)
        self._fresh = True

    def _begin(self) -> Descent:
        start = np.full(self.space.width, 0.5) if self._begun == 0 else self.rng.random(self.space.width)
        self._begun += 1
        return Descent(self._slopes.pulled(start), self._slopes, self._tolerance)

    def _next(self) -> Designs:
        if not self._fresh:
            for i, descent in enumerate(self._descents):
                if self._failed[i] or not descent.advance():
                    self._descents[i] = self._begin()
        self._fresh = False
        return self.space.from_unit(np.array([descent.point for descent in self._descents]))

    def _learn(self, evaluations: Evaluations) -> None:
        self._failed = evaluations.failed
