"""First populations of searches for fronts: from nothing chosen to everything, not all of them half full."""

from __future__ import annotations

import numpy as np

from braess.space import Designs, Space


def graded(space: Space, n: int, rng: np.random.Generator) -> Designs:
    """Draw ``n`` designs whose vectors of binaries are filled to different degrees.

    Uniform designs of many binaries are all about half full, and a front that trades cost for effect reaches from empty
    to full. The share of ones is 0 in the first design, 1 in the second and uniform in the others; all other variables
    are drawn uniformly.
    """
    share = rng.random(n)
    share[:2] = [0.0, 1.0][:n]
    drawn = space.sample(n, rng)
    arrays = dict(drawn.arrays)
    for leaf in space.leaves:
        if leaf.variable.kind == "binary" and leaf.variable.width > 1:
            arrays[leaf.path] = (rng.random((n, leaf.variable.width)) < share[:, None]).astype(np.int8)
    return space.designs(arrays)
