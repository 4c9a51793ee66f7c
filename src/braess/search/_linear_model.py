"""A linear model of a discrete problem around one design, and the best designs within some changes by it."""

from __future__ import annotations

import numpy as np

from braess.problem.evaluations import Floats
from braess.space import Space
from braess.space._vector import Bools

_SLACK = 1e-12  # of constraints of the order of 1: rounding that is no violation
_WHOLE = 1e-7  # how far below a whole number the vertex of a linear program may lie and still be that number


class LinearModel:
    """Remembers for each variable the last gradient at another of its values: the two tell how the effect bends.

    A unit step up is expected to change the objective by ``g + h / 2``, one down by ``h / 2 - g``, where ``g`` is the
    slope and ``h`` the difference of the slopes at the two values over the difference of the values (0 where the
    variable has had one value only). For a binary that is the mean of the slopes at 0 and at 1: the trapezoidal rule.

    Parameters
    ----------
    space
        What is decided: integers and binaries.
    """

    def __init__(self, space: Space) -> None:
        self._low, self._high = space.bounds
        self._value = np.full(space.width, np.nan)
        self._slope = np.zeros(space.width)
        self._bend = np.zeros(space.width)

    def learn(self, row: Floats, gradient: Floats) -> None:
        """Take in the gradient ``[width]`` at a flat design ``[width]``."""
        moved = np.isfinite(self._value) & (row != self._value)
        self._bend[moved] = (gradient - self._slope)[moved] / (row - self._value)[moved]
        self._value, self._slope = row.copy(), gradient.copy()

    def steps(self, row: Floats, constraints: Floats, gradients: Floats, within: float = np.inf) -> Floats:
        """Return ``[s, width]`` the best designs by the model within 1, 2, 4, … unit steps of the design learned last.

        Parameters
        ----------
        row
            ``[width]`` the design.
        constraints, gradients
            ``[k]`` and ``[k, width]`` at the design; the steps keep the linearised constraints.
        within
            Most unit steps to look for, about.
        """
        reach = np.abs(gradients).sum(axis=1)
        reach[reach == 0.0] = 1.0
        use = gradients / reach[:, None]
        up, down = self._slope + 0.5 * self._bend, 0.5 * self._bend - self._slope
        torn = (up < 0) & (down < 0)  # concave: only the better of both ways, or a program would go both
        most = np.concatenate([(self._high - row) * ~(torn & (up > down)), (row - self._low) * ~(torn & (up <= down))])
        program = _Program(np.concatenate([up, down]), np.concatenate([use, -use], axis=1), -constraints / reach, most)
        radii = 2 ** np.arange(int(np.ceil(np.log2(max(1.0, min(within, most.sum()))))) + 1)
        taken = np.array([program.best(int(radius)) for radius in radii])
        return np.asarray(row + taken[:, : row.size] - taken[:, row.size :])


class _Program:
    """Which unit steps to take, each up to so many times, so that the constraints are kept and the effect is best.

    Parameters
    ----------
    effect
        ``[s]`` of each step on the objective.
    use
        ``[k, s]`` how much of each constraint a step uses up.
    room
        ``[k]`` how much there is.
    most
        ``[s]`` how often each step may be taken.
    """

    def __init__(self, effect: Floats, use: Floats, room: Floats, most: Floats) -> None:
        self._effect, self._use, self._room, self._most = effect, use, room, most

    def best(self, radius: int) -> Floats:
        """Return how often to take each step, ``[s]`` whole numbers, about ``radius`` in all."""
        from scipy.optimize import linprog

        solved = linprog(
            self._effect,
            A_ub=np.concatenate([self._use, np.ones((1, self._effect.size))]),
            b_ub=np.append(self._room, radius),
            bounds=[(0.0, most) for most in self._most.tolist()],
            method="highs-ds",
            options={"presolve": False},  # takes longer than solving
        )
        if solved.x is None:  # the constraints cannot be met so near
            return np.zeros_like(self._effect)
        return self._filled(self._rounded(np.asarray(solved.x, dtype=np.float64)), radius)

    def _short(self, taken: Floats) -> Bools:
        """Tell which constraints are broken, ``[k]``."""
        return np.asarray(self._use @ taken > self._room + _SLACK)

    def _rounded(self, fractions: Floats) -> Floats:
        """Round a vertex, of which few entries are fractions, to whole steps that keep the constraints.

        Fractions are rounded down, or up where that frees a constraint that is broken; after that the steps that
        promise least of those that break one are undone.
        """
        taken = np.floor(fractions + _WHOLE)
        for step in np.flatnonzero(fractions > taken + _WHOLE):
            taken[step] += (self._use[self._short(taken), step] < 0).any()
        while (short := self._short(taken)).any():
            users = np.flatnonzero((taken > 0) & (self._use[short] > 0).any(axis=0))
            if users.size == 0:
                break
            taken[users[np.argmax(self._effect[users])]] -= 1
        return taken

    def _filled(self, taken: Floats, radius: int) -> Floats:
        """Add what still fits, what promises most first."""
        while taken.sum() < radius:
            room = self._room - self._use @ taken + _SLACK
            fits = (self._effect < 0) & (taken < self._most) & (self._use <= room[:, None]).all(axis=0)
            if not fits.any():
                break
            taken[np.argmin(np.where(fits, self._effect, np.inf))] += 1
        return taken
