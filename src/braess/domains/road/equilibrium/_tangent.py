"""How link flows may move at an equilibrium (compiled): projection on the span of the cycles, and loading along the splits."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import label
from braess.domains.road.equilibrium._bushes import view
from braess.domains.road.equilibrium._conjugate import conjugate
from braess.domains.road.equilibrium._cycles import find_cycles
from braess.domains.road.equilibrium._kernel import (
    Bools,
    Bush,
    Bushes,
    Floats,
    Graph,
    Indices,
    Int64s,
    Labels,
    make_labels,
    make_scratch,
)
from braess.domains.road.equilibrium._pairs import Pairs, around, pair_up, spread_over
from braess.domains.road.equilibrium._path import correct, order_costs
from braess.domains.road.equilibrium._start import place_nodes, set_demand
from braess.kernels import kernel

# Sums around a cycle below this share of their terms are rounding: to solve for them would only amplify it.
_ROUNDING = 4e-16
_STEPS = 10_000


@kernel
def pairs_of(bushes: Bushes, nodes: int) -> tuple[Int64s, Int64s, Int64s, Indices, Int64s, Indices, Bools]:
    """Return the fields of the pairs of alternative segments of all bushes, of one user class, as a plain tuple."""
    rows = np.array([0, bushes.merge_count.size])
    found = pair_up(find_cycles(bushes, np.zeros(nodes, np.uint32)), rows)
    return found.user, found.start, found.middle, found.link, found.first, found.cycle, found.turned


@kernel
def project(pairs: Pairs, slope: Floats, values: Floats, accuracy: float) -> tuple[Floats, bool]:
    """Return ``C (C' diag(slope) C)^+ C' values`` ``[links]``, and whether the equations were solved.

    They were not where a cycle without slope would have to balance values that differ.
    """
    count = pairs.middle.size
    gain, bend, brake = np.empty(count), np.empty(count), np.zeros(count)
    around(pairs, values, gain)
    solved = True
    least = noise = 0.0
    for pair in range(count):
        total, size = 0.0, 0.0
        for at in range(pairs.start[pair], pairs.start[pair + 1]):
            total += slope[pairs.link[at]]
            size += abs(values[pairs.link[at]])
        bend[pair] = 1.0 / total if total > 0.0 else 0.0
        if total <= 0.0 and abs(gain[pair]) > accuracy * size:
            solved = False
        least += gain[pair] * gain[pair] * bend[pair]
        noise += size * size * bend[pair]
    least = max(least * accuracy**2, noise * _ROUNDING**2)
    amount, along = np.zeros(count), np.zeros(values.size)
    conjugate(pairs, slope, gain, brake, bend, least, _STEPS, amount, along)
    spread_over(pairs, amount, along)
    return along, solved


@kernel
def shares(bush: Bush, labels: Labels, share: Floats) -> None:
    """Set ``share`` to the part of the flow into its head that each link brings; without flow the shortest brings all."""
    for place in range(1, bush.node.size):
        first, last = bush.end[place - 1], bush.end[place]
        total = bush.flow[first:last].sum()
        for entry in range(first, last):
            if total > 0.0:
                share[entry] = bush.flow[entry] / total
            else:
                share[entry] = 1.0 if entry == labels.lowest[place] else 0.0


@kernel
def load_trips(graph: Graph, bushes: Bushes, cost: Floats, trips: Floats) -> Floats:
    """Return the link flows ``[links]`` of trips ``[zones, zones]`` (of any sign) that split at nodes as the flows do."""
    labels, scratch = make_labels(graph.through.size), make_scratch(graph.through.size, cost.size)
    result, share = np.zeros(cost.size), np.zeros(cost.size)
    for row in range(graph.origin.size):
        bush = view(bushes, row)
        if bush.node.size == 0:
            continue
        label(bush, cost, labels)
        shares(bush, labels, share)
        set_demand(graph, trips, row, scratch)
        amount = scratch.amount
        for place in range(bush.node.size):
            amount[place] = scratch.demand[bush.node[place]]
        for place in range(bush.node.size - 1, 0, -1):
            for entry in range(bush.end[place - 1], bush.end[place]):
                result[bush.link[entry]] += amount[place] * share[entry]
                amount[bush.tail[entry]] += amount[place] * share[entry]
    return result


@kernel
def mean_along(graph: Graph, bushes: Bushes, cost: Floats, values: Floats) -> Floats:
    """Return for each pair of zones ``[zones, zones]`` the mean sum of link values over the paths its trips split to."""
    nodes, zones = graph.through.size, graph.zone.size
    labels = make_labels(nodes)
    at_node, at_place, share = np.zeros(nodes), np.zeros(nodes), np.zeros(cost.size)
    result = np.zeros((zones, zones))
    for row in range(zones):
        bush = view(bushes, row)
        if bush.node.size == 0:
            continue
        label(bush, cost, labels)
        shares(bush, labels, share)
        at_node[:] = 0.0
        at_place[:] = 0.0
        for place in range(1, bush.node.size):
            for entry in range(bush.end[place - 1], bush.end[place]):
                at_place[place] += share[entry] * (at_place[bush.tail[entry]] + values[bush.link[entry]])
            at_node[bush.node[place]] = at_place[place]
        for end in range(zones):
            result[row, end] = at_node[graph.zone[end]]
    return result


@kernel
def _mark(bush: Bush, labels: Labels, inflow: Floats, used: Bools, parent: Indices) -> None:
    """Set the flow through each position, the links that carry some, and the largest (else shortest) way into each."""
    inflow[:] = 0.0
    for place in range(1, bush.node.size):
        parent[place] = labels.lowest[place]
        most = 0.0
        for entry in range(bush.end[place - 1], bush.end[place]):
            inflow[place] += bush.flow[entry]
            used[bush.link[entry]] = bush.flow[entry] > 0.0
            if bush.flow[entry] > most:
                most = bush.flow[entry]
                parent[place] = entry


@kernel
def _add_cycle(bush: Bush, parent: Indices, left: int, right: int, weight: float, result: Floats) -> None:
    """Add a weight along the way to the one position, and take it off along the way to the other, from where they part."""
    while left != right:
        if left > right:
            result[bush.link[parent[left]]] += weight
            left = bush.tail[parent[left]]
        else:
            result[bush.link[parent[right]]] -= weight
            right = bush.tail[parent[right]]


@kernel
def ties(graph: Graph, bushes: Bushes, cost: Floats, weight: Floats, tolerance: float) -> Floats:
    """Sum over all origins the cycles of unused links that tie with the used paths, each with a weight by its link.

    A link ties where it is no longer than the shortest path to its head (up to ``tolerance`` of it), carries nothing from
    the origin, and leads to a node through which the origin's flow passes.
    """
    nodes, links = graph.through.size, cost.size
    labels, scratch = make_labels(nodes), make_scratch(nodes, links)
    order_costs(graph, cost, scratch)
    result, inflow = np.zeros(links), np.zeros(nodes)
    used, parent = np.zeros(links, np.bool_), np.zeros(nodes, np.uint32)
    for row in range(graph.origin.size):
        bush = view(bushes, row)
        if bush.node.size == 0:
            continue
        label(bush, cost, labels)
        place_nodes(bush.node, scratch)
        scratch.distance[:] = np.inf
        for at in range(bush.node.size):
            scratch.distance[bush.node[at]] = labels.low[at]
        correct(graph, bush.node, scratch)
        used[:] = False
        _mark(bush, labels, inflow, used, parent)
        for link in range(links):
            before, after = scratch.place[graph.tail[link]], scratch.place[graph.head[link]]
            if used[link] or not graph.open[link] or before < 0 or after <= 0 or inflow[after] <= 0.0:
                continue
            if before > 0 and not graph.through[graph.tail[link]]:
                continue
            least = scratch.distance[graph.head[link]]
            if scratch.distance[graph.tail[link]] + cost[link] <= least * (1.0 + tolerance):
                result[link] += weight[link]
                _add_cycle(bush, parent, before, after, weight[link], result)
    return result
