"""Random networks, small enough to evaluate every design on them."""

from __future__ import annotations

import numpy as np

from braess.domains.road.network import Demand, RoadNetwork


def random_roads(seed: int) -> tuple[RoadNetwork, Demand, np.ndarray]:
    """Build a ring with shortcuts, each of which may be built or widened."""
    rng = np.random.default_rng(seed)
    nodes, extra = int(rng.integers(4, 7)), int(rng.integers(3, 6))
    ring = np.arange(nodes)
    head = (rng.integers(1, nodes, extra) + (tail := rng.integers(0, nodes, extra))) % nodes
    tail = np.concatenate([ring, ring, tail])
    head = np.concatenate([(ring + 1) % nodes, (ring - 1) % nodes, head])
    links, nothing = tail.size, np.zeros(tail.size)
    network = RoadNetwork(
        name="test",
        node_ids=ring + 1,
        zone_nodes=ring,
        through=np.ones(nodes, dtype=np.bool_),
        tail=tail,
        head=head,
        capacity=rng.uniform(2, 8, links),
        free_flow_time=rng.uniform(0.5, 6, links),
        b=rng.choice([0.0, 0.15, 1.0], links),
        power=rng.choice([1.0, 2.0, 4.0], links),
        length=nothing,
        toll=rng.choice([0.0, 2.0], links),
        speed=nothing,
        link_type=nothing,
        toll_factor=0.5,
        preload=np.where(np.arange(links) < 2 * nodes, rng.choice([0.0, 1.0], links), 0.0),
    )
    demand = Demand(rng.uniform(0, 4, (nodes, nodes)) * (rng.random((nodes, nodes)) < 0.5))
    return network, demand, np.arange(2 * nodes, links)


def islands() -> tuple[RoadNetwork, Demand]:
    """Build a road from zone 1 over node 2 to zone 3: without either link there is no path."""
    network = RoadNetwork(
        name="islands",
        node_ids=np.array([1, 2, 3]),
        zone_nodes=np.array([0, 2]),
        through=np.ones(3, dtype=np.bool_),
        tail=np.array([0, 1]),
        head=np.array([1, 2]),
        **{name: np.ones(2) for name in ("capacity", "free_flow_time", "b", "power", "length", "toll", "speed")},
        link_type=np.ones(2, dtype=np.int64),
    )
    return network, Demand(np.array([[0.0, 1.0], [0.0, 0.0]]))
