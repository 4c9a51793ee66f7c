"""Bushes (compiled): their labels, their loading, and the choice of the links that belong to them."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Bush, Bushes, Floats, Graph, Int32s, Labels, Links, Scratch, kernel

# Shares of the flow through a node below this are rounding dust, far under any gap that doubles can show.
_DUST = 1e-15


@kernel
def view(bushes: Bushes, zone: int) -> Bush:
    """Return the bush of one origin (views, not copies)."""
    first, last = bushes.node_start[zone], bushes.node_start[zone + 1]
    start, stop = bushes.link_start[zone], bushes.link_start[zone + 1]
    return Bush(
        bushes.node[first:last],
        bushes.end[first:last],
        bushes.link[start:stop],
        bushes.tail[start:stop],
        bushes.flow[start:stop],
    )


@kernel
def claim(bushes: Bushes, zone: int, nodes: int, links: int) -> Bushes:
    """Return bushes with room for one more bush after those before ``zone``, grown by copying where needed."""
    node, end, link, tail, flow = bushes.node, bushes.end, bushes.link, bushes.tail, bushes.flow
    last = bushes.node_start[zone] + nodes
    if last > node.size:
        node = np.concatenate((node, np.zeros(last, np.int32)))
        end = np.concatenate((end, np.zeros(last, np.int32)))
    bushes.node_start[zone + 1] = last
    last = bushes.link_start[zone] + links
    if last > link.size:
        link = np.concatenate((link, np.zeros(last, np.int32)))
        tail = np.concatenate((tail, np.zeros(last, np.int32)))
        flow = np.concatenate((flow, np.zeros(last)))
    bushes.link_start[zone + 1] = last
    return Bushes(bushes.node_start, bushes.link_start, node, end, link, tail, flow)


@kernel
def trimmed(bushes: Bushes) -> Bushes:
    """Return bushes without spare room, in arrays of their own."""
    nodes, links = bushes.node_start[-1], bushes.link_start[-1]
    return Bushes(
        bushes.node_start.copy(),
        bushes.link_start.copy(),
        bushes.node[:nodes].copy(),
        bushes.end[:nodes].copy(),
        bushes.link[:links].copy(),
        bushes.tail[:links].copy(),
        bushes.flow[:links].copy(),
    )


@kernel
def add_flows(bushes: Bushes, links: Links) -> None:
    """Set the flow of every link to the sum over the bushes."""
    links.flow[:] = 0.0
    for entry in range(bushes.link_start[-1]):
        links.flow[bushes.link[entry]] += bushes.flow[entry]


@kernel
def label(bush: Bush, cost: Floats, labels: Labels) -> None:
    """Find least and largest used path costs in one bush, in one pass along its topological order."""
    low, high, lowest, highest = labels
    _, end, link, tail, flow = bush
    low[0] = high[0] = 0.0
    lowest[0] = highest[0] = -1
    entry = 0
    for place in range(1, end.size):
        least = np.inf
        most = -1.0
        first = second = -1
        while entry < end[place]:
            before = tail[entry]
            price = cost[link[entry]]
            value = low[before] + price
            if value < least:
                least = value
                first = entry
            value = high[before] + price
            if flow[entry] > 0.0 and value > most:
                most = value
                second = entry
            entry += 1
        low[place] = least
        lowest[place] = first
        high[place] = least if second < 0 else most
        highest[place] = first if second < 0 else second


@kernel
def load(bush: Bush, lowest: Int32s, scratch: Scratch) -> None:
    """Send the trips in ``demand`` through a bush, split at each node as the flows were before.

    Where nothing flowed, all goes along the least-cost link. Flow is conserved to the last bit or two whatever the
    flows were, so this also carries an old bush over to a new demand.
    """
    node, end, _, tail, flow = bush
    amount = scratch.amount
    for place in range(node.size):
        amount[place] = scratch.demand[node[place]]
    for place in range(node.size - 1, 0, -1):
        start, stop = end[place - 1], end[place]
        need = amount[place]
        total = 0.0
        for entry in range(start, stop):
            total += flow[entry]
        if stop - start == 1 or total <= 0.0:
            flow[start:stop] = 0.0
            flow[lowest[place]] = need
            amount[tail[lowest[place]]] += need
            continue
        for entry in range(start, stop):
            share = flow[entry] / total
            flow[entry] = need * share if share > _DUST else 0.0
            amount[tail[entry]] += flow[entry]


@kernel
def prune(bush: Bush, cost: Floats, labels: Labels, scratch: Scratch) -> int:
    """Choose the links that carry flow or give the least cost, and set ``high`` to the largest cost over these.

    Returns
    -------
    Number of links chosen (listed in ``chosen`` and ``weight`` of the scratch memory).
    """
    kept = 0
    entry = 0
    for place in range(1, bush.end.size):
        most = 0.0
        while entry < bush.end[place]:
            if bush.flow[entry] > 0.0 or entry == labels.lowest[place]:
                most = max(most, labels.high[bush.tail[entry]] + cost[bush.link[entry]])
                scratch.chosen[kept] = bush.link[entry]
                scratch.weight[kept] = bush.flow[entry]
                kept += 1
            entry += 1
        labels.high[place] = most
    return kept


@kernel
def extend(graph: Graph, cost: Floats, high: Floats, scratch: Scratch, kept: int, strict: bool) -> int:
    """Choose further links among those sure to keep the bush acyclic: they end before the largest cost to their head.

    ``strict`` leaves out links that lie on no shortest path of the whole network.

    Returns
    -------
    Number of links chosen now.
    """
    place, distance = scratch.place, scratch.distance
    scratch.member[scratch.chosen[:kept]] = True
    first = kept
    for link in range(graph.tail.size):
        tail, head = graph.tail[link], graph.head[link]
        before, after = place[tail], place[head]
        if before < 0 or after <= 0 or scratch.member[link] or not high[before] + cost[link] < high[after]:
            continue
        if not graph.open[link] or (before > 0 and not graph.through[tail]):
            continue
        if strict and distance[tail] + cost[link] > distance[head]:
            continue
        scratch.chosen[kept] = link
        scratch.weight[kept] = 0.0
        kept += 1
    scratch.member[scratch.chosen[:first]] = False
    return kept


@kernel
def reorder(graph: Graph, node: Int32s, high: Floats, scratch: Scratch, kept: int, chosen: int) -> None:
    """Sort the nodes by largest cost (equal ones as they were) if a link chosen after ``kept`` runs against their order."""
    place = scratch.place
    wrong = False
    for at in range(kept, chosen):
        link = scratch.chosen[at]
        wrong = wrong or place[graph.tail[link]] > place[graph.head[link]]
    if not wrong:
        return
    order = np.argsort(high[: node.size], kind="mergesort")
    moved = node.copy()
    for at in range(node.size):
        node[at] = moved[order[at]]
        place[node[at]] = at


@kernel
def write(graph: Graph, bush: Bush, scratch: Scratch, chosen: int) -> None:
    """Write the chosen links into a bush whose nodes are set: by position of their heads, otherwise as chosen."""
    count, place = scratch.tally, scratch.place
    count[: bush.node.size + 1] = 0
    for at in range(chosen):
        count[place[graph.head[scratch.chosen[at]]] + 1] += 1
    for at in range(bush.node.size):
        count[at + 1] += count[at]
        bush.end[at] = count[at + 1]
    for at in range(chosen):
        link = scratch.chosen[at]
        entry = count[place[graph.head[link]]]
        count[place[graph.head[link]]] += 1
        bush.link[entry] = link
        bush.tail[entry] = place[graph.tail[link]]
        bush.flow[entry] = scratch.weight[at]
