"""Paths of the flow in a bush (compiled): all of them by the splits at nodes, or few wide ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium._bush import label
from braess.domains.road.equilibrium._bushes import view
from braess.domains.road.equilibrium._kernel import (
    Bools,
    Bush,
    Bushes,
    Floats,
    Graph,
    Indices,
    Int32s,
    Int64s,
    make_labels,
    make_scratch,
)
from braess.domains.road.equilibrium._start import place_nodes, set_demand
from braess.domains.road.equilibrium._tangent import shares
from braess.kernels import kernel

# Shares of a pair's trips below this are rounding of the flows that were taken off before.
_DUST = 1e-12


class Found(NamedTuple):
    """Paths found so far, in arrays with spare room."""

    size: Int64s
    """``[3]`` paths, links of all paths, most paths allowed."""
    origin: Int32s
    """``[paths]`` zone."""
    destination: Int32s
    """``[paths]`` zone."""
    flow: Floats
    """``[paths]``."""
    end: Int64s
    """``[paths]`` end of the links of each path."""
    link: Indices
    """``[path links]`` links from origin to destination."""


class Way(NamedTuple):
    """Where a walk back from a destination is, by the number of links walked."""

    place: Indices
    """``[nodes]`` position reached."""
    entry: Indices
    """``[nodes]`` next entry to walk back through."""
    flow: Floats
    """``[nodes]`` flow of the walk."""
    link: Indices
    """``[nodes]`` links walked."""


@kernel
def _add(found: Found, origin: int, destination: int, flow: float, way: Way, length: int) -> Found:
    """Return the paths with one more, whose links stand in ``way`` from its end to its start."""
    size, origins, destinations, flows, ends, links = found
    at, first = size[0], size[1]
    if at == flows.size:
        origins, destinations = np.concatenate((origins, origins)), np.concatenate((destinations, destinations))
        flows, ends = np.concatenate((flows, flows)), np.concatenate((ends, ends))
    while first + length > links.size:
        links = np.concatenate((links, links))
    origins[at], destinations[at], flows[at], ends[at] = origin, destination, flow, first + length
    for step in range(length):
        links[first + step] = way.link[length - 1 - step]
    size[0], size[1] = at + 1, first + length
    return Found(size, origins, destinations, flows, ends, links)


@kernel
def by_shares(
    bush: Bush, share: Floats, goal: int, trips: float, least: float, pair: tuple[int, int], way: Way, found: Found
) -> Found:
    """Add every path of one pair with at least ``least`` trips, split at each node by ``share`` (depth first, from the end)."""
    depth = 0
    way.place[0], way.flow[0] = goal, trips
    way.entry[0] = bush.end[goal - 1] if goal > 0 else 0
    while True:
        place = way.place[depth]
        if place == 0:
            found = _add(found, pair[0], pair[1], way.flow[depth], way, depth)
            if found.size[0] > found.size[2]:
                return found
        if place == 0 or way.entry[depth] == bush.end[place]:
            if depth == 0:
                return found
            depth -= 1
            continue
        entry = way.entry[depth]
        way.entry[depth] += 1
        flow = way.flow[depth] * share[entry]
        if flow > 0.0 and flow >= least:
            way.link[depth] = bush.link[entry]
            depth += 1
            before = bush.tail[entry]
            way.place[depth], way.flow[depth] = before, flow
            way.entry[depth] = bush.end[before - 1] if before > 0 else 0


@kernel
def load_shares(bush: Bush, share: Floats, demand: Floats, amount: Floats, flow: Floats) -> None:
    """Set ``flow`` by entry to that of the trips ``demand`` by node, split at each node by ``share``."""
    for place in range(bush.node.size):
        amount[place] = demand[bush.node[place]]
    for place in range(bush.node.size - 1, 0, -1):
        for entry in range(bush.end[place - 1], bush.end[place]):
            flow[entry] = amount[place] * share[entry]
            amount[bush.tail[entry]] += flow[entry]


@kernel
def widest(bush: Bush, share: Floats, flow: Floats, goal: int, width: Floats, parent: Indices) -> None:
    """Find the path to each position up to a goal, over used entries, on which most flow is left."""
    width[0] = np.inf
    for place in range(1, goal + 1):
        width[place] = -1.0
        for entry in range(bush.end[place - 1], bush.end[place]):
            value = min(width[bush.tail[entry]], flow[entry])
            if share[entry] > 0.0 and value > width[place]:
                width[place] = value
                parent[place] = entry


@kernel
def by_width(
    bush: Bush,
    share: Floats,
    flow: Floats,
    goal: int,
    trips: float,
    pair: tuple[int, int],
    width: Floats,
    parent: Indices,
    way: Way,
    found: Found,
) -> Found:
    """Add the paths of one pair: again and again the widest in what is left of ``flow`` by entry, which is taken off it."""
    left, dust = trips, _DUST * trips
    first = found.size[0]
    while left > 0.0:
        widest(bush, share, flow, goal, width, parent)
        if width[goal] <= dust and found.size[0] > first:
            found.flow[found.size[0] - 1] += left
            return found
        taken = left if width[goal] <= dust or left - width[goal] <= dust else width[goal]
        length, place = 0, goal
        while place > 0:
            way.link[length] = bush.link[parent[place]]
            flow[parent[place]] = max(flow[parent[place]] - taken, 0.0)
            place = bush.tail[parent[place]]
            length += 1
        found = _add(found, pair[0], pair[1], taken, way, length)
        left -= taken
    return found


@kernel
def paths_of(
    graph: Graph, bushes: Bushes, cost: Floats, trips: Floats, wanted: Bools, few: bool, least: float, most: int
) -> tuple[bool, Int32s, Int32s, Floats, Int64s, Indices]:
    """Find the paths of all ``wanted`` pairs ``[zones, zones]`` that have trips.

    Returns
    -------
    Whether there were no more than ``most``; origin, destination and flow of each path, the ends of their links and the
    links.
    """
    nodes, zones = graph.through.size, graph.zone.size
    labels, scratch = make_labels(nodes), make_scratch(nodes, cost.size)
    share, flow, width = np.zeros(cost.size), np.zeros(cost.size), np.zeros(nodes)
    way = Way(
        np.zeros(nodes + 1, np.uint32), np.zeros(nodes + 1, np.uint32), np.zeros(nodes + 1), np.zeros(nodes + 1, np.uint32)
    )
    zone_of, link = np.zeros(zones, np.int32), np.zeros(zones * 8, np.uint32)
    size = np.array([0, 0, most])
    found = Found(size, zone_of, zone_of.copy(), np.zeros(zones), np.zeros(zones, np.int64), link)
    for zone in range(zones):
        bush = view(bushes, zone)
        if bush.node.size == 0 or not wanted[zone].any():
            continue
        label(bush, cost, labels)
        shares(bush, labels, share)
        place_nodes(bush.node, scratch)
        if few:
            set_demand(graph, trips, zone, scratch)
            load_shares(bush, share, scratch.demand, scratch.amount, flow)
        for end in range(zones):
            goal, pair = scratch.place[graph.zone[end]], (zone, end)
            if trips[zone, end] <= 0.0 or not (few or wanted[zone, end]):
                continue
            if not few:
                found = by_shares(bush, share, goal, trips[zone, end], least, pair, way, found)
            else:
                before, length = size[0], size[1]
                found = by_width(bush, share, flow, goal, trips[zone, end], pair, width, scratch.queue, way, found)
                if not wanted[zone, end]:  # its paths are needed only to know what they leave
                    size[0], size[1] = before, length
            if size[0] > most:
                return False, found.origin, found.destination, found.flow, found.end, found.link
    paths, links = size[0], size[1]
    return True, found.origin[:paths], found.destination[:paths], found.flow[:paths], found.end[:paths], found.link[:links]


@kernel
def sum_along(start: Int64s, link: Indices, values: Floats) -> Floats:
    """Return for each path the sum of link values ``[links]`` along it."""
    result = np.zeros(start.size - 1)
    for path in range(result.size):
        for at in range(start[path], start[path + 1]):
            result[path] += values[link[at]]
    return result


@kernel
def spread_paths(start: Int64s, link: Indices, flow: Floats, result: Floats) -> None:
    """Add the flow of each path to the links ``[links]`` along it."""
    for path in range(flow.size):
        for at in range(start[path], start[path + 1]):
            result[link[at]] += flow[path]
