"""The best local optima met, new designs made from them, and the design that another search wants climbed from."""

from __future__ import annotations

import numpy as np

from braess.search._moves import moves_from
from braess.search._variation import Variation
from braess.space import Designs, Space
from braess.space._vector import Floats

Key = tuple[float, float]  # violation, then objective to make small: smaller is better


class Elite:
    """At most ``size`` different designs, best first.

    Parameters
    ----------
    space
        What is decided.
    size
        Most designs kept.
    strength
        Changes that disturb a design.
    """

    def __init__(self, space: Space, size: int, strength: int) -> None:
        self._space = space
        self._size = size
        self._strength = strength
        self._members: list[tuple[Key, Floats]] = []
        self._start: Floats | None = None
        self._mixing = Variation(crossover=1.0, mutation=1.0, exchange=1.0, crossover_spread=15.0, mutation_spread=20.0)

    def __len__(self) -> int:
        """Number of designs kept."""
        return len(self._members)

    def add(self, key: Key, row: Floats) -> None:
        """Keep a flat design ``[width]`` if it is new and among the best."""
        if not any(np.array_equal(row, other) for _, other in self._members):
            self._members.append((key, row))
            self._members.sort(key=lambda member: member[0])
            del self._members[self._size :]

    @property
    def rows(self) -> Floats:
        """The flat designs ``[size, width]``, best first."""
        return np.array([row for _, row in self._members]).reshape(len(self._members), self._space.width)

    def give_start(self, row: Floats) -> None:
        """Have a flat design ``[width]`` climbed from next, in place of one given before and not taken."""
        self._start = row

    def next_start(self) -> Designs | None:
        """Return the design that was given, as a batch of one, once; ``None`` where there is none."""
        row, self._start = self._start, None
        return None if row is None else self._space.unflatten(row[None])

    def mixed(self, n: int, rng: np.random.Generator) -> Designs:
        """Return ``n`` mixtures of two different members; there must be two."""
        pairs = np.array([rng.permutation(len(self._members))[:2] for _ in range(n)])
        rows = self.rows
        return self._space.unflatten(self._mixing.offspring(self._space, rows[pairs[:, 0]], rows[pairs[:, 1]], rng))

    def disturbed(self, n: int, rng: np.random.Generator) -> Designs:
        """Return ``n`` members, each after ``strength`` random changes."""
        chosen = [self._members[int(rng.integers(len(self._members)))][1] for _ in range(n)]
        return self._space.concatenate([self._shake(row, rng) for row in chosen])

    def _shake(self, row: Floats, rng: np.random.Generator) -> Designs:
        design = self._space.unflatten(row[None])
        for _ in range(self._strength):
            matrix, mask = self._space.flatten(design)
            moves = moves_from(self._space, matrix[0], mask[0], limit=1, rng=rng)
            if len(moves) == 0:
                break
            design = self._space.unflatten(moves.apply(matrix[0]))
        return design
