"""Variables with whole-number values: binary, integer, categorical."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.space._vector import Array, Bools, Floats, Vector

_LARGEST_INTEGER = 2**53  # beyond it a float matrix cannot hold every integer


@dataclass(frozen=True, kw_only=True)
class _Counted(Vector, ABC):
    """Shared by variables whose elements are one of ``levels`` whole numbers from ``lowest`` on."""

    dtype: ClassVar[np.dtype[Any]]

    @property
    @abstractmethod
    def levels(self) -> int:
        """Number of values of one element."""

    @property
    @abstractmethod
    def lowest(self) -> int:
        """Lowest value."""

    @property
    def cardinality(self) -> float:
        """Number of different values of the whole variable (infinite when past the range of a float)."""
        return _power(self.levels, self.width)

    @property
    def log_number(self) -> float:
        """Natural logarithm of the number of values of the whole variable."""
        return self.width * math.log(self.levels)

    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each column, ``[width]`` each."""
        return np.full(self.width, float(self.lowest)), np.full(self.width, float(self.lowest + self.levels - 1))

    def default(self) -> Array:
        """Value that stands in where the variable is inactive, ``[width]``."""
        return np.full(self.width, self.lowest, dtype=self.dtype)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw ``[n, width]`` values uniformly."""
        drawn: Array = rng.integers(self.lowest, self.lowest + self.levels, size=(n, self.width), dtype=np.int64)
        return drawn.astype(self.dtype)

    def invalid(self, values: Array) -> Bools:
        """Tell which of ``[n]`` rows of ``[n, width]`` numbers are no values of this variable."""
        numbers = values if values.dtype.kind in "iu" else values.astype(np.float64)
        inside: Bools = (numbers >= self.lowest) & (numbers < self.lowest + self.levels)
        if numbers.dtype.kind == "f":
            inside &= numbers == np.floor(numbers)
        return np.asarray(~inside.all(axis=1))

    def to_unit(self, values: Array) -> Floats:
        """Map ``[n, width]`` values to the middles of equal cells of [0, 1]."""
        unit: Floats = (values.astype(np.float64) - self.lowest + 0.5) / self.levels
        return unit

    def from_unit(self, unit: Floats) -> Array:
        """Map ``[n, width]`` numbers to the value of the cell of [0, 1] they lie in (ends included)."""
        cells = np.clip(np.floor(np.clip(unit, 0.0, 1.0) * self.levels), 0, self.levels - 1)
        return (cells + self.lowest).astype(self.dtype)


@dataclass(frozen=True, kw_only=True)
class Binary(_Counted):
    """Yes or no for each element: arrays of 0 and 1."""

    kind: ClassVar[str] = "binary"
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.int8)

    @property
    def levels(self) -> int:
        """Number of values of one element."""
        return 2

    @property
    def lowest(self) -> int:
        """Lowest value."""
        return 0

    @property
    def expected(self) -> str:
        """What a value is, in words."""
        return "0 or 1"

    def value(self, element: Any) -> Any:
        """Turn one stored element into what a person reads."""
        return bool(element)

    def code(self, value: Any) -> Any:
        """Turn what a person writes into one stored element."""
        return value

    def describe(self) -> dict[str, Any]:
        """Describe the variable as plain data."""
        return {"kind": self.kind, **self._describe_vector()}


@dataclass(frozen=True, kw_only=True)
class Integer(_Counted):
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int
    kind: ClassVar[str] = "integer"
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.int64)

    def __post_init__(self) -> None:
        """Check the bounds."""
        super().__post_init__()
        if not -_LARGEST_INTEGER <= self.low <= self.high <= _LARGEST_INTEGER:
            raise InputError(
                "impossible bounds", field="low, high", found=(self.low, self.high), expected="-2^53 <= low <= high <= 2^53"
            )

    @property
    def lowest(self) -> int:
        """Lowest value."""
        return self.low

    @property
    def levels(self) -> int:
        """Number of values of one element."""
        return self.high - self.low + 1

    @property
    def expected(self) -> str:
        """What a value is, in words."""
        return f"a whole number from {self.low} to {self.high}"

    def value(self, element: Any) -> Any:
        """Turn one stored element into what a person reads."""
        return int(element)

    def code(self, value: Any) -> Any:
        """Turn what a person writes into one stored element."""
        return value

    def describe(self) -> dict[str, Any]:
        """Describe the variable as plain data."""
        return {"kind": self.kind, "low": self.low, "high": self.high, **self._describe_vector()}


@dataclass(frozen=True, kw_only=True)
class Categorical(_Counted):
    """One of several options, stored as the index into ``options``; ``ordered`` says that neighbours among them are alike."""

    options: tuple[str | int | float | bool, ...]
    ordered: bool = False
    kind: ClassVar[str] = "categorical"
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.int64)

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        object.__setattr__(self, "options", tuple(self.options))
        if not self.options or len(set(self.options)) != len(self.options):
            raise InputError("options must be there and differ", field="options", found=self.options)

    @property
    def levels(self) -> int:
        """Number of values of one element."""
        return len(self.options)

    @property
    def lowest(self) -> int:
        """Lowest value."""
        return 0

    @property
    def expected(self) -> str:
        """What a value is, in words."""
        return f"an index from 0 to {len(self.options) - 1} into {list(self.options)}"

    def value(self, element: Any) -> Any:
        """Turn one stored element into what a person reads."""
        return self.options[int(element)]

    def code(self, value: Any) -> Any:
        """Turn what a person writes into one stored element."""
        if value not in self.options:
            raise InputError("unknown option", found=value, expected=f"one of {list(self.options)}")
        return self.options.index(value)

    def describe(self) -> dict[str, Any]:
        """Describe the variable as plain data."""
        ordered = {"ordered": True} if self.ordered else {}
        return {"kind": self.kind, "options": list(self.options), **ordered, **self._describe_vector()}


def _power(base: int, exponent: int) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf
