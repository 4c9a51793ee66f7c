"""Candidates that differ from a table in one or two cells: the operators of `private-gsd`, compiled."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.kernels import kernel
from braess.space import Space

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

BINS = 32  # between quantiles of a column, as published
DRAWS = 5  # uniform numbers that a candidate takes


class Columns(NamedTuple):
    """What there is to know of the ``d`` columns of a table, each of ``n`` cells."""

    low: Floats
    """``[d]`` lowest value."""
    high: Floats
    """``[d]`` highest value."""
    whole: NDArray[np.bool_]
    """``[d]`` whether values are whole numbers."""
    often: Floats
    """``[d]`` sums of the shares in which columns are chosen: by the logarithm of how many values they have."""
    fine: Floats
    """``[d]`` the same among columns with an order and more values than quantiles; all 0 where there is none."""

    @property
    def available(self) -> tuple[int, ...]:
        """Which operators do something: there must be values to choose from, and columns fine enough."""
        return (0, 1, 2, 3) if self.fine[-1] > 0.0 else (0, 2, 3)


def columns_of(space: Space) -> Columns:
    """Read the columns from a space whose leaves are vectors of one size."""
    low, high = (ends.reshape(len(space.leaves), -1)[:, 0] for ends in space.bounds)
    kinds = [leaf.variable.kind for leaf in space.leaves]
    whole = np.array([kind != "real" for kind in kinds])
    weight = np.log(np.where(whole, high - low + 1.0, np.where(high > low, float(BINS), 1.0)))
    fine = np.where(np.array([kind in ("integer", "real") for kind in kinds]) & (weight >= np.log(BINS)), weight, 0.0)
    return Columns(low.copy(), high.copy(), whole, _cumulated(weight), _cumulated(fine))


def _cumulated(weight: Floats) -> Floats:
    total = weight.sum()
    return np.cumsum(weight) / total if total > 0.0 else np.zeros(len(weight))


@kernel
def quantiles(row: Floats, d: int) -> Floats:
    """Return the quantiles ``[d, BINS + 1]`` of the columns of a flat table."""
    n = len(row) // d
    edges = np.empty((d, BINS + 1))
    for j in range(d):
        ordered = np.sort(row[j * n : (j + 1) * n])
        for b in range(BINS + 1):
            edges[j, b] = ordered[(b * (n - 1)) // BINS]
    return edges


@kernel
def _chosen(sums: Floats, draw: float) -> int:
    """Return the first place at which a running sum of shares exceeds a uniform number."""
    for j in range(len(sums) - 1):
        if draw < sums[j]:
            return j
    last = len(sums) - 1
    while last > 0 and sums[last] == sums[last - 1]:  # a share of nothing
        last -= 1
    return last


@kernel
def _another(draw: float, n: int, i: int) -> int:
    """Return a whole number below n, other than i."""
    k = int(draw * (n - 1))
    return k + 1 if k >= i else k


@kernel
def _mutated(columns: Columns, j: int, now: float, draw: float) -> float:
    """Return another value of a column, uniformly."""
    low, high = float(columns.low[j]), float(columns.high[j])
    if not columns.whole[j]:
        return low + draw * (high - low)
    value = low + int(draw * (high - low))
    return value + 1.0 if value >= now and value < high else value


@kernel
def candidates(row: Floats, columns: Columns, edges: Floats, operator: int, draws: Floats) -> tuple[Ints, Floats]:
    """Return places and values ``[P, 2]`` of as many candidates of one operator, from uniform numbers ``[P, DRAWS]``.

    ``mutate``: another value, uniform among all. ``continuous``: uniform between two neighbouring quantiles (``edges``) of the
    column. ``cross``: one or two cells of a row get what stands in another row. ``swap``: two rows exchange a cell.
    """
    d = len(columns.low)
    n = len(row) // d
    places, values = np.full((len(draws), 2), -1, dtype=np.int64), np.zeros((len(draws), 2))
    for p in range(len(draws)):
        u = draws[p]
        i = int(u[0] * n)
        j = _chosen(columns.fine if operator == 1 else columns.often, u[1])
        place = j * n + i
        places[p, 0] = place
        if operator == 0:
            values[p, 0] = _mutated(columns, j, row[place], u[2])
        elif operator == 1:
            b = int(u[2] * BINS)
            value = edges[j, b] + u[3] * (edges[j, b + 1] - edges[j, b])
            values[p, 0] = np.rint(value) if columns.whole[j] else value
        elif operator == 2:
            k = _another(u[2], n, i)
            values[p, 0] = row[j * n + k]
            if d > 1 and u[3] < 0.5:
                c = _another(u[4], d, j)
                places[p, 1], values[p, 1] = c * n + i, row[c * n + k]
        else:
            k = _another(u[2], n, i)
            places[p, 1] = j * n + k
            values[p, 0], values[p, 1] = row[j * n + k], row[place]
    return places, values
