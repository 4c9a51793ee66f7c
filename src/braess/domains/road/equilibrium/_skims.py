"""Sums of link values along paths (compiled): along the shortest one, or in the mean over the used ones."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bushes import view
from braess.domains.road.equilibrium._kernel import Bush, Bushes, Floats, Graph, Scratch, make_scratch
from braess.domains.road.equilibrium._path import search
from braess.kernels import kernel


@kernel
def sum_shortest(graph: Graph, cost: Floats, values: Floats, origin: int, scratch: Scratch, at_node: Floats) -> None:
    """Set ``at_node`` ``[nodes, k]`` to the sums of ``values`` ``[links, k]`` along the shortest path; infinite without one."""
    reached = search(graph, cost, origin, scratch)
    at_node[:] = np.inf
    at_node[origin] = 0.0
    for turn in range(1, reached):
        node = scratch.order[turn]
        link = scratch.parent[node]
        before = graph.tail[link]
        for which in range(values.shape[1]):
            at_node[node, which] = at_node[before, which] + values[link, which]


@kernel
def sum_used(bush: Bush, values: Floats, at_node: Floats) -> None:
    """Put the mean over the used paths in place of the sums along the shortest path, where paths to a node are used."""
    for place in range(1, bush.node.size):
        first, last = bush.end[place - 1], bush.end[place]
        total = bush.flow[first:last].sum()
        if total <= 0.0:
            continue
        node = bush.node[place]
        at_node[node] = 0.0
        for entry in range(first, last):
            share = bush.flow[entry] / total
            if share > 0.0:
                before, link = bush.node[bush.tail[entry]], bush.link[entry]
                for which in range(values.shape[1]):
                    at_node[node, which] += share * (at_node[before, which] + values[link, which])


@kernel
def skim(graph: Graph, bushes: Bushes, cost: Floats, values: Floats, used: bool) -> Floats:
    """Return sums of ``values`` ``[links, k]`` between all zones ``[k, zones, zones]``.

    Along the shortest path; with ``used``, in the mean over the paths of the bush's flow to a node where there is some.
    Without ``used`` the bushes may be those of any network.
    """
    nodes, zones, kinds = graph.through.size, graph.origin.size, values.shape[1]
    scratch = make_scratch(nodes, cost.size)
    at_node = np.empty((nodes, kinds))
    result = np.empty((kinds, zones, zones))
    for zone in range(zones):
        sum_shortest(graph, cost, values, graph.origin[zone], scratch, at_node)
        if used:
            sum_used(view(bushes, zone), values, at_node)
        for end in range(zones):
            for which in range(kinds):
                result[which, zone, end] = at_node[graph.zone[end], which]
    return result
