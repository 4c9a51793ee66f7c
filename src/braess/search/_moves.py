"""Small changes of one design, what they were measured to do, and which of them promise most together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from braess.space import Leaf, Space
from braess.space._vector import Bools, Floats

Ints = NDArray[np.int64]

_ALL_VALUES = 9  # integers of at most so many values try each; others step by powers of two in both directions
_ROUNDING = 1e-9  # relative: sums of measured effects on a constraint are not exact


@dataclass(frozen=True, eq=False)
class Moves:
    """``k`` changes of one design: each sets two columns of the flat row (the same one twice for a single change).

    Parameters
    ----------
    columns
        ``[k, 2]`` columns.
    values
        ``[k, 2]`` what they are set to.
    """

    columns: Ints
    values: Floats

    def __len__(self) -> int:
        """Number of changes."""
        return len(self.columns)

    @property
    def parts(self) -> tuple[Ints, Floats]:
        """Columns and values."""
        return self.columns, self.values

    def take(self, rows: Ints | Bools) -> Moves:
        """Return some of the changes."""
        return Moves(self.columns[rows], self.values[rows])

    def apply(self, row: Floats) -> Floats:
        """Return ``[k, width]`` the flat row after each change."""
        matrix = np.tile(row, (len(self), 1))
        np.put_along_axis(matrix, self.columns, self.values, axis=1)
        return matrix

    def touches(self, columns: Bools) -> Bools:
        """Tell which changes set one of the columns marked in ``[width]``, ``[k]``."""
        return np.asarray(columns[self.columns].any(axis=1))


def moves_from(space: Space, row: Floats, active: Bools, limit: int, rng: np.random.Generator) -> Moves:
    """Return the single changes of a flat row ``[width]`` whose decided columns are marked in ``active``.

    Binaries flip, integers and categories take other values, items of permutations exchange places. Where there are
    more than ``limit``, as many are drawn.
    """
    columns, values = [np.empty((0, 2), dtype=np.int64)], [np.empty((0, 2))]
    for leaf in space.leaves:
        if active[leaf.start]:
            found = _exchanges(leaf, row) if leaf.variable.kind == "permutation" else _changes(leaf, row)
            columns.append(found[0])
            values.append(found[1])
    moves = Moves(np.concatenate(columns), np.concatenate(values))
    if len(moves) > limit:
        return moves.take(np.sort(rng.permutation(len(moves))[:limit]))
    return moves


def reversals(space: Space, row: Floats, active: Bools, limit: int, rng: np.random.Generator) -> Floats:
    """Return ``[r, width]`` the row with a stretch of a permutation turned around: two edges of a tour change (2-opt).

    Stretches of two are left to the exchanges; where there are more than ``limit``, as many are drawn.
    """
    rows = [np.empty((0, space.width))]
    for leaf in space.leaves:
        if leaf.variable.kind == "permutation" and active[leaf.start]:
            start, stop = np.triu_indices(leaf.variable.width, 2)
            drawn = np.sort(rng.permutation(len(start))[:limit])
            i, j, place = start[drawn, None], stop[drawn, None], np.arange(leaf.variable.width)
            source = np.where((place >= i) & (place <= j), i + j - place, place)
            turned = np.tile(row, (len(drawn), 1))
            turned[:, leaf.columns] = row[leaf.columns][source]
            rows.append(turned)
    return np.concatenate(rows)


def _exchanges(leaf: Leaf, row: Floats) -> tuple[Ints, Floats]:
    i, j = np.triu_indices(leaf.variable.width, 1)
    columns = np.stack([i, j], axis=1).astype(np.int64) + leaf.start
    return columns, row[columns[:, ::-1]]


def _changes(leaf: Leaf, row: Floats) -> tuple[Ints, Floats]:
    lows, highs = leaf.variable.bounds()
    columns, values = [], []
    for k, (low, high) in enumerate(zip(lows, highs, strict=True)):
        here = row[leaf.start + k]
        if high - low < _ALL_VALUES or leaf.variable.kind == "categorical":
            others = np.arange(low, high + 1)
        else:
            steps = 2.0 ** np.arange(int(np.log2(high - low)) + 1)
            others = np.concatenate([here - steps[::-1], here + steps])
        others = others[(others >= low) & (others <= high) & (others != here)]
        columns.append(np.full((len(others), 2), leaf.start + k, dtype=np.int64))
        values.append(np.stack([others, others], axis=1))
    return np.concatenate(columns), np.concatenate(values)


@dataclass(frozen=True, eq=False)
class Effects:
    """What single changes do to the objective and to the constraints of a design.

    Parameters
    ----------
    moves
        ``k`` changes.
    objective
        ``[k]`` differences of the objective (to make small).
    constraints
        ``[k, c]`` differences of the constraints.
    """

    moves: Moves
    objective: Floats
    constraints: Floats

    def __len__(self) -> int:
        """Number of changes."""
        return len(self.moves)

    def take(self, rows: Ints | Bools) -> Effects:
        """Return some of the changes."""
        return Effects(self.moves.take(rows), self.objective[rows], self.constraints[rows])

    def updated(self, other: Effects) -> Effects:
        """Return these effects, those of columns that ``other`` speaks of replaced by its own."""
        spoken = np.zeros(int(max(self.moves.columns.max(initial=0), other.moves.columns.max(initial=0))) + 1, dtype=np.bool_)
        spoken[other.moves.columns] = True
        kept = self.take(~self.moves.touches(spoken))
        moves = Moves(*(np.concatenate(parts) for parts in zip(kept.moves.parts, other.moves.parts, strict=True)))
        return Effects(
            moves,
            np.concatenate([kept.objective, other.objective]),
            np.concatenate([kept.constraints.reshape(len(kept), other.constraints.shape[1]), other.constraints]),
        )

    def shortlist(self, constraints: Floats, size: int) -> Effects:
        """Return the changes that promise most alone and those that lower the objective most, ``size`` at most.

        ``constraints`` ``[c]`` are those of the design.
        """
        if len(self) <= size:
            return self
        alone = np.lexsort([self.objective, self._violation(constraints + self.constraints)])
        freely = np.argsort(self.objective, kind="stable")
        both = np.stack([alone, freely], axis=1).ravel()
        _, first = np.unique(both, return_index=True)
        return self.take(np.sort(both[np.sort(first)][:size]))

    def pairs(self, constraints: Floats, extra: Floats) -> tuple[Ints, Floats, Floats]:
        """Predict all pairs of changes of different columns by adding up their effects.

        Parameters
        ----------
        constraints
            ``[c]`` those of the design.
        extra
            ``[k, k]`` expected difference of the objective beyond the sum.

        Returns
        -------
        tuple
            ``[p, 2]`` indices of the changes, best first, ``[p]`` predicted violations and ``[p]`` differences of the
            objective.
        """
        i, j = np.triu_indices(len(self), 1)
        columns = self.moves.columns
        apart = (columns[i][:, :, None] != columns[j][:, None, :]).all(axis=(1, 2))
        i, j = i[apart], j[apart]
        objective = self.objective[i] + self.objective[j] + extra[i, j]
        violation = self._violation(constraints + self.constraints[i] + self.constraints[j])
        order = np.lexsort([objective, violation])
        return np.stack([i, j], axis=1)[order], violation[order], objective[order]

    def leaps(self, row: Floats, constraints: Floats, pairs: Ints, count: int) -> Floats:
        """Return ``[l, width]`` rows that make the best one, two, … of the pairs at once, ``count`` at most.

        Pairs that touch a column already changed, that raise the objective or that would violate a constraint are
        passed over.
        """
        used = np.zeros(len(row), dtype=np.bool_)
        matrix, current, total = [], row.copy(), constraints.copy()
        for pair in pairs:
            both = self.moves.take(pair)
            change = self.constraints[pair].sum(axis=0)
            helps = self.objective[pair].sum() < 0 and self._violation((total + change)[None])[0] <= 0
            if helps and not used[both.columns].any():
                current[both.columns.ravel()] = both.values.ravel()
                used[both.columns.ravel()] = True
                total = total + change
                matrix.append(current.copy())
                if len(matrix) == count:
                    break
        return np.array(matrix).reshape(-1, len(row))

    def _violation(self, constraints: Floats) -> Floats:
        slack = _ROUNDING * np.abs(self.constraints).max(axis=0, initial=0.0)
        total: Floats = np.maximum(constraints - slack, 0.0).sum(axis=1)
        return total
