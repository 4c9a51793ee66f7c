"""Shortest paths in the whole network (compiled): a search from scratch, and the correction of good labels."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats, Graph, Indices, Int32s, Scratch
from braess.kernels import lean

# Where a node stands in the queue when it has left it for good.
_SETTLED = -2


@lean
def _rise(queue: Indices, slot: Int32s, key: Floats, at: int) -> None:
    node = queue[at]
    while at > 0:
        above = (at - 1) // 2
        if key[queue[above]] <= key[node]:
            break
        queue[at] = queue[above]
        slot[queue[at]] = at
        at = above
    queue[at] = node
    slot[node] = at


@lean
def _sink(queue: Indices, slot: Int32s, key: Floats, size: int) -> None:
    node = queue[0]
    at = 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and key[queue[below + 1]] < key[queue[below]]:
            below += 1
        if key[node] <= key[queue[below]]:
            break
        queue[at] = queue[below]
        slot[queue[at]] = at
        at = below
    queue[at] = node
    slot[node] = at


@lean
def _reach(graph: Graph, cost: Floats, node: int, scratch: Scratch, size: int) -> int:
    """Offer the paths through one settled node to its neighbours that are not; return the new size of the heap."""
    key, queue, slot = scratch.distance, scratch.queue, scratch.slot
    for entry in range(graph.out_start[node], graph.out_start[node + 1]):
        link = graph.out_link[entry]
        head = graph.head[link]
        value = key[node] + cost[link]
        if slot[head] != _SETTLED and graph.open[link] and value < key[head]:
            if slot[head] < 0:
                queue[size] = head
                slot[head] = size
                size += 1
            key[head] = value
            scratch.parent[head] = link
            _rise(queue, slot, key, slot[head])
    return size


@lean
def search(graph: Graph, cost: Floats, origin: int, scratch: Scratch) -> int:
    """Find the shortest paths from a node (Dijkstra with a binary heap).

    Fills ``distance``, ``parent`` and ``order`` of the scratch memory. Nodes without through traffic are reached, not
    passed; nothing leads back to the origin. A node is settled after the one before it on its path, also where costs
    are zero, so ``order`` is a topological order of the tree.

    Returns
    -------
    Number of nodes reached, the origin included.
    """
    scratch.distance[:] = np.inf
    scratch.distance[origin] = 0.0
    scratch.order[0] = origin
    return search_on(graph, cost, 1, scratch)


@lean
def search_on(graph: Graph, cost: Floats, settled: int, scratch: Scratch) -> int:
    """Do what `search` does where path costs to some nodes are given, which stay: the first ``settled`` of ``order``.

    The origin is foremost of them. Their costs stand in ``distance``, those of the others are infinite.
    """
    slot, queue = scratch.slot, scratch.queue
    slot[:] = -1
    scratch.parent[:] = -1
    for at in range(settled):
        slot[scratch.order[at]] = _SETTLED
    size = 0
    for at in range(settled):
        if at == 0 or graph.through[scratch.order[at]]:
            size = _reach(graph, cost, scratch.order[at], scratch, size)
    while size > 0:
        node = queue[0]
        slot[node] = _SETTLED
        scratch.order[settled] = node
        settled += 1
        size -= 1
        if size > 0:
            queue[0] = queue[size]
            _sink(queue, slot, scratch.distance, size)
        if graph.through[node]:
            size = _reach(graph, cost, node, scratch, size)
    slot[:] = -1
    return settled


@lean
def order_costs(graph: Graph, cost: Floats, scratch: Scratch) -> None:
    """Set ``out_cost`` to the costs of the links by tail, as `correct` reads them."""
    for entry in range(cost.size):
        link = graph.out_link[entry]
        scratch.out_cost[entry] = cost[link] if graph.open[link] else np.inf


@lean
def correct(graph: Graph, order: Indices, scratch: Scratch) -> bool:
    """Lower path costs that some path can beat until none is left: exact shortest path costs from good ones.

    ``distance`` holds the cost of some path to each node of ``order``, which starts with the origin and lists all nodes
    that can be reached; ``place`` holds their positions in it. One pass in this order finds nearly everything; nodes
    improved after their turn wait in a queue (a ring, first in first out).

    Returns
    -------
    Whether any cost was lowered.
    """
    queue, slot, distance, place = scratch.queue, scratch.slot, scratch.distance, scratch.place
    room = queue.size
    lowered = False
    front = size = 0
    for turn in range(order.size):
        node = order[turn]
        if not (graph.through[node] or turn == 0):
            continue
        base = distance[node]
        for entry in range(graph.out_start[node], graph.out_start[node + 1]):
            value = base + scratch.out_cost[entry]
            head = graph.out_head[entry]
            if value < distance[head]:
                distance[head] = value
                lowered = True
                if place[head] <= turn and slot[head] < 0:
                    queue[size] = head
                    slot[head] = size
                    size += 1
    while size > 0:
        node = queue[front]
        slot[node] = -1
        front = front + 1 if front + 1 < room else 0
        size -= 1
        if not (graph.through[node] or place[node] == 0):
            continue
        for entry in range(graph.out_start[node], graph.out_start[node + 1]):
            value = distance[node] + scratch.out_cost[entry]
            head = graph.out_head[entry]
            if value < distance[head]:
                distance[head] = value
                if slot[head] < 0:
                    last = front + size
                    last = last - room if last >= room else last
                    queue[last] = head
                    slot[head] = last
                    size += 1
    return lowered  # every node left the queue with slot -1, as the next call expects
