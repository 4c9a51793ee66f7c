"""Roads as graph models read them: demand at the nodes, capacities and times on the edges (arXiv:2303.06024)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.network import Demand, RoadNetwork
from braess.domains.road.problems.sampling import demand_pairs
from braess.problem import Columns, Graph

# Free-flow times below this share of their mean count as that much in weights, which are per time.
_SHORTEST = 0.01


def graph_of(network: RoadNetwork, demand: Demand, inputs: Columns) -> Graph:
    """Return the graph of ``n`` inputs.

    Parameters
    ----------
    network, demand
        What is not drawn is theirs.
    inputs
        ``capacity``, ``open_links`` and ``toll`` ``[n, links]``, ``trips`` ``[n, pairs]``; any of them may be missing.

    Returns
    -------
    A node's features are its trips to each zone. An edge's are capacity (0 where closed) and free-flow time and, where
    anything is charged, the fixed cost; its weight is capacity over free-flow time.
    """
    n = len(next(iter(inputs.values())))
    capacity = np.broadcast_to(inputs.get("capacity", network.capacity), (n, network.links))
    if "open_links" in inputs:
        capacity = np.where(inputs["open_links"], capacity, 0.0)
    time = network.free_flow_time
    columns = [capacity, np.broadcast_to(time, capacity.shape)]
    if "toll" in inputs or network.fixed_cost.any():
        toll = np.asarray(inputs.get("toll", network.toll), dtype=np.float64)
        fixed = network.toll_factor * toll + network.distance_factor * network.length
        columns.append(np.broadcast_to(fixed, capacity.shape))
    weight = capacity / np.maximum(time, _SHORTEST * time.mean())
    return Graph(
        np.stack([network.tail, network.head]),
        network.zone_nodes,
        _trips(network, demand, inputs),
        np.stack(columns, axis=2).astype(np.float32),
        weight.astype(np.float32),
    )


def _trips(network: RoadNetwork, demand: Demand, inputs: Columns) -> NDArray[np.float32]:
    """Return the trips from each node to each zone, ``[n or 1, nodes, zones]``."""
    pairs = demand_pairs(demand)
    trips = inputs.get("trips", demand.matrix[pairs[:, 0], pairs[:, 1]][None])
    found = np.zeros((len(trips), network.nodes, network.zones), dtype=np.float32)
    found[:, network.zone_nodes[pairs[:, 0]], pairs[:, 1]] = trips
    return found
