"""Pairs of alternative segments: the cycles that are alike, and no others, are taken together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, ClassAssignment, UserClass
from braess.domains.road.equilibrium._cycles import find_cycles
from braess.domains.road.equilibrium._pairs import around, pair_up, spread_over
from braess.domains.road.network import Demand


def _segments(items, at):
    """First and second segment of a pair or cycle."""
    start, middle, stop = items.start[at], items.middle[at], items.start[at + 1]
    return tuple(items.link[start:middle].tolist()), tuple(items.link[middle:stop].tolist())


def _check(cycles, pairs, rows):
    """Compare with a dictionary of the segments of each class."""
    assert sorted(pairs.cycle.tolist()) == list(range(cycles.middle.size))
    for user, (first, last) in enumerate(pairwise(rows)):
        wanted: dict[frozenset, set[int]] = {}
        for cycle in range(cycles.row[first], cycles.row[last]):
            wanted.setdefault(frozenset(_segments(cycles, cycle)), set()).add(cycle)
        found = {}
        for pair in range(pairs.user[user], pairs.user[user + 1]):
            own = pairs.cycle[pairs.first[pair] : pairs.first[pair + 1]].tolist()
            found[frozenset(_segments(pairs, pair))] = set(own)
            for cycle in own:
                onto, off = _segments(cycles, cycle)
                assert _segments(pairs, pair) == ((off, onto) if pairs.turned[cycle] else (onto, off))
        assert found == wanted


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim", "eastern-massachusetts"])
def test_alike_cycles_are_one_pair(name):
    """On real networks several origins share their pairs."""
    network, demand = load(name)
    bushes = Assignment(network, demand).solve().state.bushes
    cycles = find_cycles(bushes, np.zeros(network.nodes, np.uint32))
    pairs = pair_up(cycles, np.array([0, network.zones]))
    _check(cycles, pairs, [0, network.zones])
    assert pairs.middle.size < 0.8 * cycles.middle.size


def test_classes_keep_their_pairs_apart():
    """Classes pay differently on the same links."""
    network, demand = load("sioux-falls")
    half = Demand(0.5 * demand.matrix)
    bushes = ClassAssignment(network, [UserClass("a", half), UserClass("b", half)]).solve().state.bushes
    cycles = find_cycles(bushes, np.zeros(network.nodes, np.uint32))
    rows = np.array([0, network.zones, 2 * network.zones])
    pairs = pair_up(cycles, rows)
    _check(cycles, pairs, rows)
    assert 0 < pairs.user[1] < pairs.user[2]


def test_no_cycles_at_all(build):
    """A single road leaves no choice."""
    network, demand = build([(0, 1, 1.0, 1.0, 1.0, 1.0)], {(0, 1): 1.0}, nodes=2)
    cycles = find_cycles(Assignment(network, demand).solve().state.bushes, np.zeros(2, np.uint32))
    assert pair_up(cycles, np.array([0, 1])).middle.size == 0


def test_amounts_spread_and_sums_around_are_adjoint():
    """``<C a, v> = <a, C' v>``, and flow is conserved."""
    network, demand = load("sioux-falls")
    cycles = find_cycles(Assignment(network, demand).solve().state.bushes, np.zeros(network.nodes, np.uint32))
    pairs = pair_up(cycles, np.array([0, network.zones]))
    rng = np.random.default_rng(0)
    amount, values = rng.normal(size=pairs.middle.size), rng.normal(size=network.links)
    change, sums = np.zeros(network.links), np.zeros(pairs.middle.size)
    spread_over(pairs, amount, change)
    around(pairs, values, sums)
    assert change @ values == pytest.approx(amount @ sums)
    balance = np.zeros(network.nodes)
    np.add.at(balance, network.tail, change)
    np.add.at(balance, network.head, -change)
    np.testing.assert_allclose(balance, 0.0, atol=1e-12)
