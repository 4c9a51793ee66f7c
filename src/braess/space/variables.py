"""The plain variables a space is made of: binary, integer, categorical, real, permutation.

A variable with ``size`` is a vector of that many decisions of one kind (one array ``[n, size]`` for a batch of
``n`` designs); without, it is a scalar (one array ``[n]``). Inside braess every array is seen as ``[n, width]``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

_LARGEST_INTEGER = 2**53  # beyond it a float matrix cannot hold every integer


@dataclass(frozen=True, kw_only=True)
class _Vector:
    """What scalar and vector variables share: the size and the names of the elements.

    Parameters
    ----------
    size
        Number of elements, or ``None`` for a scalar.
    labels
        Names of the elements for people to read (``size`` of them), such as the links a lane may be added to.
    """

    size: int | None = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InputError("a vector variable needs elements", field="size", found=self.size, expected="at least 1")
        if self.labels is not None:
            object.__setattr__(self, "labels", tuple(str(label) for label in self.labels))
            if len(self.labels) != self.size:
                raise InputError("labels do not match", field="labels", found=len(self.labels), expected=f"{self.size} names")

    @property
    def width(self) -> int:
        """Columns this variable takes in a flat matrix."""
        return 1 if self.size is None else self.size

    def shape(self, n: int) -> tuple[int, ...]:
        """Shape of the array of a batch of ``n`` designs."""
        return (n,) if self.size is None else (n, self.size)

    def _describe_vector(self) -> dict[str, Any]:
        return {"size": self.size, "labels": None if self.labels is None else list(self.labels)}


@dataclass(frozen=True, kw_only=True)
class _Counted(_Vector, ABC):
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
        floats = values.astype(np.float64)
        inside = (floats >= self.lowest) & (floats < self.lowest + self.levels) & (floats == np.floor(floats))
        bad: Bools = ~inside.all(axis=1)
        return bad

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
    """One of several unordered options, stored as the index into ``options``."""

    options: tuple[str | int | float | bool, ...]
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
        return {"kind": self.kind, "options": list(self.options), **self._describe_vector()}


@dataclass(frozen=True, kw_only=True)
class Real(_Vector):
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
        return self.bounds()[0].copy()

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
        values: Floats = np.clip(np.exp(scaled) if self.log else scaled, *self.bounds())
        return values

    def _scale(self, values: Array) -> Floats:
        return np.log(values) if self.log else np.asarray(values, dtype=np.float64)

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
        if self.labels is not None:
            object.__setattr__(self, "labels", tuple(str(label) for label in self.labels))
            if len(self.labels) != self.size:
                raise InputError("labels do not match", field="labels", found=len(self.labels), expected=f"{self.size} names")

    @property
    def width(self) -> int:
        """Columns this variable takes in a flat matrix."""
        return self.size

    @property
    def cardinality(self) -> float:
        """Number of orders."""
        return float(math.factorial(self.size)) if self.size <= 170 else math.inf

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


LeafVariable: TypeAlias = Binary | Integer | Categorical | Real | Permutation

LEAF_KINDS: dict[str, Callable[..., LeafVariable]] = {
    cls.kind: cls for cls in (Binary, Integer, Categorical, Real, Permutation)
}


def restore(description: dict[str, Any]) -> LeafVariable:
    """Build a plain variable from what its ``describe`` wrote.

    Raises
    ------
    InputError
        The description is not one that ``describe`` writes.
    """
    settings: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in description.items() if key != "kind"}
    try:
        return LEAF_KINDS[description["kind"]](**settings)
    except (KeyError, TypeError) as error:
        raise InputError("not a description of a variable", found=description) from error


def _power(base: int, exponent: int) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf
