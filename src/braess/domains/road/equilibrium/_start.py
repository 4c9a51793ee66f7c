"""The first bushes of a solve (compiled): shortest path trees, or the bushes of an earlier solve mended."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import label, load, merges, write
from braess.domains.road.equilibrium._bushes import GROWTH, claim, copy, no_bushes, room, view
from braess.domains.road.equilibrium._curve import price_all
from braess.domains.road.equilibrium._kernel import (
    Bools,
    Bush,
    Bushes,
    Floats,
    Graph,
    Indices,
    Scratch,
    Work,
    kernel,
    lean,
)
from braess.domains.road.equilibrium._path import search
from braess.domains.road.equilibrium._users import Task, curve_for, graph_for


@lean
def place_nodes(node: Indices, scratch: Scratch) -> None:
    """Set ``place`` to the position of each node in a list, and -1 for the others."""
    scratch.place[:] = -1
    for at in range(node.size):
        scratch.place[node[at]] = at


@lean
def set_demand(graph: Graph, trips: Floats, row: int, scratch: Scratch) -> None:
    """Set ``demand`` to the trips of one row by the node where they end."""
    scratch.demand[:] = 0.0
    for end in range(graph.zone.size):
        scratch.demand[graph.zone[end]] += trips[row, end]


@lean
def _still_right(graph: Graph, opened: Indices, closed: bool, old: Bush, scratch: Scratch) -> bool:
    """Whether an earlier bush has open links only and spans all that can be reached (``place`` is set to its own)."""
    if closed:
        for entry in range(old.link.size):
            if not graph.open[old.link[entry]]:
                return False
    if opened.size > 0:
        place_nodes(old.node, scratch)
    for at in range(opened.size):
        tail = graph.tail[opened[at]]
        before = scratch.place[tail]
        if before >= 0 > scratch.place[graph.head[opened[at]]] and (before == 0 or graph.through[tail]):
            return False
    return old.node.size > 0


@lean
def _mend(graph: Graph, cost: Floats, origin: int, old: Bush, scratch: Scratch) -> tuple[int, int]:
    """Choose the shortest path tree and every open link of the earlier bush that leads forward in its order.

    Returns
    -------
    Number of nodes (listed in ``order``) and of links (in ``chosen`` and ``weight``).
    """
    nodes = search(graph, cost, origin, scratch)
    place_nodes(scratch.order[:nodes], scratch)
    kept = 0
    for entry in range(old.link.size):
        link = old.link[entry]
        head = graph.head[link]
        if graph.open[link] and 0 <= scratch.place[graph.tail[link]] < scratch.place[head]:
            scratch.chosen[kept] = link
            scratch.weight[kept] = old.flow[entry]
            kept += 1
            if scratch.parent[head] == link:
                scratch.parent[head] = -1
    for at in range(1, nodes):
        link = scratch.parent[scratch.order[at]]
        if link >= 0:
            scratch.chosen[kept] = link
            scratch.weight[kept] = 0.0
            kept += 1
    return nodes, kept


@kernel
def _begin(
    graph: Graph,
    trips: Floats,
    row: int,
    old: Bushes,
    new: Bushes,
    at: int,
    opened: Indices,
    closed: bool,
    same: bool,
    work: Work,
) -> tuple[Bushes, bool]:
    """Write the bush of one row into row ``at`` of ``new``, behind those before; tell whether all its trips can be made."""
    cost, labels, scratch = work.links.cost, work.labels, work.scratch
    if not trips[row].any():
        return claim(new, at, 0, 0, 0, 0.0), True
    before = view(old, row)
    right = _still_right(graph, opened, closed, before, scratch)
    if right:
        new = claim(new, at, before.node.size, before.link.size, before.merge.size, GROWTH)
        copy(old, row, new, at)
        if same:
            return new, True
        place_nodes(before.node, scratch)
    set_demand(graph, trips, row, scratch)
    if not right:
        nodes, chosen = _mend(graph, cost, graph.origin[row], before, scratch)
        new = claim(new, at, nodes, chosen, merges(graph, scratch, nodes, chosen), GROWTH)
        room(new, at).node[:] = scratch.order[:nodes]
        write(graph, new, at, scratch, chosen)
    for node in range(graph.through.size):
        if scratch.demand[node] > 0.0 and scratch.place[node] < 0:
            return new, False
    bush = view(new, at)
    label(bush, cost, labels)
    load(bush, labels.lowest, scratch)
    return new, True


@kernel
def start(
    task: Task, old: Bushes, was_open: Bools, same: bool, first: int, last: int, weight: float, work: Work
) -> tuple[Bushes, bool]:
    """Build loaded bushes for the rows ``first`` to ``last`` at the link flows in ``work``.

    Without earlier bushes the trees are built one after the other, each at the costs that the flows before it cause; these
    count ``weight`` times, to stand for those of other rows that are built at the same time. Further parameters as in
    `solve`.

    Returns
    -------
    The bushes, the row ``first`` being theirs of number 0, and whether all trips can be made.
    """
    graph, users, links = task.graph, task.users, work.links
    cold = old.link.size == 0
    new = no_bushes(last - first)
    for user in range(users.start.size - 1):
        own_graph, own_curve = graph_for(graph, users, user), curve_for(task.curve, users, user)
        opened = np.flatnonzero(users.open[user] & ~was_open[user]).astype(np.uint32)
        closed = (was_open[user] & ~users.open[user]).any()
        price_all(own_curve, links)
        for row in range(max(first, users.start[user]), min(last, users.start[user + 1])):
            at = row - first
            new, possible = _begin(own_graph, task.trips, row, old, new, at, opened, closed, same, work)
            if not possible:
                return new, False
            if cold:
                bush = view(new, at)
                for entry in range(bush.link.size):
                    links.flow[bush.link[entry]] += weight * bush.flow[entry]
                price_all(own_curve, links)
    return new, True
