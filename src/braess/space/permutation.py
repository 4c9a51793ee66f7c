"""The order of some items as a variable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.space._vector import Array, Bools, Floats, check_labels


@dataclass(frozen=True, kw_only=True)
class Permutation:
    """An order of ``size`` items: row ``[size]`` holds each of 0 … size-1 once."""

    size: int
    labels: tuple[str, ...] | None = None
    kind: ClassVar[str] = "permutation"
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.int64)

    def __post_init__(self) -> None:
        """Check the size."""
        if self.size < 1:
            raise InputError("a permutation needs items", field="size", found=self.size, expected="at least 1")
        object.__setattr__(self, "labels", check_labels(self.labels, self.size))

    @property
    def width(self) -> int:
        """Columns this variable takes in a flat matrix."""
        return self.size

    @property
    def cardinality(self) -> float:
        """Number of orders."""
        return float(math.factorial(self.size)) if self.size <= 170 else math.inf

    @property
    def log_number(self) -> float:
        """Natural logarithm of the number of orders."""
        return math.lgamma(self.size + 1)

    @property
    def expected(self) -> str:
        """What a value is, in words."""
        return f"each of 0 to {self.size - 1} once"

    def shape(self, n: int) -> tuple[int, ...]:
        """Shape of the array of a batch of ``n`` designs."""
        return (n, self.size)

    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each column, ``[width]`` each."""
        return np.zeros(self.size), np.full(self.size, self.size - 1.0)

    def default(self) -> Array:
        """Value that stands in where the variable is inactive: the identity, ``[width]``."""
        return np.arange(self.size, dtype=self.dtype)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw ``[n, width]`` orders uniformly."""
        return rng.permuted(np.tile(self.default(), (n, 1)), axis=1)

    def invalid(self, values: Array) -> Bools:
        """Tell which of ``[n]`` rows of ``[n, width]`` numbers are no orders."""
        bad: Bools = (np.sort(values.astype(np.float64), axis=1) != np.arange(self.size)).any(axis=1)
        return bad

    def to_unit(self, values: Array) -> Floats:
        """Map ``[n, width]`` orders to keys in [0, 1]."""
        unit: Floats = (values.astype(np.float64) + 0.5) / self.size
        return unit

    def from_unit(self, unit: Floats) -> Array:
        """Map ``[n, width]`` keys to the rank of each (random keys, Bean 1994, doi:10.1287/ijoc.6.2.154)."""
        order = np.argsort(unit, axis=1, kind="stable")
        return np.argsort(order, axis=1, kind="stable").astype(self.dtype)

    def value(self, element: Any) -> Any:
        """Turn one stored element into what a person reads."""
        return int(element) if self.labels is None else self.labels[int(element)]

    def code(self, value: Any) -> Any:
        """Turn what a person writes into one stored element."""
        return self.labels.index(value) if self.labels is not None and value in self.labels else value

    def describe(self) -> dict[str, Any]:
        """Describe the variable as plain data."""
        return {"kind": self.kind, "size": self.size, "labels": None if self.labels is None else list(self.labels)}
