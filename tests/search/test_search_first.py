"""First populations of searches for fronts."""

from __future__ import annotations

import numpy as np

from braess.search._first import graded
from braess.space import Binary, Choice, Integer, Space


def test_shares_reach_from_empty_to_full() -> None:
    """A front from cheap to dear starts from designs of every size, not only from half full ones."""
    space = Space({"lanes": Binary(size=200), "speed": Integer(low=1, high=9)})
    share = graded(space, 100, np.random.default_rng(0))["lanes"].mean(axis=1)
    assert share[:2].tolist() == [0.0, 1.0]
    assert np.histogram(share, bins=5, range=(0, 1))[0].min() >= 8


def test_designs_stay_canonical() -> None:
    """Binaries that a design does not decide must hold their default, or equal designs would differ."""
    space = Space({"kind": Choice({"none": None, "some": Space({"which": Binary(size=4)})})})
    designs = graded(space, 50, np.random.default_rng(1))
    undecided = ~designs.active["kind.some.which"]
    assert undecided.any()
    assert not designs["kind.some.which"][undecided].any()


def test_one_design_is_enough() -> None:
    """A population of one must not break on the two marked designs."""
    assert len(graded(Space({"x": Binary(size=3)}), 1, np.random.default_rng(2))) == 1
