"""The public domain of a table: which columns there are and which values each may take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError, nearest
from braess.space import Categorical, Integer, Real, Space
from braess.space.variables import LeafVariable

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Category:
    """A column of one of several unordered values, as they are written; a cell holds the index of its value."""

    name: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the values."""
        if not self.values or len(set(self.values)) != len(self.values):
            raise InputError("values must be there and differ", field=self.name, found=list(self.values))

    @property
    def low(self) -> float:
        """Lowest cell."""
        return 0.0

    @property
    def high(self) -> float:
        """Highest cell."""
        return len(self.values) - 1.0

    @property
    def levels(self) -> int:
        """Number of different cells."""
        return len(self.values)

    @property
    def expected(self) -> str:
        """What is written, in words."""
        return f"one of {', '.join(self.values)}"

    def variable(self, rows: int) -> LeafVariable:
        """Return the decision on as many cells."""
        return Categorical(options=self.values, size=rows)

    def write(self, cells: Floats) -> list[Any]:
        """Return ``[n]`` cells as they are written."""
        return [self.values[cell] for cell in cells.astype(np.int64).tolist()]

    def describe(self) -> Any:
        """Describe the column as in a domain file."""
        return list(self.values)


@dataclass(frozen=True)
class Whole:
    """A column of whole numbers from ``low`` to ``high``, both included."""

    name: str
    low: int
    high: int

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not self.low <= self.high:
            raise InputError("impossible bounds", field=self.name, found=[self.low, self.high], expected="low <= high")

    @property
    def levels(self) -> int:
        """Number of different cells."""
        return self.high - self.low + 1

    @property
    def expected(self) -> str:
        """What is written, in words."""
        return f"a whole number from {self.low} to {self.high}"

    def variable(self, rows: int) -> LeafVariable:
        """Return the decision on as many cells."""
        return Integer(low=self.low, high=self.high, size=rows)

    def write(self, cells: Floats) -> list[Any]:
        """Return ``[n]`` cells as they are written."""
        return list(cells.astype(np.int64).tolist())

    def describe(self) -> Any:
        """Describe the column as in a domain file."""
        return {"low": self.low, "high": self.high, "whole": True}


@dataclass(frozen=True)
class Number:
    """A column of numbers from ``low`` to ``high``, both included."""

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError("impossible bounds", field=self.name, found=[self.low, self.high], expected="finite low < high")

    @property
    def levels(self) -> None:
        """Nothing: there is no end to the different cells."""
        return

    @property
    def expected(self) -> str:
        """What is written, in words."""
        return f"a number from {self.low:g} to {self.high:g}"

    def variable(self, rows: int) -> LeafVariable:
        """Return the decision on as many cells."""
        return Real(low=self.low, high=self.high, size=rows)

    def write(self, cells: Floats) -> list[Any]:
        """Return ``[n]`` cells as they are written."""
        return list(cells.tolist())

    def describe(self) -> Any:
        """Describe the column as in a domain file."""
        return {"low": self.low, "high": self.high}


Column: TypeAlias = Category | Whole | Number


@dataclass(frozen=True)
class TableDomain:
    """What is public of a table: its columns, in order.

    The values and bounds must be known without looking at the data: taken from the data, they would say something of it that
    no noise covers.

    Raises
    ------
    InputError
        There are no columns, or two have the same name, or one has a name that no decision can have.
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        """Check the names."""
        names = self.names
        if not names or len(set(names)) != len(names):
            raise InputError("columns must be there and differ", field="columns", found=list(names))
        for name in names:
            if not name or "." in name:
                raise InputError("not a name for a column", field="columns", found=name, expected="text without dots")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def low(self) -> Floats:
        """``[d]`` lowest cell of each column."""
        return np.array([column.low for column in self.columns], dtype=np.float64)

    @cached_property
    def high(self) -> Floats:
        """``[d]`` highest cell of each column."""
        return np.array([column.high for column in self.columns], dtype=np.float64)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """``[d]`` whether a column holds whole numbers or categories."""
        return np.array([column.levels is not None for column in self.columns])

    def __iter__(self) -> Iterator[Column]:
        """Go through the columns."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Return ``d``."""
        return len(self.columns)

    def positions(self, names: Sequence[str] | None) -> tuple[int, ...]:
        """Return where columns stand; ``None`` for all; an unknown or doubled name raises `InputError`."""
        if names is None:
            return tuple(range(len(self)))
        known = self.names
        for name in names:
            if name not in known:
                message = f"no such column{nearest(str(name), known)}"
                raise InputError(message, field="columns", found=name, expected=f"one of {', '.join(known)}")
        if not names or len(set(names)) != len(names):
            raise InputError("columns must be there and differ", field="columns", found=list(names))
        return tuple(known.index(name) for name in names)

    def space(self, rows: int) -> Space:
        """Return the space of all tables of so many rows: a vector of cells for each column."""
        return Space({column.name: column.variable(rows) for column in self.columns})

    def describe(self) -> dict[str, Any]:
        """Describe the domain as plain data, as a domain file holds it."""
        return {column.name: column.describe() for column in self.columns}


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of cells within a public domain.

    Parameters
    ----------
    domain
        What is public.
    cells
        ``[N, d]`` numbers; of a category the index of its value.

    Raises
    ------
    InputError
        There are no rows, or a cell lies outside the domain; says which.
    """

    domain: TableDomain
    cells: Floats

    def __post_init__(self) -> None:
        """Check the cells."""
        cells = np.ascontiguousarray(self.cells, dtype=np.float64)
        if cells.ndim != 2 or cells.shape[1] != len(self.domain) or not len(cells):
            raise InputError("not the cells of such a table", found=cells.shape, expected=f"[at least 1, {len(self.domain)}]")
        bad = outside(cells, self.domain)
        if bad.any():
            row, at = (int(place) for place in np.argwhere(bad)[0])
            column = self.domain.columns[at]
            expected = f"an index from 0 to {column.high:.0f}" if isinstance(column, Category) else column.expected
            raise InputError(
                f"impossible value in row {row}", field=column.name, found=float(cells[row, at]), expected=expected
            )
        cells.setflags(write=False)
        object.__setattr__(self, "cells", cells)

    def __len__(self) -> int:
        """Return ``N``."""
        return len(self.cells)

    def columns(self) -> dict[str, list[Any]]:
        """Return the columns by name as they are written."""
        return {column.name: column.write(self.cells[:, at]) for at, column in enumerate(self.domain)}


def outside(cells: Floats, domain: TableDomain) -> NDArray[np.bool_]:
    """Tell which of ``[N, d]`` cells lie outside the domain."""
    inside = (cells >= domain.low) & (cells <= domain.high) & (~domain.whole | (cells == np.floor(cells)))
    return np.asarray(~inside)
