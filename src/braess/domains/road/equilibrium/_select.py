"""Which trips use given links (compiled): an automaton reads the links of all paths at once along the order of a bush."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import label
from braess.domains.road.equilibrium._bushes import view
from braess.domains.road.equilibrium._kernel import Bush, Bushes, Floats, Graph, Indices, make_labels, make_scratch
from braess.domains.road.equilibrium._start import set_demand
from braess.domains.road.equilibrium._tangent import shares
from braess.kernels import kernel


@kernel
def advance(bush: Bush, share: Floats, symbol: Indices, step: Indices, reach: Floats) -> None:
    """Set ``reach`` ``[nodes, states]`` to the share of the paths to each position that brings the automaton into a state.

    The automaton starts in state 0 and goes from ``state`` to ``step[state, symbol[link]]`` where a path takes a link.
    """
    reach[: bush.node.size] = 0.0
    reach[0, 0] = 1.0
    for place in range(1, bush.node.size):
        for entry in range(bush.end[place - 1], bush.end[place]):
            if share[entry] > 0.0:
                before, read = bush.tail[entry], symbol[bush.link[entry]]
                for state in range(reach.shape[1]):
                    reach[place, step[state, read]] += share[entry] * reach[before, state]


@kernel
def retrace(bush: Bush, share: Floats, symbol: Indices, step: Indices, reach: Floats, ahead: Floats, flow: Floats) -> None:
    """Add to ``flow`` ``[links]`` the trips whose paths end in the last state.

    ``ahead`` ``[nodes, states]`` holds the trips that end at each position in that state's column, and zeros elsewhere;
    afterwards, what each path in a state at a position contributes to trips further on, per unit of ``reach``.
    """
    for place in range(bush.node.size - 1, 0, -1):
        for entry in range(bush.end[place - 1], bush.end[place]):
            if share[entry] <= 0.0:
                continue
            before, read = bush.tail[entry], symbol[bush.link[entry]]
            for state in range(reach.shape[1]):
                sent = share[entry] * ahead[place, step[state, read]]
                ahead[before, state] += sent
                flow[bush.link[entry]] += sent * reach[before, state]


@kernel
def select(graph: Graph, bushes: Bushes, cost: Floats, trips: Floats, symbol: Indices, step: Indices) -> tuple[Floats, Floats]:
    """Return the trips ``[zones, zones]`` whose paths end in the last state of an automaton, and their flows ``[links]``.

    Trips split at nodes as the flow of their origin does.
    """
    nodes, zones, states = graph.through.size, graph.zone.size, step.shape[0]
    labels, scratch = make_labels(nodes), make_scratch(nodes, cost.size)
    share, at_node = np.zeros(cost.size), np.zeros(nodes)
    reach, ahead = np.zeros((nodes, states)), np.zeros((nodes, states))
    chosen, flow = np.zeros((zones, zones)), np.zeros(cost.size)
    for zone in range(zones):
        bush = view(bushes, zone)
        if bush.node.size == 0:
            continue
        label(bush, cost, labels)
        shares(bush, labels, share)
        advance(bush, share, symbol, step, reach)
        set_demand(graph, trips, zone, scratch)
        ahead[:] = 0.0
        at_node[:] = 0.0
        for place in range(bush.node.size):
            ahead[place, states - 1] = scratch.demand[bush.node[place]]
            at_node[bush.node[place]] = reach[place, states - 1]
        for end in range(zones):
            chosen[zone, end] = trips[zone, end] * at_node[graph.zone[end]]
        retrace(bush, share, symbol, step, reach, ahead, flow)
    return chosen, flow
