"""The equilibrium solver (compiled): start bushes, then improve and equilibrate them in turn."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import (
    add_flows,
    claim,
    copy,
    extend,
    label,
    load,
    merges,
    prune,
    reorder,
    trimmed,
    view,
    write,
)
from braess.domains.road.equilibrium._curve import Curve, price, price_all
from braess.domains.road.equilibrium._kernel import (
    Bools,
    Bush,
    Bushes,
    Floats,
    Graph,
    Int32s,
    Labels,
    Links,
    PackedBushes,
    Scratch,
    kernel,
    make_labels,
    make_scratch,
)
from braess.domains.road.equilibrium._newton import newton
from braess.domains.road.equilibrium._path import correct, order_costs
from braess.domains.road.equilibrium._shift import shift
from braess.domains.road.equilibrium._start import place_nodes, set_demand, start
from braess.domains.road.equilibrium._users import Users, curve_for, graph_for

REACHED, STALLED, EXHAUSTED, UNREACHABLE = 0, 1, 2, 3

# Sweeps over all bushes before each Newton step.
_SWEEPS = 3
# Progress has stalled when this many iterations have not brought the gap below this share of the best before them.
_PATIENCE = 40
_PROGRESS = 0.9


@kernel
def _detours(bush: Bush, place: int, cost: Floats, distance: Floats) -> float:
    """Return the flow into one position times its detour."""
    least = distance[bush.node[place]]
    total = 0.0
    for entry in range(bush.end[place - 1], bush.end[place]):
        if bush.flow[entry] > 0.0:
            total += bush.flow[entry] * (distance[bush.node[bush.tail[entry]]] + cost[bush.link[entry]] - least)
    return total


@kernel
def _excess(graph: Graph, bush: Bush, cost: Floats, labels: Labels, scratch: Scratch) -> tuple[float, bool]:
    """Measure the flow of one bush times its detour: cost from the tail's shortest path on, above the head's shortest path.

    Sums reduced costs instead of subtracting two large totals, so that nothing cancels. Fills ``place`` and ``distance``.

    Returns
    -------
    The sum, and whether the network has a shorter path to some node than the bush.
    """
    nodes = bush.node.size
    place_nodes(bush.node, scratch)
    scratch.distance[:] = np.inf
    for at in range(nodes):
        scratch.distance[bush.node[at]] = labels.low[at]
    shorter = correct(graph, bush.node, scratch)
    excess = 0.0
    if shorter:
        for place in range(1, nodes):
            excess += _detours(bush, place, cost, scratch.distance)
    else:
        for place in bush.merge:
            excess += _detours(bush, place, cost, scratch.distance)
    return excess, shorter


@kernel
def _improve_row(
    graph: Graph,
    trips: Floats,
    bushes: Bushes,
    row: int,
    new: Bushes,
    to: int,
    cost: Floats,
    labels: Labels,
    scratch: Scratch,
) -> tuple[Bushes, float]:
    """Write the improved bush of one row into ``new`` after those before ``to``; measure its detours."""
    bush = view(bushes, row)
    merit, shorter = 0.0, False
    if bush.node.size > 0:
        label(bush, cost, labels)
        merit, shorter = _excess(graph, bush, cost, labels, scratch)
    if merit > 0.0 or shorter:
        set_demand(graph, trips, row, scratch)
        load(bush, labels.lowest, scratch)
    if not shorter:
        new = claim(new, to, bush.node.size, bush.link.size, bush.merge.size)
        copy(bush, view(new, to))
        return new, merit
    kept = prune(bush, cost, labels, scratch)
    node = bush.node.copy()
    chosen = extend(graph, node, labels.high, scratch, kept, True)
    if chosen == kept:
        chosen = extend(graph, node, labels.high, scratch, kept, False)
    reorder(graph, node, labels.high, scratch, kept, chosen)
    new = claim(new, to, node.size, chosen, merges(graph, scratch, node.size, chosen))
    fresh = view(new, to)
    fresh.node[:] = node
    write(graph, fresh, scratch, chosen)
    return new, merit


@kernel
def improve(
    graph: Graph,
    curve: Curve,
    users: Users,
    trips: Floats,
    bushes: Bushes,
    first: int,
    new: Bushes,
    links: Links,
    labels: Labels,
    scratch: Scratch,
    merit: Floats,
) -> Bushes:
    """Write into ``new`` the bushes of as many rows as it has, from row ``first`` on, each with all its shortest paths.

    A bush that lacks some loses links of no use and gains links that promise cheaper paths. Restores the conservation of
    flow, which writes to ``bushes`` too, and measures the detours of each row into ``merit`` ``[rows]``.

    Returns
    -------
    The new bushes, in the memory of ``new`` or in larger memory.
    """
    last = first + new.node_start.size - 1
    for user in range(users.start.size - 1):
        begin, end = max(first, users.start[user]), min(last, users.start[user + 1])
        if begin >= end:
            continue
        price_all(curve_for(curve, users, user), links)
        own = graph_for(graph, users, user)
        order_costs(own, links.cost, scratch)
        for row in range(begin, end):
            new, merit[row] = _improve_row(own, trips, bushes, row, new, row - first, links.cost, labels, scratch)
    return new


@kernel
def _sweep(bushes: Bushes, curve: Curve, users: Users, links: Links, labels: Labels, scratch: Scratch) -> None:
    """Shift flow in every bush in turn, each at the costs that those before it leave."""
    for user in range(users.start.size - 1):
        own = curve_for(curve, users, user)
        if users.start.size > 2:
            price_all(own, links)
        for row in range(users.start[user], users.start[user + 1]):
            bush = view(bushes, row)
            if bush.merge.size > 0:
                label(bush, links.cost, labels)
                shift(bush, own, links, labels, scratch.path)


@kernel
def settle(bushes: Bushes, curve: Curve, users: Users, links: Links, labels: Labels, scratch: Scratch) -> None:
    """Move flow within the bushes as they are: shifts in one bush after the other, then a Newton step over all of them."""
    add_flows(bushes, links)
    price_all(curve_for(curve, users, 0), links)
    for _ in range(_SWEEPS):
        _sweep(bushes, curve, users, links, labels, scratch)
    newton(bushes, curve, users, links, scratch.queue)


@kernel
def relative_gap(curve: Curve, users: Users, bushes: Bushes, flow: Floats, merit: Floats) -> float:
    """Return the detours of all trips over what their paths cost."""
    total = 0.0
    for user in range(users.start.size - 1):
        own = curve_for(curve, users, user)
        if users.start.size == 2:
            for link in range(flow.size):
                total += flow[link] * price(own, link, flow[link])[0]
            continue
        for entry in range(bushes.link_start[users.start[user]], bushes.link_start[users.start[user + 1]]):
            link = bushes.link[entry]
            total += bushes.flow[entry] * price(own, link, flow[link])[0]
    return max(merit.sum(), 0.0) / total if total > 0.0 else 0.0


@kernel
def verdict(history: Floats, done: int, target: float) -> int:
    """Return how a solve stands after so many gaps."""
    if history[done - 1] <= target:
        return REACHED
    if done > _PATIENCE and history[done - _PATIENCE : done].min() > _PROGRESS * history[: done - _PATIENCE].min():
        return STALLED
    return EXHAUSTED


@kernel
def spread(bushes: Bushes, users: Users, cost: Floats, nodes: int) -> Floats:
    """Return, for each row, the largest excess of a used path's cost over the least in its bush.

    ``cost`` is ``[classes, links]``.
    """
    labels = make_labels(nodes)
    widest = np.zeros(bushes.node_start.size - 1)
    for user in range(users.start.size - 1):
        for row in range(users.start[user], users.start[user + 1]):
            bush = view(bushes, row)
            if bush.node.size > 0:
                label(bush, cost[user], labels)
                widest[row] = (labels.high[: bush.node.size] - labels.low[: bush.node.size]).max()
    return widest


@kernel
def packed(bushes: Bushes) -> PackedBushes:
    """Return the fields as a plain tuple, to leave compiled code."""
    return (
        bushes.node_start,
        bushes.link_start,
        bushes.merge_start,
        bushes.node,
        bushes.end,
        bushes.link,
        bushes.tail,
        bushes.flow,
        bushes.merge,
    )


@kernel
def make_links(count: int) -> Links:
    """Allocate the records of so many links."""
    return Links(np.zeros(count), np.zeros(count), np.zeros(count))


@kernel
def solve(
    graph: Graph,
    curve: Curve,
    users: Users,
    trips: Floats,
    old: Bushes,
    was_open: Bools,
    same: bool,
    target: float,
    most: int,
) -> tuple[int, Floats, PackedBushes, Floats]:
    """Solve for the flows at which no used path costs more than the shortest.

    Parameters
    ----------
    graph, curve, users
        Network, link costs and user classes.
    trips
        ``[rows, zones]`` with zeros within a zone.
    old
        Bushes to start from, or empty ones; never written to.
    was_open
        ``[classes, links]`` links that were open when ``old`` was made.
    same
        Whether the trips are those for which ``old`` was made.
    target
        Relative gap to reach.
    most
        Iterations (one change of the bushes' links each) to spend at most.

    Returns
    -------
    Status, link flows ``[links]``, bushes, relative gap of each iteration.
    """
    links, labels = make_links(graph.tail.size), make_labels(graph.through.size)
    scratch = make_scratch(graph.through.size, graph.tail.size)
    merit = np.zeros(graph.origin.size)
    history = np.zeros(most)
    bushes, possible = start(graph, curve, users, trips, old, was_open, same, links, labels, scratch)
    if not possible:
        return UNREACHABLE, links.flow, packed(bushes), history[:0]
    spare = trimmed(bushes)
    status = EXHAUSTED
    done = 0
    if old.link.size > 0:
        add_flows(bushes, links)
        newton(bushes, curve, users, links, scratch.queue)
    while status == EXHAUSTED and done < most:
        add_flows(bushes, links)
        fresh = improve(graph, curve, users, trips, bushes, 0, spare, links, labels, scratch, merit)
        bushes, spare = fresh, bushes
        history[done] = relative_gap(curve, users, bushes, links.flow, merit)
        done += 1
        status = verdict(history, done, target)
        if status == EXHAUSTED and done < most:
            settle(bushes, curve, users, links, labels, scratch)
    return status, links.flow, packed(trimmed(bushes)), history[:done]


@kernel
def solve_rows(
    graph: Graph,
    opens: Bools,
    free: Floats,
    rise: Floats,
    inverse_capacity: Floats,
    tilt: Floats,
    curve: Curve,
    trips: Floats,
    old: Bushes,
    was_open: Bools,
    same: bool,
    target: float,
    most: int,
) -> tuple[Int32s, Floats, Floats]:
    """Solve for one variant of link attributes ``[n, links]`` after the other, each from the same bushes.

    Returns
    -------
    Status ``[n]``, link flows ``[n, links]``, relative gap ``[n]``.
    """
    count, links = opens.shape
    status, flows, gaps = np.zeros(count, np.int32), np.zeros((count, links)), np.full(count, np.inf)
    start_of = np.array([0, graph.origin.size])
    for at in range(count):
        users = Users(start_of, free[at : at + 1], opens[at : at + 1])
        own = Curve(curve.kind, free[at], rise[at], inverse_capacity[at], curve.base, curve.power, tilt[at], curve.gap)
        found, flow, _, history = solve(graph, own, users, trips, old, was_open, same, target, most)
        status[at] = found
        flows[at] = flow
        if history.size > 0:
            gaps[at] = history.min()
    return status, flows, gaps
