"""An independent look at link flows: gap, totals and conservation by a plain route that shares nothing with the solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from braess.domains.road.equilibrium.record import Principle
from braess.domains.road.network import Bools, Demand, Floats, Ints, RoadNetwork
from braess.errors import InputError


@dataclass(frozen=True)
class Verification:
    """What link flows amount to, recomputed.

    Parameters
    ----------
    relative_gap
        ``(total - shortest) / total`` of the cost by which trips choose (marginal at system optimum). The difference of
        two large sums: not reliable below about 1e-12.
    total_travel_time, total_cost, beckmann
        As in ``Equilibrium``.
    imbalance
        Largest difference at any node between flow and trips, flow units: entering against ending, leaving against
        starting where trips do not pass, and the net of both elsewhere.
    """

    relative_gap: float
    total_travel_time: float
    total_cost: float
    beckmann: float
    imbalance: float


def verify(
    network: RoadNetwork,
    demand: Demand,
    flow: Floats,
    *,
    principle: Principle = "user-equilibrium",
    open_links: Bools | None = None,
) -> Verification:
    """Recompute gap, totals and conservation of link flows with NumPy and SciPy alone.

    Parameters
    ----------
    network
        With the capacities, times and tolls in question (see ``RoadNetwork.with_links``).
    demand
        Trips between its zones.
    flow
        ``[links]`` flow units.
    principle
        Whether the gap is that of costs or of marginal costs.
    open_links
        ``[links]`` false where no flow may be.

    Raises
    ------
    InputError
        Flows do not match the links, are negative, lie on closed links, or trips have no open path.
    """
    usable = np.ones(network.links, np.bool_) if open_links is None else np.asarray(open_links, dtype=np.bool_)
    flow = np.asarray(flow, dtype=np.float64)
    if flow.shape != (network.links,):
        raise InputError("array does not match the number of links", field="flow", found=flow.shape)
    wrong = np.flatnonzero((flow < 0) | ((flow > 0) & ~usable) | ~np.isfinite(flow))
    if wrong.size:
        raise InputError("impossible flow", field="flow", found=f"link {network.link_label(wrong[0])}: {flow[wrong[0]]:g}")
    time = network.travel_time(flow)
    cost = time + network.fixed_cost
    weight, total_flow = network.delays.weight(network.free_flow_time), flow + network.preload
    level = network.delays.level(total_flow / network.capacity, 1.0 / network.capacity)
    before = network.delays.level(network.preload / network.capacity, 1.0 / network.capacity)
    choice = cost + weight * level.lift if principle == "system-optimum" else cost
    trips = demand.matrix * ~np.eye(network.zones, dtype=np.bool_)
    total = float(flow @ choice)
    shortest = _shortest_total(network, choice, usable, trips)
    return Verification(
        relative_gap=(total - shortest) / total if total > 0 else 0.0,
        total_travel_time=float(total_flow @ time),
        total_cost=float(total_flow @ time + flow @ network.fixed_cost),
        beckmann=float(
            flow @ (network.free_flow_time + network.fixed_cost)
            + total_flow @ (weight * level.mean)
            - network.preload @ (weight * before.mean)
        ),
        imbalance=_imbalance(network, flow, trips),
    )


def _exits(network: RoadNetwork) -> Ints:
    """``[nodes]`` where trips leave a node: a twin of the node where none pass, else the node itself."""
    exits: Ints = np.arange(network.nodes)
    closed = np.flatnonzero(~network.through)
    exits[closed] = network.nodes + np.arange(closed.size)
    return exits


def _shortest_total(network: RoadNetwork, cost: Floats, usable: Bools, trips: Floats) -> float:
    """Return the cost of all trips on shortest paths."""
    exits = _exits(network)
    size = int(exits.max(initial=-1)) + 1 if not network.through.all() else network.nodes
    links = np.flatnonzero(usable)
    links = links[np.lexsort((cost[links], network.head[links], exits[network.tail[links]]))]
    tail, head = exits[network.tail[links]], network.head[links]
    first = np.ones(links.size, np.bool_)  # the cheapest of parallel links
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    starts = np.searchsorted(tail[first], np.arange(size + 1))
    graph = csr_matrix((cost[links[first]], head[first], starts), shape=(size, size))  # keeps links of zero cost
    active = np.flatnonzero(trips.any(axis=1))
    if active.size == 0:
        return 0.0
    distance = dijkstra(graph, indices=exits[network.zone_nodes[active]])[:, network.zone_nodes]
    same = network.zone_nodes[active][:, None] == network.zone_nodes[None, :]
    distance[same] = 0.0
    wanted = trips[active] > 0
    if np.isinf(distance[wanted]).any():
        raise InputError("trips have no open path", field="demand")
    return float(np.sum(trips[active][wanted] * distance[wanted]))


def _imbalance(network: RoadNetwork, flow: Floats, trips: Floats) -> float:
    apart = trips * (network.zone_nodes[:, None] != network.zone_nodes[None, :])
    leaving = np.bincount(network.tail, flow, network.nodes)
    entering = np.bincount(network.head, flow, network.nodes)
    leaving -= np.bincount(network.zone_nodes, apart.sum(axis=1), network.nodes)
    entering -= np.bincount(network.zone_nodes, apart.sum(axis=0), network.nodes)
    ends = np.abs(np.concatenate((leaving, entering))[np.concatenate((~network.through, ~network.through))])
    return float(max(np.abs(leaving - entering).max(initial=0.0), ends.max(initial=0.0)))
