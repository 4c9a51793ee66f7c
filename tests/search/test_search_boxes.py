"""Boxes of a proof: they cover every design once, come back from arrays, and say when they are no tree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.problem import Bound
from braess.search.boxes import BoxTree
from braess.search.branching import Branching
from braess.space import Binary, Integer, Real, Space

SPACE = Space(
    {"built": Binary(size=3), "lanes": Integer(low=-1, high=2, size=2), "wide": Real(low=0.0, high=(4.0, 0.0), size=2)}
)


def _random_tree(seed: int) -> BoxTree:
    """Split random boxes at random places."""
    rng, tree, branching = np.random.default_rng(seed), BoxTree(), Branching(SPACE)
    open_boxes = [(0, *SPACE.bounds)]
    for _ in range(int(rng.integers(0, 30))):
        box, low, high = open_boxes.pop(int(rng.integers(len(open_boxes))))
        bound = Bound(0.0, low, high, rng.uniform(low, high))
        if not branching.open(bound).any():
            open_boxes.append((box, low, high))
            continue
        where = branching.choose(bound)
        parts = branching.halves(bound, *where)
        for number, corners in zip(tree.split(box, *where), parts, strict=True):
            tree.bounded(number, float(rng.normal()))
            open_boxes.append((number, *corners))
    return tree


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 100_000))
def test_every_design_lies_in_one_box(seed):
    tree = _random_tree(seed)
    leaves = BoxTree.of(tree.arrays()).leaves(SPACE)
    matrix, _ = SPACE.flatten(SPACE.sample(200, np.random.default_rng(seed)))
    inside = ((matrix[:, None] >= leaves.low) & (matrix[:, None] <= leaves.high)).all(axis=2)
    assert (inside.sum(axis=1) == 1).all()
    assert len(leaves.value) == (len(tree) + 1) // 2


def test_a_box_is_split_once():
    """What an interrupt left half done is done again at the same place."""
    tree = BoxTree()
    assert tree.where(0) is None
    assert tree.split(0, 1, 0.0) == (1, 2)
    assert tree.split(0, 2, 0.0) == (1, 2)
    assert tree.where(0) == (1, 0.0)
    assert len(tree) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"first": [1, -1]},
        {"first": [0, -1, -1]},
        {"first": [1, 1, -1]},
        {"first": [1, 0, -1]},
        {"value": [[0.0, 0.0, 0.0]]},
        {"value": []},
    ],
)
def test_arrays_that_are_no_tree(change):
    tree = BoxTree()
    tree.split(0, 1, 0.0)
    with pytest.raises(ValueError, match="boxes"):
        BoxTree.of(tree.arrays() | {name: np.array(values) for name, values in change.items()})


@pytest.mark.parametrize(("decision", "at"), [(7, 0.0), (-2, 0.0), (0, 1.0), (0, -1.0), (3, 2.0), (5, 4.5), (0, float("nan"))])
def test_a_split_outside_the_box(decision, at):
    tree = BoxTree()
    tree.split(0, decision, at)
    with pytest.raises(ValueError, match="cannot be split"):
        tree.leaves(SPACE)


def test_splits_go_where_they_gained_most():
    """Decisions that nothing is known of count as the others do on average."""
    branching = Branching(Space({"x": Binary(size=3)}))
    half = np.full(3, 0.5)
    whole = Bound(1.0, np.zeros(3), np.ones(3), half)

    def part(value: float) -> Bound:
        return Bound(value, np.zeros(3), np.ones(3), half)

    assert branching.choose(whole)[0] == 0
    branching.learn(whole, 1, (part(5.0), part(4.0)))
    branching.learn(whole, 0, (part(1.5), part(1.5)))
    assert branching.choose(whole) == (1, 0.0)
    branching.learn(whole, 2, (part(50.0), part(np.inf)))
    assert branching.choose(whole)[0] == 2


def test_whole_numbers_wait_for_others():
    bound = Bound(0.0, np.zeros(3), np.ones(3), np.array([1.0, 0.4, 0.0]))
    assert Branching(Space({"x": Binary(size=3)})).choose(bound) == (1, 0.0)
