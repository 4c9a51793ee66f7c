"""Small networks that the tests of the equilibrium build from lists of links."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from braess.domains.road.network import Demand, RoadNetwork

Link = tuple[int, int, float, float, float, float]  # tail, head, capacity, free-flow time, b, power
Trips = dict[tuple[int, int], float]
Build = Callable[..., tuple[RoadNetwork, Demand]]


def make_case(
    links: Sequence[Link], trips: Trips, *, nodes: int, closed_nodes: Sequence[int] = (), **others: float
) -> tuple[RoadNetwork, Demand]:
    """Build a network whose every node is a zone, and its demand."""
    columns = np.array(links, dtype=np.float64).T
    nothing = np.zeros(len(links))
    through = np.ones(nodes, dtype=np.bool_)
    through[list(closed_nodes)] = False
    network = RoadNetwork(
        name="test",
        node_ids=np.arange(1, nodes + 1),
        zone_nodes=np.arange(nodes),
        through=through,
        tail=columns[0],
        head=columns[1],
        capacity=columns[2],
        free_flow_time=columns[3],
        b=columns[4],
        power=columns[5],
        length=nothing,
        toll=nothing,
        speed=nothing,
        link_type=nothing,
        **others,
    )
    matrix = np.zeros((nodes, nodes))
    for pair, amount in trips.items():
        matrix[pair] = amount
    return network, Demand(matrix)


@pytest.fixture(scope="session")
def build() -> Build:
    return make_case


# Braess's network with times 10 x, 50 + x, 50 + x, 10 + x, 10 x: zero free-flow times are written as a tiny time and a huge b.
_TINY = 1e-9
BRAESS: list[Link] = [
    (0, 1, 1.0, _TINY, 10 / _TINY, 1.0),
    (0, 2, 1.0, 50.0, 0.02, 1.0),
    (1, 3, 1.0, 50.0, 0.02, 1.0),
    (1, 2, 1.0, 10.0, 0.1, 1.0),
    (2, 3, 1.0, _TINY, 10 / _TINY, 1.0),
]


@pytest.fixture(scope="session")
def braess() -> tuple[RoadNetwork, Demand]:
    return make_case(BRAESS, {(0, 3): 6.0}, nodes=4)


def _random_case(
    seed: int, *, nodes: int = 7, extra: int = 10, load: float = 1.0, **others: float
) -> tuple[RoadNetwork, Demand]:
    """Build a connected network with mixed links (constant costs, zero times, several powers, parallel links)."""
    rng = np.random.default_rng(seed)
    ring = np.arange(nodes)
    tail = np.concatenate([ring, ring, rng.integers(0, nodes, extra)])
    head = np.concatenate([(ring + 1) % nodes, (ring - 1) % nodes, rng.integers(0, nodes, extra)])
    count = tail.size
    columns = (
        tail,
        head,
        rng.uniform(2, 10, count),
        rng.uniform(0, 10, count) * (rng.random(count) > 0.15),
        rng.choice([0.0, 0.15, 1.0], count),
        rng.choice([0.0, 1.0, 2.0, 4.0, 4.0, 7.3], count),
    )
    matrix = load * rng.uniform(0, 2, (nodes, nodes)) * (rng.random((nodes, nodes)) < 0.6)
    links = [tuple(row) for row in np.column_stack(columns).tolist()]
    return make_case(links, {pair: float(matrix[pair]) for pair in np.ndindex(nodes, nodes)}, nodes=nodes, **others)


@pytest.fixture(scope="session")
def random_case() -> Build:
    return _random_case
