"""Compiled parts of tables and queries: cells of marginals, indicator queries, and what a few changed cells do to both."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.kernels import kernel

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Bools: TypeAlias = NDArray[np.bool_]


class Layout(NamedTuple):
    """How ``K`` marginals of a table of ``d`` columns share one vector of cells."""

    low: Floats
    """``[d]`` lowest value of each column."""
    width: Floats
    """``[d]`` number of values of a column of whole numbers, length of the range of one of numbers."""
    bins: Ints
    """``[K, d]`` into how many intervals of equal length a marginal cuts a column; 0 where it does not have the column."""
    stride: Ints
    """``[K, d]`` how far apart two neighbouring intervals are among the cells."""
    offset: Ints
    """``[K + 1]`` first cell of each marginal, and the number of all."""
    start: Ints
    """``[d + 1]`` first entry of each column in ``having``."""
    having: Ints
    """Marginals that have a column, column after column."""


@kernel
def interval(value: float, low: float, width: float, bins: int) -> int:
    """Return in which of equal intervals a value lies; the upper end belongs to the last one."""
    return min(int((value - low) * bins / width), bins - 1)


@kernel
def place_rows(table: Floats, layout: Layout) -> Ints:
    """Return the cell ``[N, K]`` of each row of a table ``[d, N]`` in each marginal."""
    d, n = table.shape
    k = len(layout.offset) - 1
    index = np.empty((n, k), dtype=np.int64)
    for i in range(n):
        for m in range(k):
            cell = layout.offset[m]
            for j in range(d):
                if layout.bins[m, j]:
                    cell += layout.stride[m, j] * interval(table[j, i], layout.low[j], layout.width[j], layout.bins[m, j])
            index[i, m] = cell
    return index


@kernel
def _shift(table: Floats, layout: Layout, m: int, j: int, i: int, value: float) -> int:
    """Return by how many cells of a marginal a row moves when one column gets a new value."""
    bins = layout.bins[m, j]
    low, width = layout.low[j], layout.width[j]
    shift: int = layout.stride[m, j] * (interval(value, low, width, bins) - interval(table[j, i], low, width, bins))
    return shift


@kernel
def _moved(residual: Floats, rows: int, a: int, b: int, c: int, d: int) -> float:
    """Return how squared residuals change when one row leaves cell a for b, and another c for d (c = d: no other)."""
    at = (a, b, c, d)
    by = (-1.0, 1.0, -1.0, 1.0)
    change = 0.0
    for p in range(4):
        net = 0.0
        first = True
        for q in range(4):
            if at[q] == at[p]:
                if q < p:
                    first = False
                net += by[q]
        if first and net != 0.0:
            change += net * (2.0 * residual[at[p]] + net / rows) / rows
    return change


@kernel
def marginal_changes(
    table: Floats, index: Ints, residual: Floats, layout: Layout, places: Ints, values: Floats, changes: Floats
) -> None:
    """Add to ``changes`` ``[P]`` what each candidate does to the squared residuals of all marginals, in O(marginals touched).

    ``places`` ``[P, 2]`` are flat cells of the table ``[d, N]`` (-1: none) that get ``values`` ``[P, 2]``.
    """
    n = table.shape[1]
    for p in range(len(places)):
        j, i = places[p, 0] // n, places[p, 0] % n
        other = places[p, 1] >= 0
        j2, i2 = (places[p, 1] // n, places[p, 1] % n) if other else (j, i)
        change = 0.0
        for t in range(layout.start[j], layout.start[j + 1]):
            m = layout.having[t]
            a = index[i, m]
            b = a + _shift(table, layout, m, j, i, values[p, 0])
            c, e = a, a
            if other and layout.bins[m, j2]:
                moved = _shift(table, layout, m, j2, i2, values[p, 1])
                if i2 == i:
                    b += moved
                else:
                    c = index[i2, m]
                    e = c + moved
            if c != e:
                change += _moved(residual, n, a, b, c, e)
            elif a != b:
                change += 2.0 * (residual[b] - residual[a] + 1.0 / n) / n
        if other and j2 != j:
            for t in range(layout.start[j2], layout.start[j2 + 1]):
                m = layout.having[t]
                if layout.bins[m, j] == 0:
                    a = index[i2, m]
                    b = a + _shift(table, layout, m, j2, i2, values[p, 1])
                    if a != b:
                        change += 2.0 * (residual[b] - residual[a] + 1.0 / n) / n
        changes[p] += change


@kernel
def move_row(
    table: Floats, index: Ints, counts: Ints, answers: Floats, residual: Floats, layout: Layout, place: int, value: float
) -> None:
    """Give one cell a new value in what is kept of the marginals: cells of rows, counts, residuals; not in the table."""
    n = table.shape[1]
    j, i = place // n, place % n
    for t in range(layout.start[j], layout.start[j + 1]):
        m = layout.having[t]
        a = index[i, m]
        b = a + _shift(table, layout, m, j, i, value)
        if a != b:
            index[i, m] = b
            counts[a] -= 1
            counts[b] += 1
            residual[a] = counts[a] / n - answers[a]
            residual[b] = counts[b] / n - answers[b]


@kernel
def half_space_values(scaled: Floats, weights: Floats, bound: Floats) -> Bytes:
    """Tell for ``[n, c]`` points in the unit cube which of ``m`` half-spaces they lie in, ``[n, m]``.

    ``weights`` is ``[c, m]``. Sums are taken column after column, so that a point has the same answers in any block.
    """
    n, m = len(scaled), len(bound)
    inside = np.empty((n, m), dtype=np.uint8)
    sums = np.empty(m)
    for i in range(n):
        sums[:] = 0.0
        for j in range(scaled.shape[1]):
            at = scaled[i, j]
            for q in range(m):
                sums[q] += weights[j, q] * at
        for q in range(m):
            inside[i, q] = sums[q] <= bound[q]
    return inside


@kernel
def prefix_values(scaled: Floats, columns: Ints, bound: Floats) -> Bytes:
    """Tell for ``[n, c]`` points which of ``m`` conjunctions of thresholds they keep, ``[n, m]``; the others are ``[m, w]``."""
    n, (m, way) = len(scaled), columns.shape
    inside = np.empty((n, m), dtype=np.uint8)
    for i in range(n):
        for q in range(m):
            kept = True
            for w in range(way):
                kept &= scaled[i, columns[q, w]] <= bound[q, w]
            inside[i, q] = kept
    return inside


@kernel
def changed_rows(table: Floats, places: Ints, values: Floats) -> tuple[Floats, Ints, Ints]:
    """Return the rows ``[R, d]`` that candidates make, the row ``[R]`` each stands for, and where each candidate's begin."""
    d, n = table.shape
    first = np.zeros(len(places) + 1, dtype=np.int64)
    rows = np.empty(2 * len(places), dtype=np.int64)
    cells = np.empty((2 * len(places), d))
    at = 0
    for p in range(len(places)):
        for c in range(2):
            place = places[p, c]
            if place < 0:
                continue
            j, i = place // n, place % n
            if c == 0 or rows[at - 1] != i:
                rows[at] = i
                for column in range(d):
                    cells[at, column] = table[column, i]
                at += 1
            cells[at - 1, j] = values[p, c]
        first[p + 1] = at
    return cells[:at], rows[:at], first


@kernel
def row_changes(fresh: NDArray[Any], held: NDArray[Any], rows: Ints, first: Ints, residual: Floats, changes: Floats) -> None:
    """Add to ``changes`` ``[P]`` what new answers ``[R, m]`` in place of those held ``[N, m]`` do to squared residuals."""
    n, m = held.shape
    for p in range(len(changes)):
        change = 0.0
        one, another = first[p], first[p + 1] - 1
        for q in range(m):
            moved = float(fresh[one, q]) - float(held[rows[one], q])
            if another > one:
                moved += float(fresh[another, q]) - float(held[rows[another], q])
            change += moved * (2.0 * residual[q] + moved / n)
        changes[p] += change / n
