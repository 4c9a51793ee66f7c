"""Constructions of generative flow networks: every design can be built, each way back leads to the start, counts are exact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="generative flow networks need the extra learn")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from braess.errors import InputError
from braess.learn.gflownet import AnyOrder, Construction, Edits, Increments, Ordered, construction_of, terminal_distribution
from braess.learn.gflownet.trajectories import backward, forward
from braess.space import Binary, Categorical, Choice, Integer, Permutation, Real, Repeat, Space, every_design

LETTERS = Categorical(options=("a", "b", "c"))
SPACES = {
    "letters": Space({"letter": Categorical(options=("a", "b", "c"), size=3)}),
    "order": Space({"order": Permutation(size=4), "first": Binary()}),
    "conditional": Space({"kind": Choice({"none": None, "some": Space({"x": LETTERS, "y": Binary()})}), "z": LETTERS}),
    "repeated": Space({"words": Repeat(Space({"letter": LETTERS, "more": Binary()}), 0, 2), "z": Binary()}),
    "many": Space({"number": Integer(low=-5, high=150), "switch": Binary()}),
}
GRID = Space({"cell": Integer(low=-1, high=4, size=2), "switch": Binary()})


class Uniform:
    """A policy that likes all legal actions the same."""

    def __init__(self, construction: Construction) -> None:
        self.construction = construction

    def log_policy(self, states: Any, condition: Any) -> Any:
        return self(None, self.construction.legal(states), None)

    def __call__(self, features: Any, legal: Any, owner: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.log(legal / legal.sum(axis=1, keepdims=True))


def constructions(space: Space) -> list[Construction]:
    return [Ordered(space), *([] if space.conditional or "permutation" in space.kinds else [AnyOrder(space)])]


@pytest.mark.parametrize("name", [*SPACES, "grid"])
def test_every_design_is_built_and_nothing_else(name: str) -> None:
    """The complete states must be the designs of the space, each once, and be drawn with probability 1 in all."""
    space = GRID if name == "grid" else SPACES[name]
    built = [Ordered(space)] if name == "many" else constructions(space)
    for construction in [*built, *([Increments(space)] if name == "grid" else [])]:
        states, chances = terminal_distribution(Uniform(construction))
        assert chances.sum() == pytest.approx(1.0)
        every = every_design(space)
        assert sorted(construction.designs(states).pack()) == sorted(every.pack())
        assert sorted(map(tuple, construction.states(every))) == sorted(map(tuple, states))


@pytest.mark.parametrize("name", [*SPACES, "grid"])
def test_ways_there_and_back(name: str) -> None:
    """Each step back must be one that an action there makes, and legal; what a policy reads must tell states apart."""
    space = GRID if name == "grid" else SPACES[name]
    rng = np.random.default_rng(0)
    for construction in [Ordered(space), *([Increments(space), AnyOrder(space)] if name == "grid" else [])]:
        ends = forward(construction, Uniform(construction), 40, explore=0.0, rng=rng).ends
        assert construction.complete(ends).all()
        assert not construction.legal(ends).any()
        states = ends
        while len(states := states[construction.parents(states).any(axis=1)]):
            actions = np.array([rng.choice(np.flatnonzero(row)) for row in construction.parents(states)])
            before = construction.undo(states, actions)
            assert construction.legal(before)[np.arange(len(before)), actions].all()
            assert np.array_equal(construction.act(before, actions), states)
            assert construction.features(before).shape == (len(before), construction.width)
            same = (before[:, None] == before[None]).all(axis=2)
            read = construction.features(before)
            assert np.array_equal(same, (read[:, None] == read[None]).all(axis=2))
            states = before
        assert not construction.parents(construction.start(3)).any()


def test_edits_change_known_designs() -> None:
    """Every design within two changes of a base must be built, and nothing else; no option that the number lacks is offered."""
    space = Space({"letters": Categorical(options=("a", "b"), size=3), "number": Integer(low=0, high=69)})
    bases = space.designs({"letters": np.array([[0, 0, 0], [1, 1, 1]]), "number": np.array([69, 5])})
    construction = Edits(space, bases, 2)
    states, chances = terminal_distribution(Uniform(construction))
    assert chances.sum() == pytest.approx(1.0)
    built = construction.designs(states)
    every = every_design(space)
    near = [_changes(every, base) for base in bases]
    wanted = every.take(((near[0] >= 1) & (near[0] <= 2)) | ((near[1] >= 1) & (near[1] <= 2)))
    assert {*wanted.pack()} == {*built.pack()}
    assert np.array_equal(construction.designs(construction.states(built)).pack(), built.pack())
    before = states
    while len(before := before[construction.parents(before).any(axis=1)]):
        actions = construction.parents(before).argmax(axis=1)
        earlier = construction.undo(before, actions)
        assert construction.legal(earlier)[np.arange(len(earlier)), actions].all()
        assert np.array_equal(construction.act(earlier, actions), before)
        before = earlier


def _changes(designs: Any, base: Any) -> Any:
    """Count the letters, and the digits to base 8, in which designs differ from one."""
    digits = [designs["number"] // 8**power % 8 != base["number"] // 8**power % 8 for power in range(3)]
    return (designs["letters"] != base["letters"]).sum(axis=1) + sum(digits)


def test_the_ways_to_a_design_are_counted() -> None:
    """Letters decided in any order have k! ways; a cell (i, j) has the binomial of i + j over i."""
    rng = np.random.default_rng(1)
    construction: Construction = AnyOrder(SPACES["letters"])
    ends = construction.states(every_design(SPACES["letters"]))
    np.testing.assert_allclose(backward(construction, ends, rng).log_backward, -math.log(math.factorial(3)))
    grid = Space({"cell": Integer(low=0, high=2, size=2)})
    construction = Increments(grid)
    end = np.repeat(construction.states(grid.designs({"cell": np.array([[2, 1]])})), 4000, axis=0)
    ways = backward(construction, end, rng)
    chances = np.exp(ways.log_backward)
    different = {tuple(ways.actions[ways.owner == row]): chance for row, chance in enumerate(chances)}
    assert len(different) == math.comb(3, 1)
    assert sum(different.values()) == pytest.approx(1.0)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8), st.integers(1, 4))
@settings(deadline=None)
def test_reals_are_built_to_their_digits(unit: list[float], digits: int) -> None:
    space = Space({"x": Real(low=-2.0, high=3.0), "y": Real(low=1e-3, high=1e3, log=True)})
    construction = Ordered(space, digits)
    designs = space.from_unit(np.array([unit, unit[::-1]]).T)
    again = construction.designs(construction.states(designs))
    assert np.abs(space.to_unit(again) - space.to_unit(designs)).max() <= 0.5 / 8**digits + 1e-9
    assert np.array_equal(construction.states(again), construction.states(designs))


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_ways_back_are_ways_a_policy_may_go(seed: int) -> None:
    """A replayed way must consist of legal steps, in an order that ends where it should."""
    rng = np.random.default_rng(seed)
    space = list(SPACES.values())[seed % len(SPACES)]
    construction = Ordered(space)
    ends = construction.states(space.sample(5, rng))
    ways = backward(construction, ends, rng)
    assert ways.legal[np.arange(len(ways.actions)), ways.actions].all()
    assert np.array_equal(ways.ends, ends)
    np.testing.assert_allclose(ways.log_backward, 0.0)


@pytest.mark.parametrize(
    ("name", "space", "message"),
    [
        ("any-order", SPACES["conditional"], "in order only"),
        ("any-order", SPACES["order"], "in order only"),
        ("any-order", SPACES["many"], "more than 64"),
        ("increments", SPACES["letters"], "found 'categorical'"),
        ("increments", Space({"x": Integer(low=0, high=5000)}), "too far"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, space: Space, message: str) -> None:
    with pytest.raises(InputError, match=message):
        construction_of(space, name)
