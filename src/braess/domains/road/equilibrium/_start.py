"""The first bushes of a solve (compiled): shortest path trees, or the bushes of an earlier solve mended."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import label, load, merges, write
from braess.domains.road.equilibrium._bushes import GROWTH, claim, copy, no_bushes, room, view
from braess.domains.road.equilibrium._curve import price_all
from braess.domains.road.equilibrium._kernel import Bools, Bush, Bushes, Floats, Graph, Indices, Scratch, Work
from braess.domains.road.equilibrium._path import search, search_on
from braess.domains.road.equilibrium._users import Task, curve_for, graph_for
from braess.kernels import kernel, lean


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
def _reaches_more(graph: Graph, opened: Indices, old: Bush, scratch: Scratch) -> bool:
    """Whether opened links lead to nodes that an earlier bush does not span (sets ``place`` to its own where any opened)."""
    if opened.size > 0:
        place_nodes(old.node, scratch)
    for at in range(opened.size):
        tail = graph.tail[opened[at]]
        before = scratch.place[tail]
        if before >= 0 > scratch.place[graph.head[opened[at]]] and (before == 0 or graph.through[tail]):
            return True
    return old.node.size == 0


@lean
def _closed_links(graph: Graph, bush: Bush) -> int:
    """Return how many links of a bush are closed."""
    count = 0
    for entry in range(bush.link.size):
        count += not graph.open[bush.link[entry]]
    return count


@lean
def _surviving(graph: Graph, cost: Floats, origin: int, old: Bush, scratch: Scratch) -> int:
    """List in ``order`` the nodes that open links of an earlier bush still reach, with what that costs in ``distance``.

    Returns
    -------
    Their number.
    """
    distance, count = scratch.distance, 1
    distance[:] = np.inf
    distance[origin] = 0.0
    scratch.order[0] = origin
    for place in range(1, old.node.size):
        least = np.inf
        for entry in range(old.end[place - 1], old.end[place]):
            if graph.open[old.link[entry]]:
                least = min(least, distance[old.node[old.tail[entry]]] + cost[old.link[entry]])
        if least < np.inf:
            distance[old.node[place]] = least
            scratch.order[count] = old.node[place]
            count += 1
    return count


@lean
def _mend(graph: Graph, cost: Floats, origin: int, old: Bush, more: bool, scratch: Scratch) -> tuple[int, int]:
    """Choose the open links of an earlier bush, and shortest paths to the nodes that they do not reach.

    These nodes come last. With ``more`` to be reached than before, all nodes are taken for such: they come in the order of
    shortest paths. Links of the earlier bush that lead backward are left out.

    Returns
    -------
    Number of nodes (listed in ``order``) and of links (in ``chosen`` and ``weight``).
    """
    if more:
        nodes = search(graph, cost, origin, scratch)
    else:
        nodes = search_on(graph, cost, _surviving(graph, cost, origin, old, scratch), scratch)
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
    more = _reaches_more(graph, opened, before, scratch)
    right = not more and not (closed and _closed_links(graph, before) > 0)
    if right:
        new = claim(new, at, before.node.size, before.link.size, before.merge.size, GROWTH)
        copy(old, row, new, at)
        if same:
            return new, True
        place_nodes(before.node, scratch)
    set_demand(graph, trips, row, scratch)
    if not right:
        nodes, chosen = _mend(graph, cost, graph.origin[row], before, more, scratch)
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
