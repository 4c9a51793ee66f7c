"""Bushes in a third to a sixth of their memory (compiled): what cannot be recomputed from the topology and the trips.

The links of a bush stand by the order of their heads, so they alone tell the nodes, their order, where paths merge and where
tails stand. Flows follow from the trips and the flows into merges.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium._bush import load
from braess.domains.road.equilibrium._bushes import packed, room, view
from braess.domains.road.equilibrium._kernel import (
    Bush,
    Bushes,
    Floats,
    Graph,
    Indices,
    Int64s,
    PackedBushes,
    Scratch,
    make_scratch,
)
from braess.domains.road.equilibrium._start import set_demand
from braess.kernels import kernel


class CompactBushes(NamedTuple):
    """The bushes of all rows, one after the other."""

    link_start: Int64s
    """``[rows + 1]`` first link of each bush."""
    flow_start: Int64s
    """``[rows + 1]`` first flow of each bush."""
    link: Indices
    """``[bush links]`` links in the order of the bush."""
    flow: Floats
    """``[flows]`` flows of the links into merges, in their order."""


@kernel
def compress(bushes: Bushes) -> tuple[Int64s, Int64s, Indices, Floats]:
    """Return the fields of the bushes' `CompactBushes` as a plain tuple."""
    rows = bushes.merge_count.size
    starts = np.zeros((2, rows + 1), np.int64)
    for row in range(rows):
        bush = view(bushes, row)
        into = 0
        for place in bush.merge:
            into += bush.end[place] - bush.end[place - 1]
        starts[0, row + 1] = starts[0, row] + bush.link.size
        starts[1, row + 1] = starts[1, row] + into
    link, flow = np.empty(starts[0, rows], np.uint32), np.empty(starts[1, rows])
    for row in range(rows):
        bush = view(bushes, row)
        link[starts[0, row] : starts[0, row + 1]] = bush.link
        at = starts[1, row]
        for place in bush.merge:
            for entry in range(bush.end[place - 1], bush.end[place]):
                flow[at] = bush.flow[entry]
                at += 1
    return starts[0], starts[1], link, flow


@kernel
def _measure(graph: Graph, link: Indices) -> tuple[int, int]:
    """Return how many nodes and merges a bush of these links has."""
    nodes, merges, into = 1, 0, 0
    for at in range(link.size):
        new = at == 0 or graph.head[link[at]] != graph.head[link[at - 1]]
        nodes += new
        into = 1 if new else into + 1
        merges += into == 2
    return (nodes, merges) if link.size > 0 else (0, 0)


@kernel
def _restore(graph: Graph, origin: int, link: Indices, flow: Floats, bush: Bush, scratch: Scratch) -> None:
    """Write a bush, with the flows into its merges."""
    place, first = scratch.place, scratch.order
    bush.node[0] = origin
    bush.end[0] = 0
    place[origin] = 0
    at = several = taken = 0
    for entry in range(link.size):
        head = graph.head[link[entry]]
        if entry == 0 or head != graph.head[link[entry - 1]]:
            at += 1
            bush.node[at] = head
            place[head] = at
            first[at] = entry
        elif entry == first[at] + 1:
            bush.merge[several] = at
            several += 1
        bush.end[at] = entry + 1
        bush.link[entry] = link[entry]
        bush.tail[entry] = place[graph.tail[link[entry]]]
        bush.flow[entry] = 0.0
    for position in bush.merge[:several]:
        for entry in range(bush.end[position - 1], bush.end[position]):
            bush.flow[entry] = flow[taken]
            taken += 1


@kernel
def expand(graph: Graph, trips: Floats, link_start: Int64s, flow_start: Int64s, link: Indices, flow: Floats) -> PackedBushes:
    """Return the bushes whose `CompactBushes` these are, for the trips ``[rows, zones]`` they carried."""
    scratch = make_scratch(graph.through.size, graph.tail.size)
    rows = link_start.size - 1
    node_start, merge_start, merge_count = np.zeros(rows + 1, np.int64), np.zeros(rows + 1, np.int64), np.zeros(rows, np.int64)
    for row in range(rows):
        nodes, merge_count[row] = _measure(graph, link[link_start[row] : link_start[row + 1]])
        node_start[row + 1] = node_start[row] + nodes
        merge_start[row + 1] = merge_start[row] + merge_count[row]
    bushes = Bushes(
        node_start,
        link_start.copy(),
        merge_start,
        merge_count,
        np.empty(node_start[rows], np.uint32),
        np.empty(node_start[rows], np.uint32),
        np.empty(link.size, np.uint32),
        np.empty(link.size, np.uint32),
        np.empty(link.size),
        np.empty(merge_start[rows], np.uint32),
    )
    for row in range(rows):
        if node_start[row + 1] > node_start[row]:
            own = link[link_start[row] : link_start[row + 1]]
            known = flow[flow_start[row] : flow_start[row + 1]]
            _restore(graph, graph.origin[row], own, known, room(bushes, row), scratch)
            set_demand(graph, trips, row, scratch)
            load(view(bushes, row), scratch.order, scratch)
    return packed(bushes)
