"""A table to be filled so that means of products of its columns are as given: a problem that tells what few cells change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.problem import Objective
from braess.problem.evaluations import Floats
from braess.space import Binary, Categorical, Designs, Integer, Real, Space
from braess.testing.toys.base import Toy

_KINDS = ("a", "b", "c")
_COUNT = 40


class Census(Toy):
    """Fill a table of four columns so that the means of all products of two (and squares) are those of a hidden table.

    The hidden table has as many rows, so the least squared error is 0.

    Parameters
    ----------
    rows
        Of the table.
    seed
        Of the hidden table.
    """

    name = "census"
    objectives = (Objective("squared_error"),)
    goal = 0.0

    def __init__(self, rows: int = 30, seed: int = 0) -> None:
        self.rows = rows
        self.space = Space(
            {
                "count": Integer(low=0, high=_COUNT, size=rows),
                "share": Real(low=0.0, high=1.0, size=rows),
                "flag": Binary(size=rows),
                "kind": Categorical(options=_KINDS, size=rows),
            }
        )
        low, high = self.space.bounds
        self.scale = 1.0 / (high - low)
        hidden = self.space.sample(1, np.random.default_rng([seed, self.space.width]))  # no search begins with it
        self.means = self.products(self.space.flatten(hidden)[0])[0] / rows

    def products(self, matrix: Floats) -> Floats:
        """Return the sums over rows of products of two columns ``[n, 4, 4]``, of flat tables ``[n, width]``."""
        cells = (matrix * self.scale).reshape(len(matrix), 4, self.rows)
        sums: Floats = (cells[:, :, None] * cells[:, None]).sum(axis=-1)
        return sums

    def error(self, sums: Floats) -> Floats:
        """Return the squared error ``[n]`` of sums ``[n, 4, 4]``."""
        wrong: Floats = np.square(sums / self.rows - self.means).sum(axis=(1, 2))
        return wrong

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Compare all means at once."""
        matrix, _ = self.space.flatten(designs)
        return self.error(self.products(matrix))[:, None], np.empty((len(matrix), 0))

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Add up row by row."""
        kinds = [_KINDS.index(kind) / (len(_KINDS) - 1) for kind in row["kind"]]
        columns = [[count / _COUNT for count in row["count"]], row["share"], [float(flag) for flag in row["flag"]], kinds]
        total = 0.0
        for j, one in enumerate(columns):
            for k, other in enumerate(columns):
                mean = sum(a * b for a, b in zip(one, other, strict=True)) / self.rows
                total += (mean - float(self.means[j, k])) ** 2
        return [total], []

    def increments(self, row: Floats) -> CensusIncrements:
        """Begin at a flat design."""
        return CensusIncrements(self, row)


class CensusIncrements:
    """The sums of products of one table, kept up while cells change.

    Parameters
    ----------
    problem
        Which means are wanted.
    row
        ``[width]`` the flat table to begin with.
    """

    def __init__(self, problem: Census, row: Floats) -> None:
        self._problem = problem
        self.row = np.array(row, dtype=np.float64)
        self._sums = problem.products(self.row[None])
        self.value = float(problem.error(self._sums)[0])

    def changes(self, places: NDArray[np.int64], values: Floats) -> Floats:
        """Return by how much each of ``P`` candidates would change the error, ``[P]``."""
        return self._problem.error(self._sums + self._moved(places, values)) - self.value

    def apply(self, places: NDArray[np.int64], values: Floats) -> None:
        """Make one candidate the table."""
        self._sums = self._sums + self._moved(places[None], values[None])[0]
        self.row[places[places >= 0]] = values[places >= 0]
        self.value = float(self._problem.error(self._sums)[0])

    def _moved(self, places: NDArray[np.int64], values: Floats) -> Floats:
        """Return what candidates add to the sums, ``[P, 4, 4]``: the products of new rows less those of old ones."""
        n = self._problem.rows
        scaled = (self.row * self._problem.scale).reshape(4, n)
        chosen = np.where(places >= 0, places % n, places[:, :1] % n)
        old = scaled[:, chosen].transpose(1, 2, 0)  # [P, 2, 4]
        fresh = old.copy()
        for at in range(2):
            valid = np.flatnonzero(places[:, at] >= 0)
            column = places[valid, at] // n
            value = values[valid, at] * self._problem.scale[places[valid, at]]
            for row in range(2):
                here = chosen[valid, row] == chosen[valid, at]
                fresh[valid[here], row, column[here]] = value[here]
        counted = np.stack([np.ones(len(chosen)), chosen[:, 0] != chosen[:, 1]], axis=1)[:, :, None, None]
        products = fresh[..., :, None] * fresh[..., None, :] - old[..., :, None] * old[..., None, :]
        return np.asarray((counted * products).sum(axis=1))
