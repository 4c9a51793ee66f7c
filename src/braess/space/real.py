"""The real variable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.space._vector import Array, Bools, Floats, Vector


@dataclass(frozen=True, kw_only=True)
class Real(Vector):
    """A number from ``low`` to ``high``, both included; ``log`` spreads samples evenly over orders of magnitude.

    A vector may give each element bounds of its own: tuples of ``size`` numbers.
    """

    low: float | tuple[float, ...]
    high: float | tuple[float, ...]
    log: bool = False
    kind: ClassVar[str] = "real"
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.float64)

    def __post_init__(self) -> None:
        """Check the bounds."""
        super().__post_init__()
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != self.size:
                raise InputError("bounds do not match", field=name, found=len(value), expected=f"one number or {self.size}")
        low, high = self.bounds()
        if not (np.isfinite(low) & np.isfinite(high) & (low <= high)).all():
            raise InputError("impossible bounds", field="low, high", found=(self.low, self.high), expected="finite low <= high")
        if self.log and low.min() <= 0:
            raise InputError("a logarithmic variable must be positive", field="low", found=self.low, expected="more than 0")

    @property
    def cardinality(self) -> float:
        """Number of different values: infinite unless the bounds coincide."""
        low, high = self.bounds()
        return math.inf if (high > low).any() else 1.0

    @property
    def log_number(self) -> float:
        """Natural logarithm of the number of values, where a real counts as one that is not known yet: 0."""
        return 0.0

    @property
    def expected(self) -> str:
        """What a value is, in words."""
        if isinstance(self.low, tuple) or isinstance(self.high, tuple):
            return "a number between the bounds of its element"
        return f"a number from {self.low:g} to {self.high:g}"

    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each column, ``[width]`` each."""
        ends = self._ends
        return ends[0], ends[1]

    @cached_property
    def _ends(self) -> Floats:
        shape = (self.width,)
        return np.array([np.broadcast_to(self.low, shape), np.broadcast_to(self.high, shape)], dtype=np.float64)

    def default(self) -> Array:
        """Value that stands in where the variable is inactive, ``[width]``."""
        low: Floats = self._ends[0].copy()
        return low

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw ``[n, width]`` values uniformly (on the logarithmic scale if ``log``)."""
        return self.from_unit(rng.random((n, self.width)))

    def invalid(self, values: Array) -> Bools:
        """Tell which of ``[n]`` rows of ``[n, width]`` numbers are no values of this variable."""
        low, high = self.bounds()
        inside: Bools = (values >= low) & (values <= high)
        return np.asarray(~inside.all(axis=1))

    def to_unit(self, values: Array) -> Floats:
        """Map ``[n, width]`` values to [0, 1]; where the bounds coincide, to one half."""
        low, high = self._scale(self._ends)
        spread = high - low
        unit: Floats = np.where(spread > 0, (self._scale(values) - low) / np.where(spread > 0, spread, 1.0), 0.5)
        return unit

    def from_unit(self, unit: Floats) -> Array:
        """Map ``[n, width]`` numbers to values; numbers outside [0, 1] go to the nearer bound."""
        low, high = self._scale(self._ends)
        scaled = low + np.clip(unit, 0.0, 1.0) * (high - low)
        return np.asarray(np.clip(np.exp(scaled) if self.log else scaled, *self.bounds()))

    def _scale(self, values: Array) -> Floats:
        return np.asarray(np.log(values) if self.log else values, dtype=np.float64)

    def value(self, element: Any) -> Any:
        """Turn one stored element into what a person reads."""
        return float(element)

    def code(self, value: Any) -> Any:
        """Turn what a person writes into one stored element."""
        return value

    def describe(self) -> dict[str, Any]:
        """Describe the variable as plain data."""
        low, high = (list(end) if isinstance(end, tuple) else end for end in (self.low, self.high))
        return {"kind": self.kind, "low": low, "high": high, "log": self.log, **self._describe_vector()}
