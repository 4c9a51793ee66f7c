"""The tree of a space: its leaves are the designs, histories lead there and back, halving changes neither."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_spaces import batches, spaces

from braess.errors import InputError
from braess.space import (
    Binary,
    Categorical,
    Choice,
    Designs,
    Integer,
    Permutation,
    Real,
    Repeat,
    Space,
    Tree,
    every_design,
)

_SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _leaves(tree: Tree) -> list[tuple[int, ...]]:
    """List the histories of all leaves, and make sure that each node has children to choose from."""
    found, open_ = [], [()]
    while open_:
        history = open_.pop()
        options = tree.walked(history).options
        assert options != 1
        if options == 0:
            found.append(history)
        open_ += [(*history, option) for option in range(options)]
    return found


@_SETTINGS
@given(spaces(), st.booleans())
def test_the_leaves_are_the_designs(space: Space, bisect: bool) -> None:
    """Going everywhere must meet each design once, restructured or not."""
    if space.cardinality <= 300 and "real" not in space.kinds:
        designs = Tree(space, bisect=bisect).designs(_leaves(Tree(space, bisect=bisect)))
        assert sorted(designs.hashes()) == sorted(every_design(space).hashes())


@_SETTINGS
@given(batches(), st.booleans())
def test_designs_and_back(designs: Designs, bisect: bool) -> None:
    """A history replayed must give the design, to the cell of its reals, and the same history again."""
    tree = Tree(designs.space, bisect=bisect, resolution=8)
    histories = tree.histories(designs)
    again = tree.designs(histories)
    assert tree.histories(again) == histories
    assert [tree.history(tree.decisions(history)) for history in histories] == histories
    for leaf in designs.space.leaves:
        if leaf.variable.kind != "real":
            assert np.array_equal(designs[leaf.path], again[leaf.path])
        else:
            active = designs.active[leaf.path]
            gap = np.abs(leaf.variable.to_unit(_columns(designs, leaf)) - leaf.variable.to_unit(_columns(again, leaf)))
            assert (gap[active] <= 0.5 / 8 + 1e-9).all()


def _columns(designs: Designs, leaf) -> np.ndarray:
    return designs[leaf.path].reshape(len(designs), leaf.variable.width)


def test_leaf_counts_of_a_program() -> None:
    """Hand-counted: parts in sequence multiply, options add, repeats are sums of powers, tied ones products."""
    conv = Space({"filters": Categorical(options=(16, 32, 64), ordered=True), "size": Categorical(options=(3, 5))})
    dropout = Choice.optional(Space({"keep": Categorical(options=(0.5, 0.9), ordered=True)}))
    block = Space({"conv": conv, "swapped": Binary(), "dropout": dropout})
    counted = {
        "sequence": (Space({"first": conv, "second": conv}), 6 * 6),
        "or": (Space({"c": Choice({"conv": conv, "pool": Space({"size": Integer(low=2, high=3)}), "none": None})}), 6 + 2 + 1),
        "repeat": (Space({"r": Repeat(conv, 0, 2)}), 1 + 6 + 36),
        "among": (Space({"r": Repeat(conv, 1, 3, among=(1, 3))}), 6 + 6**3),
        "tied": (Space({"r": Repeat(block, 1, 32, among=(1, 2, 4, 8, 16, 32), tied=True)}), 6 * (6 * 2 * 3)),
    }
    for space, count in counted.values():
        for bisect in (False, True):
            assert len(_leaves(Tree(space, bisect=bisect))) == count == space.cardinality


def test_halving_by_hand() -> None:
    """Of five values the middle is at two: the halves are two and three long, as in the paper."""
    tree = Tree(Space({"n": Integer(low=1, high=5)}), bisect=True)
    assert tree.walk().decision().options == ("1 to 2", "3 to 5")
    assert tree.walked([1]).decision().options == (3, "4 to 5")
    assert {history: int(tree.designs([history])["n"][0]) for history in sorted(_leaves(tree))} == {
        (0, 0): 1,
        (0, 1): 2,
        (1, 0): 3,
        (1, 1, 0): 4,
        (1, 1, 1): 5,
    }


def test_only_what_has_an_order_is_halved() -> None:
    """Options without an order have no neighbours to share with: they stay children of one node."""
    space = Space({"a": Categorical(options=("x", "y", "z")), "b": Categorical(options=(1, 2, 3), ordered=True)})
    tree = Tree(space, bisect=True)
    assert tree.walk().options == 3
    assert tree.walked([2]).options == 2
    assert Tree(space).walked([2]).options == 3


def test_permutations_by_what_is_left() -> None:
    """The second place has one option less, the last one none to choose from."""
    tree = Tree(Space({"order": Permutation(size=3, labels=("a", "b", "c"))}))
    assert tree.decisions([1, 1]) == [("order[a]", "b"), ("order[b]", "c")]
    assert tree.designs([[1, 1]])["order"].tolist() == [[1, 2, 0]]


def test_reals_by_halving_on_their_scale() -> None:
    """Four cells of three decades: middles at an eighth, three eighths, … of the exponent."""
    tree = Tree(Space({"rate": Real(low=1e-3, high=1.0, log=True)}), resolution=4)
    found = tree.designs(sorted(_leaves(tree)))["rate"]
    np.testing.assert_allclose(np.log10(found), [-2.625, -1.875, -1.125, -0.375])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda tree: tree.walked([2]), r"no such option \(found 2, expected a number below 2\)"),
        (lambda tree: tree.walked([0, 0, 0]), "no such option"),
        (lambda tree: tree.history([("n", 1)]), "n: not what is decided next"),
        (lambda tree: tree.history([("b", True), ("n", 4)]), r"n: no such option \(found 4, expected one of \[1, 2, 3\]\)"),
        (lambda tree: tree.designs([[1]]), "ends too early .*'n'"),
        (lambda tree: tree.walked([0, 0]).decision(), "nothing more to choose"),
        (lambda tree: Tree(Space({"x": Real(low=0, high=1)})), "resolution: a real variable has no finite tree"),
    ],
)
def test_impossible_histories(act, message: str) -> None:
    """A history of another space must be refused, not read askew."""
    tree = Tree(Space({"b": Binary(), "n": Integer(low=1, high=3)}))
    with pytest.raises(InputError, match=message):
        act(tree)
