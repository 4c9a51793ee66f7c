"""What bushes lack (compiled): their detours are measured, and they get the shortest paths of the network."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import extend, label, load, merges, prune, reorder, write
from braess.domains.road.equilibrium._bushes import room, view
from braess.domains.road.equilibrium._curve import price_all
from braess.domains.road.equilibrium._kernel import Bush, Bushes, Floats, Graph, Labels, Scratch, Work
from braess.domains.road.equilibrium._path import correct, order_costs
from braess.domains.road.equilibrium._start import place_nodes, set_demand
from braess.domains.road.equilibrium._users import Task, curve_for, graph_for
from braess.kernels import lean


@lean
def _detours(bush: Bush, place: int, cost: Floats, distance: Floats) -> float:
    """Return the flow into one position times its detour."""
    least = distance[bush.node[place]]
    total = 0.0
    for entry in range(bush.end[place - 1], bush.end[place]):
        if bush.flow[entry] > 0.0:
            total += bush.flow[entry] * (distance[bush.node[bush.tail[entry]]] + cost[bush.link[entry]] - least)
    return total


@lean
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


@lean
def _improve_row(graph: Graph, trips: Floats, bushes: Bushes, row: int, work: Work) -> tuple[float, bool]:
    """Measure the detours of one row, and give its bush the paths it lacks; tell whether it had room for them."""
    bush, cost, labels, scratch = view(bushes, row), work.links.cost, work.labels, work.scratch
    if bush.node.size == 0:
        return 0.0, True
    label(bush, cost, labels)
    merit, shorter = _excess(graph, bush, cost, labels, scratch)
    if merit > 0.0 or shorter:
        set_demand(graph, trips, row, scratch)
        load(bush, labels.lowest, scratch)
    if not shorter:
        return merit, True
    kept = prune(bush, cost, labels, scratch)
    chosen = extend(graph, bush.node, labels.high, scratch, kept)
    several = merges(graph, scratch, bush.node.size, chosen)
    whole = room(bushes, row)
    if chosen > whole.link.size or several > whole.merge.size:
        return merit, False
    if reorder(graph, bush.node, labels.high, scratch, kept, chosen):
        merges(graph, scratch, bush.node.size, chosen)  # counts by position
    write(graph, bushes, row, scratch, chosen)
    return merit, True


@lean
def improve(task: Task, bushes: Bushes, first: int, last: int, work: Work, merit: Floats) -> bool:
    """Measure the detours of rows ``first`` to ``last`` into ``merit`` ``[rows]``, and give their bushes the paths they lack.

    Such a bush loses links of no use and gains links that promise cheaper paths. Where there are detours the conservation of
    flow is restored, and dust is swept out, which would block the cycles it lies on.

    Returns
    -------
    Whether every bush had room to grow; one that had not is as it was.
    """
    users, links = task.users, work.links
    fit = True
    for user in range(users.start.size - 1):
        begin, end = max(first, users.start[user]), min(last, users.start[user + 1])
        if begin >= end:
            continue
        price_all(curve_for(task.curve, users, user), links)
        own = graph_for(task.graph, users, user)
        order_costs(own, links.cost, work.scratch)
        for row in range(begin, end):
            merit[row], fits = _improve_row(own, task.trips, bushes, row, work)
            fit = fit and fits
    return fit
