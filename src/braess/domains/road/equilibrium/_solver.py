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
from braess.domains.road.equilibrium._kernel import (
    Bools,
    Bush,
    Bushes,
    Curve,
    Floats,
    Graph,
    Indices,
    Int32s,
    Labels,
    Links,
    PackedBushes,
    Scratch,
    kernel,
    make_labels,
    make_scratch,
    price_all,
)
from braess.domains.road.equilibrium._newton import newton
from braess.domains.road.equilibrium._path import correct, order_costs
from braess.domains.road.equilibrium._shift import shift
from braess.domains.road.equilibrium._start import place_nodes, set_demand, start

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
def _excess(graph: Graph, bushes: Bushes, zone: int, cost: Floats, labels: Labels, scratch: Scratch) -> tuple[float, bool]:
    """Measure the flow of one origin times its detour: cost from the tail's shortest path on, above the head's shortest path.

    Sums reduced costs instead of subtracting two large totals, so that nothing cancels. Fills ``place`` and ``distance``.

    Returns
    -------
    The sum, and whether the network has a shorter path to some node than the bush.
    """
    bush = view(bushes, zone)
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
def improve(
    graph: Graph, trips: Floats, bushes: Bushes, new: Bushes, cost: Floats, labels: Labels, scratch: Scratch, merit: Floats
) -> Bushes:
    """Write into ``new`` the bushes, each with all its shortest paths.

    A bush that lacks some loses links of no use and gains links that promise cheaper paths. Restores the conservation of
    flow and measures the detours of each origin into ``merit``.

    Returns
    -------
    The new bushes, in the memory of ``new`` or in larger memory.
    """
    order_costs(graph, cost, scratch)
    for zone in range(graph.origin.size):
        bush = view(bushes, zone)
        merit[zone] = 0.0
        shorter = False
        if bush.node.size > 0:
            label(bush, cost, labels)
            merit[zone], shorter = _excess(graph, bushes, zone, cost, labels, scratch)
        if merit[zone] > 0.0 or shorter:
            set_demand(graph, trips, zone, scratch)
            load(bush, labels.lowest, scratch)
        if not shorter:
            new = claim(new, zone, bush.node.size, bush.link.size, bush.merge.size)
            copy(bush, view(new, zone))
            continue
        kept = prune(bush, cost, labels, scratch)
        node = bush.node.copy()
        chosen = extend(graph, node, labels.high, scratch, kept, True)
        if chosen == kept:
            chosen = extend(graph, node, labels.high, scratch, kept, False)
        reorder(graph, node, labels.high, scratch, kept, chosen)
        new = claim(new, zone, node.size, chosen, merges(graph, scratch, node.size, chosen))
        fresh = view(new, zone)
        fresh.node[:] = node
        write(graph, fresh, scratch, chosen)
    return new


@kernel
def _sweep(bushes: Bushes, curve: Curve, links: Links, labels: Labels, scratch: Scratch) -> None:
    """Shift flow in every bush in turn, each at the costs that those before it leave."""
    for zone in range(bushes.node_start.size - 1):
        bush = view(bushes, zone)
        if bush.merge.size > 0:
            label(bush, links.cost, labels)
            shift(bush, curve, links, labels, scratch.path)


@kernel
def spread(bushes: Bushes, cost: Floats, nodes: int) -> Floats:
    """Return, for each origin ``[zones]``, the largest excess of a used path's cost over the least in its bush."""
    labels = make_labels(nodes)
    widest = np.zeros(bushes.node_start.size - 1)
    for zone in range(widest.size):
        bush = view(bushes, zone)
        if bush.node.size > 0:
            label(bush, cost, labels)
            widest[zone] = (labels.high[: bush.node.size] - labels.low[: bush.node.size]).max()
    return widest


@kernel
def _packed(bushes: Bushes) -> PackedBushes:
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
def solve(
    graph: Graph,
    curve: Curve,
    trips: Floats,
    old: Bushes,
    opened: Indices,
    closed: bool,
    same: bool,
    target: float,
    most: int,
) -> tuple[int, Floats, PackedBushes, Floats]:
    """Solve for the flows at which no used path costs more than the shortest.

    Parameters
    ----------
    graph, curve
        Network and link costs.
    trips
        ``[zones, zones]`` with zeros on the diagonal.
    old
        Bushes to start from, or empty ones; never written to.
    opened
        Links that are open now and were not when ``old`` was made.
    closed
        Whether links are closed now that were open then.
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
    count = graph.tail.size
    links = Links(np.zeros(count), np.zeros(count), np.zeros(count))
    labels = make_labels(graph.through.size)
    scratch = make_scratch(graph.through.size, count)
    merit = np.zeros(graph.origin.size)
    history = np.zeros(most)
    bushes, possible = start(graph, curve, trips, old, opened, closed, same, links, labels, scratch)
    if not possible:
        return UNREACHABLE, links.flow, _packed(bushes), history[:0]
    spare = trimmed(bushes)
    status = EXHAUSTED
    done = 0
    if old.link.size > 0:
        add_flows(bushes, links)
        price_all(curve, links)
        newton(bushes, curve, links, scratch.queue)
    while status == EXHAUSTED and done < most:
        add_flows(bushes, links)
        price_all(curve, links)
        bushes, spare = improve(graph, trips, bushes, spare, links.cost, labels, scratch, merit), bushes
        total = (links.flow * links.cost).sum()
        gap = max(merit.sum(), 0.0) / total if total > 0.0 else 0.0
        history[done] = gap
        done += 1
        if gap <= target:
            status = REACHED
        elif done > _PATIENCE and history[done - _PATIENCE : done].min() > _PROGRESS * history[: done - _PATIENCE].min():
            status = STALLED
        if status == EXHAUSTED and done < most:
            for _ in range(_SWEEPS):
                _sweep(bushes, curve, links, labels, scratch)
            newton(bushes, curve, links, scratch.queue)
    return status, links.flow, _packed(trimmed(bushes)), history[:done]


@kernel
def solve_rows(
    graph: Graph,
    opens: Bools,
    free: Floats,
    rise: Floats,
    inverse_capacity: Floats,
    power: Floats,
    trips: Floats,
    old: Bushes,
    was_open: Bools,
    same: bool,
    target: float,
    most: int,
) -> tuple[Int32s, Floats, Floats]:
    """Solve for one row of link attributes ``[n, links]`` after the other, each from the same bushes.

    Returns
    -------
    Status ``[n]``, link flows ``[n, links]``, relative gap ``[n]``.
    """
    count, links = opens.shape
    status, flows, gaps = np.zeros(count, np.int32), np.zeros((count, links)), np.full(count, np.inf)
    for row in range(count):
        is_open = opens[row]
        variant = Graph(
            graph.tail,
            graph.head,
            graph.out_start,
            graph.out_link,
            graph.out_head,
            graph.through,
            is_open,
            graph.origin,
        )
        curve = Curve(free[row], rise[row], inverse_capacity[row], power)
        opened = np.flatnonzero(is_open & ~was_open).astype(np.uint32)
        closed = (was_open & ~is_open).any()
        found, flow, _, history = solve(variant, curve, trips, old, opened, closed, same, target, most)
        status[row] = found
        flows[row] = flow
        if history.size > 0:
            gaps[row] = history.min()
    return status, flows, gaps
