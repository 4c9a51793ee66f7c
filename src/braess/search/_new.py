"""Which designs were not met before, and where to find such."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from braess.space import Designs, Space, every_design

_LISTED = 10_000  # designs


def new_rows(designs: Designs, known: set[bytes], most: int | None = None) -> Designs:
    """Return the designs that are not known, each once and at most so many, and make them known."""
    rows: list[int] = []
    for i, packed in enumerate(designs.pack()):
        if len(rows) == most:
            break
        if packed not in known:
            known.add(packed)
            rows.append(i)
    return designs.take(np.array(rows, dtype=np.int64))


def new_designs(n: int, draw: Callable[[int], Designs], known: set[bytes], attempts: int) -> Designs:
    """Return at most ``n`` designs that are not known, and make them known.

    ``draw`` is called with 0, 1, … until there are enough, or there were as many attempts; it returns designs of which some may
    be new.
    """
    found = new_rows(draw(0), known, n)
    for attempt in range(1, attempts):
        if len(found) == n:
            break
        found = found.space.concatenate([found, new_rows(draw(attempt), known, n - len(found))])
    return found


def by_chance(space: Space, n: int, rng: np.random.Generator) -> Designs:
    """Draw ``n`` designs evenly; of a small space return all, in any order, so that whatever is new is among them."""
    if space.cardinality > _LISTED:
        return space.sample(n, rng)
    every = every_design(space)
    return every.take(rng.permutation(len(every)))
