"""Projected quasi-Newton steps in the unit cube, one point at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from braess.problem.evaluations import Bools, Floats

_MEMORY = 10  # pairs of steps and changes of the gradient
_FIRST = 0.5  # length of a step along the gradient, before anything is known of its scale
_DECREASE = 1e-4  # share of the predicted improvement that a step must bring (Armijo)
_CURVATURE = 1e-10  # least cosine between a step and the change of the gradient that is worth remembering
_SHORTEST = 1e-7  # factor of a step after which there is no progress in this direction
_PATIENCE = 2  # steps in a row with next to no improvement that end a descent

Answer = Callable[[Floats], "tuple[float, Floats] | None"]


class QuasiNewton:
    """L-BFGS on the variables that are not held at a bound, with backtracking along the projected step.

    Each point is a trial; the gradient is taken where a trial is accepted. The state is a few arrays.

    Parameters
    ----------
    start
        ``[width]`` in the unit cube.
    gradient
        Returns value and gradient at a point, or ``None`` where there are none.
    tolerance
        Relative improvement at which to end.

    References
    ----------
    Bertsekas (1982), "Projected Newton methods for optimization problems with simple constraints", doi:10.1137/0320018.
    Nocedal (1980), "Updating quasi-Newton matrices with limited storage", doi:10.1090/S0025-5718-1980-0572855-7.
    """

    def __init__(self, start: Floats, gradient: Answer, tolerance: float) -> None:
        self.point = start
        self._gradient_at = gradient
        self._tolerance = tolerance
        self._at: Floats = start
        self._value = np.inf
        self._gradient: Floats = np.zeros_like(start)
        self._direction: Floats = np.zeros_like(start)
        self._length = 1.0
        self._pairs: list[tuple[Floats, Floats]] = []
        self._idle = 0

    def advance(self, value: float) -> bool:
        """Take the value at the point, infinite where there is none, and move on; false where the descent is over."""
        if np.isinf(self._value):
            return value < np.inf and self._accept(value)
        predicted = self._gradient @ (self.point - self._at)
        if value <= self._value + _DECREASE * predicted:
            return self._accept(value)
        return self._shorten(value, float(predicted))

    def _accept(self, value: float) -> bool:
        found = self._gradient_at(self.point)
        if found is None:
            return False
        gradient = found[1]
        if np.isfinite(self._value):
            self._remember(self.point - self._at, gradient - self._gradient)
            little = self._value - value <= self._tolerance * max(abs(value), abs(self._value))
            self._idle = self._idle + 1 if little else 0
        self._at, self._value, self._gradient = self.point, value, gradient
        return self._idle < _PATIENCE and self._aim()

    def _remember(self, step: Floats, change: Floats) -> None:
        if step @ change > _CURVATURE * np.linalg.norm(step) * np.linalg.norm(change):
            self._pairs = [*self._pairs[1 - _MEMORY :], (step, change)]

    def _aim(self) -> bool:
        """Choose a direction from the current point; false where it is stationary."""
        held = ((self._at <= 0.0) & (self._gradient >= 0)) | ((self._at >= 1.0) & (self._gradient <= 0))
        self._direction, self._length = self._newton(~held), 1.0
        if not self._try() and self._pairs:
            self._pairs = []
            self._direction = self._newton(~held)
            return self._try()
        return not np.array_equal(self.point, self._at)

    def _try(self) -> bool:
        """Move the point along the direction; tell whether that promises an improvement."""
        self.point = np.clip(self._at + self._length * self._direction, 0.0, 1.0)
        return bool(self._gradient @ (self.point - self._at) < 0)

    def _shorten(self, value: float, predicted: float) -> bool:
        """Go back to where a parabola through the values has its bottom, by a factor of 2 to 10."""
        excess = value - self._value - predicted
        factor = -0.5 * predicted / excess if np.isfinite(excess) else 0.0
        self._length *= float(np.clip(factor, 0.1, 0.5))
        if self._length >= _SHORTEST:
            return self._try()
        if not self._pairs:
            return False
        self._pairs = []  # once more along the gradient alone
        return self._aim()

    def _newton(self, free: Bools) -> Floats:
        """Multiply the gradient by minus the inverse Hessian that the pairs tell of, on the free variables (two loops)."""
        result = np.where(free, self._gradient, 0.0)
        usable = [(s * free, y * free) for s, y in self._pairs]
        usable = [(s, y) for s, y in usable if s @ y > _CURVATURE * np.linalg.norm(s) * np.linalg.norm(y)]
        if not usable:
            norm = float(np.linalg.norm(result))
            return -result * (_FIRST / norm if norm > 0 else 0.0)
        shares = []
        for s, y in reversed(usable):
            shares.append((s @ result) / (s @ y))
            result = result - shares[-1] * y
        s, y = usable[-1]
        result = result * ((s @ y) / (y @ y))
        for (s, y), share in zip(usable, reversed(shares), strict=True):
            result = result + (share - (y @ result) / (s @ y)) * s
        return np.asarray(-result)
