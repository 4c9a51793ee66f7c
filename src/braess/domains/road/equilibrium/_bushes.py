"""Where the bushes of all rows stand (compiled): one after the other, each with room to grow."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Bush, Bushes, Links, PackedBushes
from braess.kernels import kernel, lean, spliced

# Links and merges, as a share of its nodes, by which a bush can grow before all bushes have to move.
GROWTH = 0.125
_SOME_MORE = 128


@spliced
def view(bushes: Bushes, row: int) -> Bush:
    """Return the bush of one row (views, not copies)."""
    first, last = bushes.node_start[row], bushes.node_start[row + 1]
    start, low = bushes.link_start[row], bushes.merge_start[row]
    stop = start + bushes.end[last - 1] if last > first else start
    return Bush(
        bushes.node[first:last],
        bushes.end[first:last],
        bushes.link[start:stop],
        bushes.tail[start:stop],
        bushes.flow[start:stop],
        bushes.merge[low : low + bushes.merge_count[row]],
    )


@spliced
def room(bushes: Bushes, row: int) -> Bush:
    """Return all the memory that belongs to the bush of one row."""
    first, last = bushes.node_start[row], bushes.node_start[row + 1]
    start, stop = bushes.link_start[row], bushes.link_start[row + 1]
    low, high = bushes.merge_start[row], bushes.merge_start[row + 1]
    return Bush(
        bushes.node[first:last],
        bushes.end[first:last],
        bushes.link[start:stop],
        bushes.tail[start:stop],
        bushes.flow[start:stop],
        bushes.merge[low:high],
    )


@kernel
def no_bushes(rows: int) -> Bushes:
    """Return bushes of which none has a node."""
    none, starts = np.zeros(0, np.uint32), np.zeros((4, rows + 1), np.int64)
    return Bushes(starts[0], starts[1], starts[2], starts[3, :rows], none, none, none, none, np.zeros(0), none)


@kernel
def _wanted(count: int, nodes: int, growth: float) -> int:
    """Return how much room to keep for so many links or merges: that of a share of the nodes, and some more, to spare."""
    return count + int(growth * (nodes + _SOME_MORE))


@kernel
def claim(bushes: Bushes, row: int, nodes: int, links: int, merges: int, growth: float) -> Bushes:
    """Return bushes with room for one more bush after those before ``row``, grown by copying where needed."""
    node, end, link, tail, flow, merge = bushes.node, bushes.end, bushes.link, bushes.tail, bushes.flow, bushes.merge
    last = bushes.node_start[row] + nodes
    if last > node.size:
        node = np.concatenate((node, np.zeros(last, np.uint32)))
        end = np.concatenate((end, np.zeros(last, np.uint32)))
    bushes.node_start[row + 1] = last
    last = bushes.link_start[row] + _wanted(links, nodes, growth)
    if last > link.size:
        link = np.concatenate((link, np.zeros(last, np.uint32)))
        tail = np.concatenate((tail, np.zeros(last, np.uint32)))
        flow = np.concatenate((flow, np.zeros(last)))
    bushes.link_start[row + 1] = last
    last = bushes.merge_start[row] + _wanted(merges, nodes, growth)
    if last > merge.size:
        merge = np.concatenate((merge, np.zeros(last, np.uint32)))
    bushes.merge_start[row + 1] = last
    return Bushes(
        bushes.node_start,
        bushes.link_start,
        bushes.merge_start,
        bushes.merge_count,
        node,
        end,
        link,
        tail,
        flow,
        merge,
    )


@lean
def copy(bushes: Bushes, row: int, to: Bushes, at: int) -> None:
    """Copy the bush of one row into row ``at`` of others, which have room for it."""
    old, new = view(bushes, row), room(to, at)
    for place in range(old.node.size):
        new.node[place] = old.node[place]
        new.end[place] = old.end[place]
    for entry in range(old.link.size):
        new.link[entry] = old.link[entry]
        new.tail[entry] = old.tail[entry]
        new.flow[entry] = old.flow[entry]
    for merge in range(old.merge.size):
        new.merge[merge] = old.merge[merge]
    to.merge_count[at] = old.merge.size


@kernel
def repacked(bushes: Bushes, growth: float) -> Bushes:
    """Return a copy in which each bush has room to grow by a share (none at all for 0)."""
    rows = bushes.merge_count.size
    new = no_bushes(rows)
    for row in range(rows):
        bush = view(bushes, row)
        new.node_start[row + 1] = new.node_start[row] + bush.node.size
        new.link_start[row + 1] = new.link_start[row] + _wanted(bush.link.size, bush.node.size, growth)
        new.merge_start[row + 1] = new.merge_start[row] + _wanted(bush.merge.size, bush.node.size, growth)
    nodes, links, merges = new.node_start[-1], new.link_start[-1], new.merge_start[-1]
    new = Bushes(
        new.node_start,
        new.link_start,
        new.merge_start,
        new.merge_count,
        np.empty(nodes, np.uint32),
        np.empty(nodes, np.uint32),
        np.empty(links, np.uint32),
        np.empty(links, np.uint32),
        np.empty(links),
        np.empty(merges, np.uint32),
    )
    for row in range(rows):
        copy(bushes, row, new, row)
    return new


@kernel
def packed(bushes: Bushes) -> PackedBushes:
    """Return the fields as a plain tuple, to leave compiled code."""
    return (
        bushes.node_start,
        bushes.link_start,
        bushes.merge_start,
        bushes.merge_count,
        bushes.node,
        bushes.end,
        bushes.link,
        bushes.tail,
        bushes.flow,
        bushes.merge,
    )


@lean
def add_flows(bushes: Bushes, links: Links) -> None:
    """Set the flow of every link to the sum over the bushes."""
    links.flow[:] = 0.0
    for row in range(bushes.merge_count.size):
        bush = view(bushes, row)
        for entry in range(bush.link.size):
            links.flow[bush.link[entry]] += bush.flow[entry]
