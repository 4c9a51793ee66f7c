"""Bushes (compiled): their labels, their loading, and the choice of the links that belong to them."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Bush, Bushes, Floats, Graph, Indices, Labels, Links, Scratch, kernel

# Shares of the flow through a node below this are rounding dust, far under any gap that doubles can show.
_DUST = 1e-15
# Moves per node after which sorting by insertion is given up.
_PATIENCE = 8


@kernel
def view(bushes: Bushes, row: int) -> Bush:
    """Return the bush of one row (views, not copies)."""
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
def claim(bushes: Bushes, row: int, nodes: int, links: int, merges: int) -> Bushes:
    """Return bushes with room for one more bush after those before ``row``, grown by copying where needed."""
    node, end, link, tail, flow, merge = bushes.node, bushes.end, bushes.link, bushes.tail, bushes.flow, bushes.merge
    last = bushes.node_start[row] + nodes
    if last > node.size:
        node = np.concatenate((node, np.zeros(last, np.uint32)))
        end = np.concatenate((end, np.zeros(last, np.uint32)))
    bushes.node_start[row + 1] = last
    last = bushes.link_start[row] + links
    if last > link.size:
        link = np.concatenate((link, np.zeros(last, np.uint32)))
        tail = np.concatenate((tail, np.zeros(last, np.uint32)))
        flow = np.concatenate((flow, np.zeros(last)))
    bushes.link_start[row + 1] = last
    last = bushes.merge_start[row] + merges
    if last > merge.size:
        merge = np.concatenate((merge, np.zeros(last, np.uint32)))
    bushes.merge_start[row + 1] = last
    return Bushes(bushes.node_start, bushes.link_start, bushes.merge_start, node, end, link, tail, flow, merge)


@kernel
def copy(bush: Bush, to: Bush) -> None:
    """Copy a bush into one of the same size."""
    to.node[:] = bush.node
    to.end[:] = bush.end
    to.link[:] = bush.link
    to.tail[:] = bush.tail
    to.flow[:] = bush.flow
    to.merge[:] = bush.merge


@kernel
def trimmed(bushes: Bushes) -> Bushes:
    """Return bushes without spare room, in arrays of their own."""
    nodes, links, merges = bushes.node_start[-1], bushes.link_start[-1], bushes.merge_start[-1]
    return Bushes(
        bushes.node_start.copy(),
        bushes.link_start.copy(),
        bushes.merge_start.copy(),
        bushes.node[:nodes].copy(),
        bushes.end[:nodes].copy(),
        bushes.link[:links].copy(),
        bushes.tail[:links].copy(),
        bushes.flow[:links].copy(),
        bushes.merge[:merges].copy(),
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
    _, end, link, tail, flow, _ = bush
    low[0] = high[0] = 0.0
    lowest[0] = highest[0] = 0
    entry = 0
    for place in range(1, end.size):
        if entry + 1 == end[place]:
            before = tail[entry]
            price = cost[link[entry]]
            low[place] = low[before] + price
            high[place] = high[before] + price
            lowest[place] = highest[place] = entry
            entry += 1
            continue
        least = np.inf
        most = -1.0
        first, second = entry, -1
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
def load(bush: Bush, lowest: Indices, scratch: Scratch) -> None:
    """Send the trips in ``demand`` through a bush, split at each node as the flows were before.

    Where nothing flowed, all goes along the least-cost link. Flow is conserved to the last bit or two whatever the
    flows were, so this also carries an old bush over to a new demand.
    """
    node, end, _, tail, flow, _ = bush
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
def extend(graph: Graph, node: Indices, high: Floats, scratch: Scratch, kept: int, strict: bool) -> int:
    """Choose further links among those sure to keep the bush acyclic: they end before the largest cost to their head.

    ``strict`` leaves out links that lie on no shortest path of the whole network.

    Returns
    -------
    Number of links chosen now.
    """
    place, distance = scratch.place, scratch.distance
    scratch.member[scratch.chosen[:kept]] = True
    first = kept
    for at in range(node.size):
        if at > 0 and not graph.through[node[at]]:
            continue
        longest, shortest = high[at], distance[node[at]]
        for entry in range(graph.out_start[node[at]], graph.out_start[node[at] + 1]):
            head = graph.out_head[entry]
            cost = scratch.out_cost[entry]
            after = place[head]
            if after <= 0 or not longest + cost < high[after] or (strict and shortest + cost > distance[head]):
                continue
            link = graph.out_link[entry]
            if not scratch.member[link]:
                scratch.chosen[kept] = link
                scratch.weight[kept] = 0.0
                kept += 1
    scratch.member[scratch.chosen[:first]] = False
    return kept


@kernel
def reorder(graph: Graph, node: Indices, high: Floats, scratch: Scratch, kept: int, chosen: int) -> None:
    """Sort the nodes by largest cost (equal ones as they were) if a link chosen after ``kept`` runs against their order."""
    place = scratch.place
    wrong = False
    for at in range(kept, chosen):
        link = scratch.chosen[at]
        wrong = wrong or place[graph.tail[link]] > place[graph.head[link]]
    if not wrong:
        return
    if not _insert(node, high):
        order = np.argsort(high[: node.size], kind="mergesort")
        moved = node.copy()
        for at in range(node.size):
            node[at] = moved[order[at]]
    for at in range(node.size):
        place[node[at]] = at


@kernel
def _insert(node: Indices, high: Floats) -> bool:
    """Sort nearly sorted nodes by insertion, together with their values; give up, unchanged, where that takes long."""
    patience = _PATIENCE * node.size
    key, moved = high[: node.size].copy(), node.copy()
    for at in range(1, node.size):
        value, own = key[at], moved[at]
        to = at
        while key[to - 1] > value:
            key[to], moved[to] = key[to - 1], moved[to - 1]
            to -= 1
        key[to], moved[to] = value, own
        patience -= at - to
        if patience < 0:
            return False
    node[:] = moved
    return True


@kernel
def merges(graph: Graph, scratch: Scratch, nodes: int, chosen: int) -> int:
    """Count the links chosen for each position into ``tally``; return how many of the ``nodes`` positions have several."""
    count, place = scratch.tally, scratch.place
    count[:nodes] = 0
    several = 0
    for at in range(chosen):
        to = place[graph.head[scratch.chosen[at]]]
        count[to] += 1
        several += count[to] == 2
    return several


@kernel
def write(graph: Graph, bush: Bush, scratch: Scratch, chosen: int) -> None:
    """Write the chosen links, counted by `merges`, into a bush whose nodes are set: by position of their heads, as chosen."""
    count, place = scratch.tally, scratch.place
    last = several = 0
    for at in range(bush.node.size):
        if count[at] > 1:
            bush.merge[several] = at
            several += 1
        first = last
        last += count[at]
        count[at] = first
        bush.end[at] = last
    for at in range(chosen):
        link = scratch.chosen[at]
        entry = count[place[graph.head[link]]]
        count[place[graph.head[link]]] += 1
        bush.link[entry] = link
        bush.tail[entry] = place[graph.tail[link]]
        bush.flow[entry] = scratch.weight[at]
