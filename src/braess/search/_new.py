"""Which designs were not met before, and where to find such."""

from __future__ import annotations

import numpy as np

from braess.space import Designs, Space, every_design

_LISTED = 10_000  # designs


def new_rows(designs: Designs, known: set[bytes]) -> Designs:
    """Return the designs that are not known, each once, and make them known."""
    rows = []
    for i, packed in enumerate(designs.pack()):
        if packed not in known:
            known.add(packed)
            rows.append(i)
    return designs.take(np.array(rows, dtype=np.int64))


def by_chance(space: Space, n: int, rng: np.random.Generator) -> Designs:
    """Draw ``n`` designs evenly; of a small space return all, in any order, so that whatever is new is among them."""
    if space.cardinality > _LISTED:
        return space.sample(n, rng)
    every = every_design(space)
    return every.take(rng.permutation(len(every)))
