"""The equilibrium solver (compiled): start bushes, then improve and equilibrate them in turn."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import add_flows, claim, extend, label, load, prune, reorder, trimmed, view, write
from braess.domains.road.equilibrium._kernel import (
    Bushes,
    Curve,
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
    price_all,
)
from braess.domains.road.equilibrium._leap import leap
from braess.domains.road.equilibrium._path import correct
from braess.domains.road.equilibrium._shift import shift
from braess.domains.road.equilibrium._start import place_nodes, set_demand, start

REACHED, STALLED, EXHAUSTED, UNREACHABLE = 0, 1, 2, 3

# Rounds of sweeps between two changes of the bushes' links: they double while the gap falls to no less than this share.
_ROUNDS = 3
_MOST_ROUNDS = 256
_SLOW = 0.5
# In lesser sweeps a bush waits whose merit is under this share of the largest: what it left undone is small, until the
# others have changed the costs.
_LESSER_SWEEPS = 4
_WAITING = 0.03
# Progress has stalled when this many iterations have not brought the gap below this share of the best before them.
_PATIENCE = 40
_PROGRESS = 0.9


@kernel
def _excess(graph: Graph, bushes: Bushes, zone: int, cost: Floats, labels: Labels, scratch: Scratch) -> float:
    """Return the flow of one origin times its detour: cost from the tail's shortest path on, above the head's shortest path.

    Sums reduced costs instead of subtracting two large totals, so that nothing cancels. Fills ``place`` and ``distance``.
    """
    bush = view(bushes, zone)
    nodes = bush.node.size
    place_nodes(bush.node, scratch)
    scratch.distance[:] = np.inf
    for at in range(nodes):
        scratch.distance[bush.node[at]] = labels.low[at]
        scratch.order[at] = bush.node[at]
    correct(graph, cost, graph.origin[zone], scratch, nodes)
    excess = 0.0
    for entry in range(bush.link.size):
        link = bush.link[entry]
        detour = scratch.distance[graph.tail[link]] + cost[link] - scratch.distance[graph.head[link]]
        excess += bush.flow[entry] * detour
    return excess


@kernel
def improve(
    graph: Graph, trips: Floats, bushes: Bushes, new: Bushes, cost: Floats, labels: Labels, scratch: Scratch, merit: Floats
) -> Bushes:
    """Write into ``new`` the bushes without links of no use and with links that promise cheaper paths.

    Also measures the detours of each origin into ``merit`` and restores the conservation of flow.

    Returns
    -------
    The new bushes, in the memory of ``new`` or in larger memory.
    """
    for zone in range(graph.origin.size):
        bush = view(bushes, zone)
        if bush.node.size == 0:
            new = claim(new, zone, 0, 0)
            merit[zone] = 0.0
            continue
        label(bush, cost, labels)
        merit[zone] = _excess(graph, bushes, zone, cost, labels, scratch)
        set_demand(graph, trips, zone, scratch)
        load(bush, labels.lowest, scratch)
        kept = prune(bush, cost, labels, scratch)
        chosen = extend(graph, cost, labels.high, scratch, kept, True)
        if chosen == kept:
            chosen = extend(graph, cost, labels.high, scratch, kept, False)
        new = claim(new, zone, bush.node.size, chosen)
        fresh = view(new, zone)
        fresh.node[:] = bush.node
        reorder(graph, fresh.node, labels.high, scratch, kept, chosen)
        write(graph, fresh, scratch, chosen)
    return new


@kernel
def _sweep(bushes: Bushes, curve: Curve, links: Links, labels: Labels, path: Int32s, merit: Floats, full: bool) -> None:
    """Shift flow once in every bush, or in every bush that still has much to gain."""
    least = -np.inf if full else _WAITING * merit.max()
    for zone in range(merit.size):
        bush = view(bushes, zone)
        if bush.node.size > 0 and merit[zone] > least:
            label(bush, links.cost, labels)
            merit[zone] = shift(bush, curve, links, labels, path)


@kernel
def _equilibrate(
    bushes: Bushes, curve: Curve, links: Links, labels: Labels, scratch: Scratch, merit: Floats, rounds: int
) -> None:
    """Sweep over the bushes in rounds, each a full sweep, a leap on in the direction of the last round, and lesser sweeps."""
    before = bushes.flow.copy()
    for turn in range(rounds):
        _sweep(bushes, curve, links, labels, scratch.path, merit, True)
        if turn > 0:
            leap(bushes, before, curve, links, scratch.direction)
        before[:] = bushes.flow
        for _ in range(_LESSER_SWEEPS):
            _sweep(bushes, curve, links, labels, scratch.path, merit, False)


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
    return bushes.node_start, bushes.link_start, bushes.node, bushes.end, bushes.link, bushes.tail, bushes.flow


@kernel
def solve(
    graph: Graph, curve: Curve, trips: Floats, old: Bushes, opened: Int32s, target: float, most: int
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
    bushes, possible = start(graph, curve, trips, old, opened, links, labels, scratch)
    if not possible:
        return UNREACHABLE, links.flow, _packed(bushes), history[:0]
    spare = trimmed(bushes)
    status = EXHAUSTED
    done = 0
    rounds = _ROUNDS
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
            slow = done > 1 and gap > _SLOW * history[done - 2]
            rounds = min(2 * rounds, _MOST_ROUNDS) if slow else _ROUNDS
            _equilibrate(bushes, curve, links, labels, scratch, merit, rounds)
    return status, links.flow, _packed(trimmed(bushes)), history[:done]
