"""What pairs of flips were seen to do beyond the sum of the two: a second-order picture of the objective."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.search._moves import Effects, Moves
from braess.space import Space
from braess.space._vector import Floats

_WIDEST = 3000  # columns beyond which no table is kept (72 MB)


class Interactions:
    """Learns the mixed second difference of the objective for pairs of binaries; exact where it is quadratic.

    Parameters
    ----------
    space
        What is decided.
    optimism
        Standard deviations of the known interactions by which an unknown one is expected to help.
    """

    def __init__(self, space: Space, optimism: float) -> None:
        self._binary = np.zeros(space.width, dtype=np.bool_)
        for leaf in space.leaves:
            self._binary[leaf.columns] = leaf.variable.kind == "binary"
        size = int(self._binary.sum())
        self._index = np.cumsum(self._binary) - 1
        self._table: Floats = np.full((size, size) if size <= _WIDEST else (0, 0), np.nan)
        self._exact = np.zeros_like(self._table, dtype=np.bool_)
        self._optimism = optimism
        self._count = 0
        self._squares = 0.0

    def expected(self, moves: Moves, row: Floats) -> Floats:
        """Return ``[k, k]`` by how much each pair of ``k`` changes of a row differs from the sum of the two."""
        known, steps = self._lookup(moves, row)
        extra = np.zeros((len(moves), len(moves)))
        spread = np.sqrt(self._squares / self._count) if self._count else 0.0
        block = self._table[np.ix_(self._index[moves.columns[known, 0]], self._index[moves.columns[known, 0]])]
        signed = block * np.outer(steps, steps)
        extra[np.ix_(known, known)] = np.where(np.isnan(signed), -self._optimism * spread, signed)
        return extra

    def learn(self, first: Moves, second: Moves, row: Floats, residuals: Floats) -> None:
        """Take the differences ``[p]`` between what pairs of changes of a row did and the sums of the two."""
        usable = self._flips(first) & self._flips(second) & np.isfinite(residuals)
        i, j = first.columns[usable, 0], second.columns[usable, 0]
        steps = (first.values[usable, 0] - row[i]) * (second.values[usable, 0] - row[j])
        a, b = self._index[i], self._index[j]
        self._table[a, b] = self._table[b, a] = residuals[usable] * steps
        self._exact[a, b] = self._exact[b, a] = True
        self._count += int(usable.sum())
        self._squares += float((residuals[usable] ** 2).sum())

    def revise(self, expected: Effects, measured: Effects, before: Floats, after: Floats) -> None:
        """Learn from the effects measured at the row ``after`` where those carried there from ``before`` were wrong.

        What was missing is shared among the interactions with the columns changed in between that are not known
        exactly (the least change that explains it, Kaczmarz 1937).
        """
        changed = np.flatnonzero(before != after)
        if not len(self._table) or len(changed) == 0 or not self._binary[changed].all():
            return
        guess, found = (self._by_column(effects.moves, effects.objective) for effects in (expected, measured))
        columns = np.flatnonzero(np.isfinite(guess) & np.isfinite(found) & (before == after))
        missing = (found - guess)[columns] * (1.0 - 2.0 * after[columns])
        steps = (after - before)[changed]
        block = np.ix_(self._index[columns], self._index[changed])
        open_entries = ~self._exact[block]
        shares = open_entries * steps / np.maximum(open_entries.sum(axis=1, keepdims=True), 1)
        self._table[block] = np.where(
            open_entries, np.nan_to_num(self._table[block]) + missing[:, None] * shares, self._table[block]
        )
        self._table[block[1].ravel()[:, None], block[0].ravel()] = self._table[block].T

    def unmeasured(self, effects: Effects, moves: Moves) -> NDArray[np.bool_]:
        """Tell which changes ``[k]`` are no flips with a known effect."""
        known = np.isfinite(self._by_column(effects.moves, effects.objective))
        return np.asarray(~(self._flips(moves) & known[moves.columns[:, 0]]))

    def _by_column(self, moves: Moves, numbers: Floats) -> Floats:
        values = np.full(len(self._binary), np.nan)
        flips = self._flips(moves)
        values[moves.columns[flips, 0]] = numbers[flips]
        return values

    def carried(self, effects: Effects, before: Floats, after: Floats) -> Effects:
        """Return the effects of changes of the row ``before`` as far as they are known for the row ``after``.

        Flips are corrected by the interactions, those of flipped columns turned around; others that touch a changed
        column are dropped.
        """
        changed = np.flatnonzero(before != after)
        flips = self._flips(effects.moves)
        if not len(self._table) or not self._binary[changed].all():
            return effects.take(~effects.moves.touches(before != after))
        moved, steps = self._index[changed], (after - before)[changed]
        known = np.flatnonzero(flips)
        columns = effects.moves.columns[known, 0]
        own = effects.moves.values[known, 0] - before[columns]
        extra = np.nan_to_num(self._table[np.ix_(self._index[columns], moved)])
        extra[self._index[columns][:, None] == moved] = 0.0
        objective, constraints = effects.objective.copy(), effects.constraints.copy()
        values = effects.moves.values.copy()
        objective[known] += own * (extra @ steps)
        turned = known[np.isin(columns, changed)]
        objective[turned] *= -1.0
        constraints[turned] *= -1.0
        values[turned] = before[effects.moves.columns[turned]]
        return Effects(Moves(effects.moves.columns, values), objective, constraints)

    def _flips(self, moves: Moves) -> NDArray[np.bool_]:
        single = moves.columns[:, 0] == moves.columns[:, 1]
        return np.asarray(single & self._binary[moves.columns[:, 0]] & (len(self._table) > 0))

    def _lookup(self, moves: Moves, row: Floats) -> tuple[NDArray[np.int64], Floats]:
        known = np.flatnonzero(self._flips(moves))
        return known, moves.values[known, 0] - row[moves.columns[known, 0]]
