"""Pairs of alternative segments (compiled): the cycles of many origins over the same links, taken together.

Origins that share congested links close the same cycles over and over. Their costs differ by the same amount, so their flows
can move as one; there are several times fewer pairs than cycles.

References
----------
Bar-Gera, H. (2010). Traffic assignment by paired alternative segments. Transportation Research Part B 44, 1022-1046.
doi:10.1016/j.trb.2009.11.004
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium._cycles import Cycles
from braess.domains.road.equilibrium._kernel import Bools, Floats, Indices, Int64s
from braess.kernels import kernel, lean

# Multiplier and start of the Fowler-Noll-Vo hash.
_PRIME, _OFFSET = 1099511628211, 14695981039346656037
_LEAST_TABLE = 64


class Pairs(NamedTuple):
    """Pairs of alternative segments, by user class. A positive amount moves flow onto the first segment, off the second."""

    user: Int64s
    """``[classes + 1]`` first pair of each class."""
    start: Int64s
    """``[pairs + 1]`` first link of each pair."""
    middle: Int64s
    """``[pairs]`` end of the links of its first segment."""
    link: Indices
    """``[members]`` link of the network."""
    first: Int64s
    """``[pairs + 1]`` first of the cycles of each pair."""
    cycle: Indices
    """``[cycles]`` the cycles, by pair."""
    turned: Bools
    """``[cycles]`` whether a cycle, numbered as they were found, gains on the second segment of its pair."""


@lean
def _member(cycles: Cycles, cycle: int, turned: bool, at: int) -> int:
    """Return the link at a place among those of a cycle, the second segment first if it is ``turned``."""
    first, middle, last = cycles.start[cycle], cycles.middle[cycle], cycles.start[cycle + 1]
    if not turned:
        return int(cycles.link[first + at])
    second = last - middle
    return int(cycles.link[middle + at if at < second else first + at - second])


@lean
def _hash(cycles: Cycles, cycle: int, turned: bool) -> int:
    """Return a number that equal cycles share, the same whichever segment comes first."""
    value = np.uint64(_OFFSET)
    for at in range(cycles.start[cycle + 1] - cycles.start[cycle]):
        value = (value ^ np.uint64(_member(cycles, cycle, turned, at))) * np.uint64(_PRIME)
    return int((value ^ (value >> np.uint64(32))) & np.uint64(0x7FFFFFFF))


@lean
def _gaining(cycles: Cycles, cycle: int, turned: bool) -> int:
    """Return how many links the first segment has."""
    return int(cycles.start[cycle + 1] - cycles.middle[cycle] if turned else cycles.middle[cycle] - cycles.start[cycle])


@lean
def _equal(cycles: Cycles, one: int, other: int, turned: Bools) -> bool:
    """Whether two cycles are the same pair of segments."""
    size = cycles.start[one + 1] - cycles.start[one]
    if size != cycles.start[other + 1] - cycles.start[other]:
        return False
    if _gaining(cycles, one, turned[one]) != _gaining(cycles, other, turned[other]):
        return False
    same = True
    for at in range(size):
        same = same and _member(cycles, one, turned[one], at) == _member(cycles, other, turned[other], at)
    return same


@lean
def _number(
    cycles: Cycles, first: int, last: int, pairs: int, table: Indices, turned: Bools, leader: Indices, pair: Indices
) -> int:
    """Number the pairs of the cycles ``first`` to ``last`` from ``pairs`` on; return the number after the last.

    Sets ``turned`` and ``pair`` of each cycle, and ``leader``, the first cycle of each pair. ``table`` holds zeros.
    """
    for cycle in range(first, last):
        turned[cycle] = cycles.link[cycles.start[cycle]] > cycles.link[cycles.middle[cycle]]
        slot = _hash(cycles, cycle, turned[cycle]) % table.size
        while table[slot] > 0 and not _equal(cycles, cycle, leader[table[slot] - 1], turned):
            slot = slot + 1 if slot + 1 < table.size else 0
        if table[slot] == 0:
            leader[pairs] = cycle
            pairs += 1
            table[slot] = pairs
        pair[cycle] = table[slot] - 1
    return pairs


@kernel
def pair_up(cycles: Cycles, rows: Int64s) -> Pairs:
    """Find the pairs among the cycles; ``rows`` ``[classes + 1]`` are the first rows of the user classes."""
    count = cycles.middle.size
    turned, leader, pair = np.empty(count, np.bool_), np.empty(count, np.uint32), np.empty(count, np.uint32)
    table = np.empty(max(2 * count, _LEAST_TABLE), np.uint32)
    user = np.zeros(rows.size, np.int64)
    for at in range(rows.size - 1):
        table[:] = 0
        user[at + 1] = _number(cycles, cycles.row[rows[at]], cycles.row[rows[at + 1]], user[at], table, turned, leader, pair)
    pairs = user[-1]
    start, middle = np.zeros(pairs + 1, np.int64), np.empty(pairs, np.int64)
    for at in range(pairs):
        lead = leader[at]
        middle[at] = start[at] + _gaining(cycles, lead, turned[lead])
        start[at + 1] = start[at] + cycles.start[lead + 1] - cycles.start[lead]
    link = np.empty(start[-1], np.uint32)
    for at in range(pairs):
        for member in range(start[at + 1] - start[at]):
            link[start[at] + member] = _member(cycles, leader[at], turned[leader[at]], member)
    first, order = np.zeros(pairs + 2, np.int64), np.empty(count, np.uint32)
    for cycle in range(count):
        first[pair[cycle] + 2] += 1
    for at in range(pairs):
        first[at + 2] += first[at + 1]
    for cycle in range(count):
        order[first[pair[cycle] + 1]] = cycle
        first[pair[cycle] + 1] += 1
    return Pairs(user, start, middle, link, first[: pairs + 1], order, turned)


@lean
def around(pairs: Pairs, values: Floats, result: Floats) -> None:
    """Set ``result`` ``[pairs]`` to the sum of link values along the first segments less that along the second."""
    for pair in range(pairs.middle.size):
        total = 0.0
        for at in range(pairs.start[pair], pairs.middle[pair]):
            total += values[pairs.link[at]]
        for at in range(pairs.middle[pair], pairs.start[pair + 1]):
            total -= values[pairs.link[at]]
        result[pair] = total


@lean
def spread_over(pairs: Pairs, amount: Floats, result: Floats) -> None:
    """Set ``result`` ``[links]`` to what the amounts ``[pairs]`` add to the flows."""
    for link in range(result.size):
        result[link] = 0.0
    for pair in range(pairs.middle.size):
        value = amount[pair]
        for at in range(pairs.start[pair], pairs.middle[pair]):
            result[pairs.link[at]] += value
        for at in range(pairs.middle[pair], pairs.start[pair + 1]):
            result[pairs.link[at]] -= value
