"""Sampling, cardinality and activity: bounds kept, uniform, counted right, decided where the conditions say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_spaces import spaces
from scipy.stats import chisquare, kstest

from braess.space import Binary, Categorical, Choice, Integer, Permutation, Real, Repeat, Space, every_design
from braess.testing import Cells

_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_SETTINGS
@given(spaces(), st.integers(0, 2**32 - 1))
def test_samples_are_designs(space: Space, seed: int) -> None:
    """What is drawn must be valid and canonical: built again with every check it is the same."""
    designs = space.sample(5, np.random.default_rng(seed))
    assert space.designs(designs.arrays).same_as(designs).all()
    assert designs.same_as(space.sample(5, np.random.default_rng(seed))).all()


@_SETTINGS
@given(spaces())
def test_cardinality_is_the_number_of_designs(space: Space) -> None:
    """The formula must agree with listing them all, conditional parts included."""
    if space.cardinality <= 2000:
        keys = every_design(space).hashes()
        assert len(keys) == len(set(keys)) == space.cardinality


def test_cardinality_of_known_spaces() -> None:
    """Hand-counted: products, sums over options, powers over repetitions, factorials, infinity."""
    inner = Space({"k": Integer(low=1, high=3)})
    assert Space({"c": Choice({"none": None, "one": inner, "two": inner})}).cardinality == 7
    assert Space({"r": Repeat(inner, 0, 3)}).cardinality == 1 + 3 + 9 + 27
    assert Space({"r": Repeat(inner, 0, 8, among=(0, 2, 8))}).cardinality == 1 + 3**2 + 3**8
    assert Space({"r": Repeat(inner, 0, 3, tied=True)}).cardinality == 1 + 3 * 3
    assert Space({"r": Repeat(inner, 1, 32, among=(1, 2, 32), tied=True)}).cardinality == 3 * 3
    assert Space({"s": inner, "o": Choice.optional(inner)}).cardinality == 3 * (1 + 3)
    assert Space({"r": Repeat(Space({"b": Binary(size=900)}), 1, 2)}).cardinality == math.inf
    assert Space({"p": Permutation(size=5), "b": Binary(size=2)}).cardinality == 480
    assert Space({"x": Real(low=0, high=1)}).cardinality == math.inf
    assert Space({"x": Real(low=1, high=1)}).cardinality == 1
    assert Space({"b": Binary(size=5000)}).cardinality == math.inf
    assert Space({}).cardinality == 1


@pytest.mark.parametrize(
    "space",
    [
        Space({"b": Binary(size=3)}),
        Space({"i": Integer(low=-1, high=1), "c": Categorical(options=("x", "y", "z"))}),
        Space({"p": Permutation(size=4)}),
    ],
    ids=["binary", "integer and categorical", "permutation"],
)
def test_small_spaces_are_sampled_uniformly(space: Space) -> None:
    """Each design must come equally often: a chi-square test that an honest sampler fails once in ten thousand."""
    packed = space.sample(6000, np.random.default_rng(0)).pack()
    _, counts = np.unique(np.array(packed), return_counts=True)
    assert len(counts) == space.cardinality
    assert chisquare(counts).pvalue > 1e-4


@_SETTINGS
@given(spaces())
def test_logarithm_counts_as_the_cardinality_does(space: Space) -> None:
    """Two counts of one number of designs must agree, and the logarithm must stay finite where the number is not."""
    assert math.isfinite(space.log_number)
    if space.cardinality < math.inf and "real" not in space.kinds:
        assert space.log_number == pytest.approx(math.log(space.cardinality))


_BRANCHES = Space(
    {
        "operation": Choice(
            {
                "none": None,
                "conv": Space(
                    {"kernel": Integer(low=1, high=5), "again": Choice.optional(Space({"k": Integer(low=1, high=3)}))}
                ),
            }
        ),
        "layers": Repeat(Space({"width": Binary()}), 0, 2),
        "alike": Repeat(Space({"width": Categorical(options=(1, 2, 4))}), 0, 4, among=(0, 1, 4), tied=True),
    }
)


def test_conditional_spaces_are_sampled_uniformly_over_designs() -> None:
    """Branches with more designs must come as often as their designs say: 1,029 designs, each equally likely."""
    drawn = _BRANCHES.sample(40_000, np.random.default_rng(0), over="designs")
    _, counts = np.unique(np.array(drawn.pack()), return_counts=True)
    assert len(counts) == _BRANCHES.cardinality == (1 + 5 * 4) * 7 * 7
    assert chisquare(counts).pvalue > 1e-4


def test_conditional_spaces_are_sampled_uniformly_over_variables() -> None:
    """Each choice must be uniform among its options, however many designs they open."""
    drawn = _BRANCHES.sample(6000, np.random.default_rng(1))
    for path in ("operation", "layers", "alike"):
        assert chisquare(np.unique(drawn[path], return_counts=True)[1]).pvalue > 1e-4


def test_a_tied_repeat_decides_once() -> None:
    """Where there is a repetition, its decisions are there once; without one they are not, and no number tells more."""
    space = Space({"r": Repeat(Space({"k": Integer(low=1, high=3)}), 0, 8, among=(0, 2, 8), tied=True)})
    designs = space.from_rows([{"r": 0}, {"r": 2, "r.each.k": 3}, {"r": 8, "r.each.k": 1}])
    assert designs["r"].tolist() == [0, 1, 2]
    assert designs.active["r.each.k"].tolist() == [False, True, True]
    assert not Space({"r": Repeat(space, 1, 4, tied=True)}).leaf("r.each.r").condition


def test_reals_are_uniform_on_their_scale() -> None:
    """Plain ones are uniform between the bounds, logarithmic ones in the exponent, elements between their own bounds."""
    space = Space(
        {"x": Real(low=-3, high=5), "y": Real(low=1e-3, high=1e3, log=True), "z": Real(low=(0, 10), high=(1, 30), size=2)}
    )
    drawn = space.sample(4000, np.random.default_rng(1))
    assert kstest((drawn["x"] + 3) / 8, "uniform").pvalue > 1e-4
    assert kstest((np.log10(drawn["y"]) + 3) / 6, "uniform").pvalue > 1e-4
    assert kstest((drawn["z"][:, 1] - 10) / 20, "uniform").pvalue > 1e-4


@_SETTINGS
@given(spaces(), st.integers(0, 2**32 - 1))
def test_activity_follows_the_conditions(space: Space, seed: int) -> None:
    """A leaf is decided exactly where its parent is decided and open to it; checked design by design, leaf by leaf."""
    designs = space.sample(4, np.random.default_rng(seed))
    active = designs.active
    for i, leaf in itertools.product(range(4), space.leaves):
        decided, here = True, leaf
        while here.condition is not None:
            decided &= here.condition.low <= int(designs[here.condition.parent][i]) <= here.condition.high
            here = space.leaf(here.condition.parent)
        assert active[leaf.path][i] == decided
        assert (leaf.path in designs.rows()[i]) == decided


def test_activity_of_a_known_design() -> None:
    """Hand-written: a convolution with two layers decides its kernel and two widths, not the pool's reach."""
    space = Cells().space
    row = {"operation": "conv", "operation.conv.kernel": 2, "operation.conv.pad": True, "layers": 2}
    design = space.from_rows([row | {"layers.0.width": 3, "layers.1.width": 4}])
    decided = [path for path, active in design.active.items() if active[0]]
    assert decided == [*row, "layers.0.width", "layers.1.width"]
    assert design["layers.2.width"][0] == 1
