"""One bush (compiled): its labels, its loading, and the choice of the links that belong to it."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bushes import room
from braess.domains.road.equilibrium._kernel import Bush, Bushes, Floats, Graph, Indices, Labels, Scratch
from braess.kernels import lean

# Shares of the flow through a node below this are rounding dust, far under any gap that doubles can show.
_DUST = 1e-15


@lean
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


@lean
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
        if start + 1 == stop:
            flow[start] = need
            amount[tail[start]] += need
            continue
        total = 0.0
        for entry in range(start, stop):
            total += flow[entry]
        if total <= 0.0:
            for entry in range(start, stop):
                flow[entry] = 0.0
            flow[lowest[place]] = need
            amount[tail[lowest[place]]] += need
            continue
        for entry in range(start, stop):
            share = flow[entry] / total
            flow[entry] = need * share if share > _DUST else 0.0
            amount[tail[entry]] += flow[entry]


@lean
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


@lean
def extend(graph: Graph, node: Indices, high: Floats, scratch: Scratch, kept: int) -> int:
    """Choose further links among those sure to keep the bush acyclic: they end before the largest cost to their head.

    Of these, links on shortest paths of the whole network; any others only where there is none of them.

    Returns
    -------
    Number of links chosen now.
    """
    place, distance = scratch.place, scratch.distance
    for at in range(kept):
        scratch.member[scratch.chosen[at]] = True
    chosen = kept
    others = 0
    for at in range(node.size):
        if at > 0 and not graph.through[node[at]]:
            continue
        longest, shortest = high[at], distance[node[at]]
        for entry in range(graph.out_start[node[at]], graph.out_start[node[at] + 1]):
            head = graph.out_head[entry]
            cost = scratch.out_cost[entry]
            after = place[head]
            if after <= 0 or not longest + cost < high[after] or scratch.member[graph.out_link[entry]]:
                continue
            if shortest + cost <= distance[head]:
                scratch.chosen[chosen] = graph.out_link[entry]
                chosen += 1
            else:
                scratch.other[others] = graph.out_link[entry]
                others += 1
    for at in range(kept):
        scratch.member[scratch.chosen[at]] = False
    if chosen == kept:
        chosen += others
        for at in range(others):
            scratch.chosen[kept + at] = scratch.other[at]
    for at in range(kept, chosen):
        scratch.weight[at] = 0.0
    return chosen


@lean
def reorder(graph: Graph, node: Indices, high: Floats, scratch: Scratch, kept: int, chosen: int) -> bool:
    """Sort the nodes by largest cost (equal ones as they were) if a link chosen after ``kept`` runs against their order."""
    place = scratch.place
    wrong = False
    for at in range(kept, chosen):
        link = scratch.chosen[at]
        wrong = wrong or place[graph.tail[link]] > place[graph.head[link]]
    if not wrong:
        return False
    for at in range(node.size):
        scratch.amount[at] = high[at]
    _sort(node, scratch.amount[: node.size], scratch.order[: node.size], scratch.demand[: node.size])
    for at in range(node.size):
        place[node[at]] = at
    return True


@lean
def _run(key: Floats, first: int) -> int:
    """Return the end of the ascending values that begin at a place."""
    last = first + 1
    while last < key.size and key[last] >= key[last - 1]:
        last += 1
    return min(last, key.size)


@lean
def _sort(node: Indices, key: Floats, ends: Indices, values: Floats) -> None:
    """Sort nodes by their values, which are sorted too: merges ascending runs, of which nearly sorted values have few.

    ``ends`` and ``values`` are working memory of the same sizes.
    """
    nodes = node
    middle = _run(key, 0)
    while middle < key.size:
        first = 0
        while first < key.size:
            middle = _run(key, first)
            last = _run(key, middle)
            left, right = first, middle
            for to in range(first, last):
                if right >= last or (left < middle and key[left] <= key[right]):
                    values[to], ends[to] = key[left], nodes[left]
                    left += 1
                else:
                    values[to], ends[to] = key[right], nodes[right]
                    right += 1
            first = last
        key, values = values, key
        nodes, ends = ends, nodes
        middle = _run(key, 0)
    for at in range(node.size):
        node[at] = nodes[at]


@lean
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


@lean
def write(graph: Graph, bushes: Bushes, row: int, scratch: Scratch, chosen: int) -> None:
    """Write the chosen links, counted by `merges`, into a bush whose nodes are set: by position of their heads, as chosen."""
    count, place = scratch.tally, scratch.place
    bush = room(bushes, row)
    last = several = 0
    for at in range(bush.node.size):
        if count[at] > 1:
            bush.merge[several] = at
            several += 1
        first = last
        last += count[at]
        count[at] = first
        bush.end[at] = last
    bushes.merge_count[row] = several
    for at in range(chosen):
        link = scratch.chosen[at]
        entry = count[place[graph.head[link]]]
        count[place[graph.head[link]]] += 1
        bush.link[entry] = link
        bush.tail[entry] = place[graph.tail[link]]
        bush.flow[entry] = scratch.weight[at]
