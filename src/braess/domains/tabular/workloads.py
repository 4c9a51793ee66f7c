"""Workloads: sets of queries on a table that are measured together, with the most that one row may change them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.tabular._kernel import Floats, Ints, Layout, half_space_values, place_rows, prefix_values
from braess.domains.tabular.columns import Category, TableDomain
from braess.errors import InputError

_BLOCK = 4096  # rows whose answers are held at once


class Workload(ABC):
    """Queries that are measured together; each is the mean over rows of a number from 0 to 1.

    Attributes
    ----------
    name
        What the workload is called in reports.
    domain
        Of the tables it asks.
    size
        Number of queries ``m``.
    sensitivity
        L2 norm of the most by which the sums over rows change when one row is replaced. The means of a table of ``N`` rows
        change by at most an ``N``-th of it.
    """

    name: str
    domain: TableDomain
    size: int
    sensitivity: float

    @abstractmethod
    def answers(self, cells: Floats) -> Floats:
        """Return the means ``[m]`` over rows of cells ``[N, d]``."""

    @abstractmethod
    def plain(self, cells: Floats) -> list[float]:
        """Return the means ``[m]`` by a second, plain route."""


class Marginal(Workload):
    """The share of rows in each cell of a contingency table of some columns.

    Replacing a row takes it from one cell and puts it into another: the sensitivity is the square root of 2.

    Parameters
    ----------
    domain
        Of the tables.
    columns
        Names of the columns.
    bins
        Intervals of equal length into which columns of numbers are cut, and columns of whole numbers that have more values than
        that; ``None`` where each value has its own cell, which columns of numbers do not allow.
    """

    def __init__(self, domain: TableDomain, columns: Sequence[str], bins: int | None = None) -> None:
        self.domain = domain
        self.places = domain.positions(columns)
        self.bins = tuple(_cut(domain, at, bins) for at in self.places)
        self.name = " × ".join(domain.names[at] for at in self.places)
        self.size = math.prod(self.bins)
        self.sensitivity = math.sqrt(2.0) if self.size > 1 else 0.0

    @cached_property
    def layout(self) -> Layout:
        """The marginal alone, for the kernels."""
        return layout_of([self], self.domain)

    def answers(self, cells: Floats) -> Floats:
        """Count rows in each cell."""
        index = place_rows(np.ascontiguousarray(cells.T), self.layout)[:, 0]
        shares: Floats = np.bincount(index, minlength=self.size) / len(cells)
        return shares

    def plain(self, cells: Floats) -> list[float]:
        """Count row by row, with whole numbers where columns hold them."""
        counts = np.zeros(self.bins, dtype=np.int64)
        for row in cells.tolist():
            at = []
            for place, bins in zip(self.places, self.bins, strict=True):
                column = self.domain.columns[place]
                if column.levels is None:
                    at.append(min(int((row[place] - column.low) * bins / (column.high - column.low)), bins - 1))
                else:
                    at.append(int(row[place] - column.low) * bins // column.levels)
            counts[tuple(at)] += 1
        shares: list[float] = (counts.ravel() / len(cells)).tolist()
        return shares


class RowWorkload(Workload):
    """Queries that give each row a number, whatever the other rows are."""

    @abstractmethod
    def values(self, cells: Floats) -> NDArray[Any]:
        """Return what each of ``n`` rows ``[n, d]`` adds to the sums, ``[n, m]``; the same for a row in any block."""

    def answers(self, cells: Floats) -> Floats:
        """Sum over rows, block after block."""
        blocks = (self.values(cells[at : at + _BLOCK]) for at in range(0, len(cells), _BLOCK))
        total = np.zeros(self.size)
        for block in blocks:
            total += block.sum(axis=0, dtype=np.float64)
        return total / len(cells)


class HalfSpace(RowWorkload):
    """The share of rows on one side of each of random planes through the unit cube of some columns of numbers.

    The normals have independent standard normal coordinates and each plane passes through a uniform point of the cube, so
    nothing is taken from the data. Columns are scaled by their public bounds. One row may lie in all half-spaces and its
    replacement in none: the sensitivity is at most the square root of their number.

    Parameters
    ----------
    domain
        Of the tables.
    columns
        Names of columns of numbers or whole numbers; ``None`` for all such columns.
    number
        How many.
    seed
        Of the planes; public.
    """

    def __init__(self, domain: TableDomain, columns: Sequence[str] | None, number: int, seed: int) -> None:
        self.domain = domain
        self.places = _ordered(domain, columns)
        self.size, self.sensitivity = number, math.sqrt(number)
        self.name = f"{number:,} half-spaces of {', '.join(domain.names[at] for at in self.places)}"
        rng = np.random.default_rng(seed)
        self.weights = rng.standard_normal((number, len(self.places)))
        self.bound = np.sum(self.weights * rng.random(self.weights.shape), axis=1)

    def values(self, cells: Floats) -> NDArray[Any]:
        """Return 1 inside and 0 outside."""
        scaled = _scaled(self.domain, self.places, cells)
        return half_space_values(scaled, np.ascontiguousarray(self.weights.T), self.bound)

    def plain(self, cells: Floats) -> list[float]:
        """Add up in plain Python."""
        points = _scaled(self.domain, self.places, cells).tolist()
        pairs = list(zip(self.weights.tolist(), self.bound.tolist(), strict=True))
        return [sum(sum(map(float.__mul__, w, point)) <= b for point in points) / len(points) for w, b in pairs]


class Prefix(RowWorkload):
    """The share of rows that keep each of random conjunctions of thresholds: each of ``way`` columns at most so much.

    Columns and thresholds are drawn uniformly within the public bounds. One row may keep all and its replacement none: the
    sensitivity is at most the square root of their number.

    Parameters
    ----------
    domain, columns, number, seed
        As of `HalfSpace`.
    way
        Thresholds in a conjunction.
    """

    def __init__(self, domain: TableDomain, columns: Sequence[str] | None, number: int, seed: int, way: int) -> None:
        self.domain = domain
        self.places = _ordered(domain, columns)
        if not 1 <= way <= len(self.places):
            raise InputError("impossible number of columns", field="way", found=way, expected=f"1 to {len(self.places)}")
        self.size, self.sensitivity = number, math.sqrt(number)
        self.name = f"{number:,} prefixes of {', '.join(domain.names[at] for at in self.places)}"
        rng = np.random.default_rng(seed)
        self.chosen: Ints = np.argsort(rng.random((number, len(self.places))), axis=1, kind="stable")[:, :way].copy()
        self.bound = rng.random((number, way))

    def values(self, cells: Floats) -> NDArray[Any]:
        """Return 1 where all thresholds are kept and 0 elsewhere."""
        return prefix_values(_scaled(self.domain, self.places, cells), self.chosen, self.bound)

    def plain(self, cells: Floats) -> list[float]:
        """Compare in plain Python."""
        points = _scaled(self.domain, self.places, cells).tolist()
        queries = [list(zip(*query, strict=True)) for query in zip(self.chosen.tolist(), self.bound.tolist(), strict=True)]
        return [sum(all(point[c] <= b for c, b in query) for point in points) / len(points) for query in queries]


class Custom(RowWorkload):
    """Queries of the user: a function of rows.

    Parameters
    ----------
    domain
        Of the tables.
    function
        Takes cells ``[n, d]`` and returns numbers from 0 to 1, ``[n, number]``, for each row by itself.
    number
        How many queries.
    sensitivity
        L2 norm of the most by which the sums change when one row is replaced; the user vouches for it.
    name
        For reports.
    """

    def __init__(
        self, domain: TableDomain, function: Callable[[Floats], Any], number: int, sensitivity: float, name: str
    ) -> None:
        self.domain, self.function, self.size, self.sensitivity, self.name = domain, function, number, sensitivity, name

    def values(self, cells: Floats) -> NDArray[Any]:
        """Ask the function; `InputError` where it does not answer with numbers from 0 to 1."""
        found = np.asarray(self.function(cells), dtype=np.float64)
        if found.shape != (len(cells), self.size) or not ((found >= 0.0) & (found <= 1.0)).all():
            span = None if not found.size else [float(found.min()), float(found.max())]
            expected = f"numbers from 0 to 1, [{len(cells)}, {self.size}]"
            raise InputError("not the answers of rows", field=self.name, found=(found.shape, span), expected=expected)
        return found

    def plain(self, cells: Floats) -> list[float]:
        """Ask for one row after another."""
        rows = [self.values(cells[at : at + 1])[0].tolist() for at in range(len(cells))]
        return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def layout_of(marginals: Sequence[Marginal], domain: TableDomain) -> Layout:
    """Lay the cells of marginals out one after another."""
    d, k = len(domain), len(marginals)
    bins, stride = np.zeros((k, d), dtype=np.int64), np.zeros((k, d), dtype=np.int64)
    for m, marginal in enumerate(marginals):
        step = marginal.size
        for place, count in zip(marginal.places, marginal.bins, strict=True):
            step //= count
            bins[m, place], stride[m, place] = count, step
    having = [np.flatnonzero(bins[:, j]) for j in range(d)]
    return Layout(
        low=domain.low,
        width=domain.high - domain.low + domain.whole,
        bins=bins,
        stride=stride,
        offset=np.concatenate([[0], np.cumsum([marginal.size for marginal in marginals], dtype=np.int64)]).astype(np.int64),
        start=np.concatenate([[0], np.cumsum([len(found) for found in having])]).astype(np.int64),
        having=np.concatenate(having).astype(np.int64),
    )


def _cut(domain: TableDomain, at: int, bins: int | None) -> int:
    column = domain.columns[at]
    if bins is not None and bins < 1:
        raise InputError("impossible number of intervals", field="bins", found=bins, expected="at least 1")
    if column.levels is None:
        if bins is None:
            raise InputError("a column of numbers must be cut into intervals", field="bins", found=column.name, expected="bins")
        return bins
    return column.levels if bins is None or isinstance(column, Category) else min(bins, column.levels)


def _ordered(domain: TableDomain, columns: Sequence[str] | None) -> tuple[int, ...]:
    """Return where columns with an order stand; `InputError` for a category."""
    if columns is None:
        found = tuple(at for at, column in enumerate(domain) if not isinstance(column, Category))
    else:
        found = domain.positions(columns)
        for at in found:
            if isinstance(domain.columns[at], Category):
                raise InputError("a category has no order", field="columns", found=domain.names[at], expected="numbers")
    if not found:
        raise InputError("no columns of numbers", field="columns", found=list(domain.names))
    return found


def _scaled(domain: TableDomain, places: tuple[int, ...], cells: Floats) -> Floats:
    """Scale columns by their public bounds to [0, 1], ``[n, c]``; columns of one value to 0."""
    at = list(places)
    span = domain.high[at] - domain.low[at]
    return np.ascontiguousarray((cells[:, at] - domain.low[at]) / np.where(span > 0.0, span, 1.0))
