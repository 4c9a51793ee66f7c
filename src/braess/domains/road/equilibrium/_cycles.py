"""The cycles that used links close in their bushes (compiled): every way to move flow without emptying a link at once.

Where several used links enter a node of a bush, flow can move between the paths that come through them. With the link of
largest flow into each node as a tree, each other used link closes one cycle, and these cycles span all small movements of
the flows of that origin. Newton steps and derivatives of the equilibrium both live in their span.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium._bushes import view
from braess.domains.road.equilibrium._kernel import Bush, Bushes, Indices, Int64s
from braess.kernels import kernel, lean


class Cycles(NamedTuple):
    """Cycles of all bushes, by row. A positive amount moves flow onto the first members of a cycle, off the rest."""

    row: Int64s
    """``[rows + 1]`` first cycle of each row."""
    start: Int64s
    """``[cycles + 1]`` first member of each cycle."""
    middle: Int64s
    """``[cycles]`` end of the members that gain flow; the link that closes the cycle is the first of them."""
    entry: Indices
    """``[members]`` position in the packed bushes."""
    link: Indices
    """``[members]`` link of the network."""


@lean
def _plant(bush: Bush, parent: Indices) -> None:
    """Set ``parent`` to the entry of largest flow into each merge."""
    for place in bush.merge:
        best = bush.end[place - 1]
        for entry in range(best + 1, bush.end[place]):
            if bush.flow[entry] > bush.flow[best]:
                best = entry
        parent[place] = best


@lean
def _up(bush: Bush, parent: Indices, place: int) -> int:
    """Return the entry through which the tree reaches a position: the only one, or the largest into a merge."""
    first = int(bush.end[place - 1])
    return first if bush.end[place] == first + 1 else int(parent[place])


@lean
def _meeting(bush: Bush, parent: Indices, left: int, right: int) -> int:
    """Return the last position that the tree paths to two positions share."""
    while left != right:
        if left > right:
            left = bush.tail[_up(bush, parent, left)]
        else:
            right = bush.tail[_up(bush, parent, right)]
    return left


@lean
def _climb(bush: Bush, parent: Indices, place: int, top: int, first: int, entry: Indices, size: int) -> int:
    """Append the tree entries from a position back to ``top``; return the new size."""
    while place != top:
        up = _up(bush, parent, place)
        entry[size] = first + up
        size += 1
        place = bush.tail[up]
    return size


@kernel
def find_cycles(bushes: Bushes, parent: Indices) -> Cycles:
    """Find the cycles of all bushes; ``parent`` is working memory ``[nodes]``."""
    start, middle = np.zeros(65, np.int64), np.zeros(64, np.int64)
    member = np.zeros(512, np.uint32)
    row_start = np.zeros(bushes.node_start.size, np.int64)
    count = size = 0
    for row in range(bushes.node_start.size - 1):
        bush = view(bushes, row)
        first = bushes.link_start[row]
        _plant(bush, parent)
        for place in bush.merge:
            for entry in range(bush.end[place - 1], bush.end[place]):
                if entry == parent[place] or bush.flow[entry] <= 0.0:
                    continue
                if count == middle.size:
                    start = np.concatenate((start, np.zeros(count, np.int64)))
                    middle = np.concatenate((middle, np.zeros(count, np.int64)))
                if size + 2 * bush.node.size > member.size:
                    member = np.concatenate((member, np.zeros(size + 2 * bush.node.size, np.uint32)))
                top = _meeting(bush, parent, bush.tail[entry], place)
                member[size] = first + entry
                size = _climb(bush, parent, bush.tail[entry], top, first, member, size + 1)
                middle[count] = size
                size = _climb(bush, parent, place, top, first, member, size)
                count += 1
                start[count] = size
        row_start[row + 1] = count
    link = np.empty(size, np.uint32)
    for at in range(size):
        link[at] = bushes.link[member[at]]
    return Cycles(row_start, start[: count + 1], middle[:count], member[:size], link)
