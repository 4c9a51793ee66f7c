"""What a few changed cells of a table do to its squared distance from noisy answers, without asking all queries again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.tabular._kernel import (
    Floats,
    Ints,
    changed_rows,
    marginal_changes,
    move_row,
    place_rows,
    row_changes,
)
from braess.domains.tabular.measuring import Measurement
from braess.domains.tabular.workloads import Marginal, RowWorkload, layout_of


class TableIncrements:
    """A table with the residuals of its answers, kept up while cells change.

    Counts are whole numbers, and residuals are computed from them anew: rounding does not add up however many cells change
    (for queries of the user, whose values are any numbers, it is that of a sum).

    Parameters
    ----------
    measurements
        What is fitted.
    row
        ``[d * N']`` flat table to begin with, column after column.
    columns
        ``d``.
    """

    def __init__(self, measurements: Sequence[Measurement], row: Floats, columns: int) -> None:
        self.row = np.array(row, dtype=np.float64)
        self._table = self.row.reshape(columns, -1)
        marginals = [found for found in measurements if isinstance(found.workload, Marginal)]
        self._cells = _Cells(marginals, self._table) if marginals else None
        others = [found for found in measurements if isinstance(found.workload, RowWorkload)]
        self._rows = [_Rows(found, found.workload, self._table) for found in others if isinstance(found.workload, RowWorkload)]
        self.value = self._recomputed()

    def changes(self, places: Ints, values: Floats) -> Floats:
        """Return by how much each candidate ``[P, 2]`` changes the objective, ``[P]``."""
        found = np.zeros(len(places))
        if self._cells is not None:
            cells = self._cells
            marginal_changes(self._table, cells.index, cells.residual, cells.layout, places, values, found)
        if self._rows:
            fresh, rows, first = changed_rows(self._table, places, values)
            for part in self._rows:
                row_changes(part.workload.values(fresh), part.held, rows, first, part.residual, found)
        return found

    def apply(self, places: Ints, values: Floats) -> None:
        """Make one candidate ``[2]`` the table."""
        self.value += float(self.changes(places[None], values[None])[0])
        for place, value in zip(places.tolist(), values.tolist(), strict=True):
            if place < 0:
                continue
            if self._cells is not None:
                cells = self._cells
                move_row(self._table, cells.index, cells.counts, cells.answers, cells.residual, cells.layout, place, value)
            self.row[place] = value
        if self._rows:
            changed = np.unique(places[places >= 0] % self._table.shape[1])
            for part in self._rows:
                part.replace(changed, np.ascontiguousarray(self._table[:, changed].T))

    def _recomputed(self) -> float:
        parts = [part.residual for part in self._rows]
        if self._cells is not None:
            parts.append(self._cells.residual)
        return squares(parts)


class _Cells:
    """Counts and residuals of all marginals, cell by cell."""

    def __init__(self, measurements: Sequence[Measurement], table: Floats) -> None:
        workloads = [found.workload for found in measurements if isinstance(found.workload, Marginal)]
        self.layout = layout_of(workloads, workloads[0].domain)
        self.answers = np.concatenate([found.answers for found in measurements])
        self.index = place_rows(table, self.layout)
        self.counts: Ints = np.bincount(self.index.ravel(), minlength=len(self.answers)).astype(np.int64)
        self.residual: Floats = self.counts / table.shape[1] - self.answers


class _Rows:
    """What each row adds to the sums of a workload, and the residuals."""

    def __init__(self, measurement: Measurement, workload: RowWorkload, table: Floats) -> None:
        self.workload = workload
        self.held: NDArray[Any] = workload.values(np.ascontiguousarray(table.T))
        self._answers = measurement.answers
        self._total: Floats = self.held.sum(axis=0, dtype=np.float64)
        self.residual: Floats = self._total / len(self.held) - self._answers

    def replace(self, rows: Ints, cells: Floats) -> None:
        """Take the new cells ``[r, d]`` of some rows."""
        fresh = self.workload.values(cells)
        self._total += fresh.sum(axis=0, dtype=np.float64) - self.held[rows].sum(axis=0, dtype=np.float64)
        self.held[rows] = fresh
        self.residual = self._total / len(self.held) - self._answers


def squares(residuals: Sequence[Floats]) -> float:
    """Return the sum of squares of all residuals."""
    return float(sum(np.square(residual).sum() for residual in residuals))
