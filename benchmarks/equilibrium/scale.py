"""Networks that grow: a city of any size, and the time and memory its equilibrium takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from timing import timed

from braess.domains.road.equilibrium import Assignment, verify
from braess.domains.road.network import Bools, Demand, Floats, Ints, RoadNetwork

SIZES = (1_000, 3_000, 6_500, 13_000)  # nodes
GAPS = (1e-4, 1e-6)
REPEATS = 3
SEED = 0
LINKS_PER_NODE = 2.15
NODES_PER_ZONE = 15.02  # 865 zones on 13,000 nodes
LOAD = 0.42  # trips times free-flow time, over what all links could carry; calibrated for a mean volume/capacity of 0.5
_ARTERIAL_EVERY = 6  # streets
_BLOCK = 0.25  # km between streets
_REACH = 6.0  # km after which trips are e times rarer


def city(nodes: int, *, seed: int = SEED) -> tuple[RoadNetwork, Demand]:
    """Make a city of the kind of Berlin: streets on a grid, arterials among them, trips between places all over it.

    Arterials run both ways, are wider and faster; the streets between them run one way in turn, and some blocks are closed.
    So there are few links a node, as in real networks, and everywhere can be reached from everywhere.

    Parameters
    ----------
    nodes
        About how many crossings: the grid is nearly square.
    seed
        Equal seeds give equal cities.

    Returns
    -------
    Network (hours, km, vehicles per hour) and demand.
    """
    rng = np.random.default_rng(seed)
    rows = round(nodes**0.5)
    columns = round(nodes / rows)
    count = rows * columns
    tail, head, wide = _thinned(*_streets(rows, columns), count, rng)
    place = np.column_stack(np.divmod(np.arange(count), columns)) * _BLOCK
    zones = np.sort(rng.choice(count, round(count / NODES_PER_ZONE), replace=False))
    length = _BLOCK * rng.uniform(0.9, 1.4, tail.size)
    speed = np.where(wide, rng.choice([45.0, 50.0], tail.size), rng.choice([30.0, 40.0], tail.size))
    capacity = np.where(wide, rng.choice([1800.0, 2400.0], tail.size), rng.choice([800.0, 1000.0, 1200.0], tail.size))
    network = RoadNetwork(
        name=f"city-{count}",
        node_ids=np.arange(1, count + 1),
        zone_nodes=zones,
        through=np.ones(count, np.bool_),
        tail=tail,
        head=head,
        capacity=capacity,
        free_flow_time=length / speed,
        b=np.full(tail.size, 0.15),
        power=np.full(tail.size, 4.0),
        length=length,
        toll=np.zeros(tail.size),
        speed=speed,
        link_type=wide.astype(np.int64),
        coordinates=place[:, ::-1],
    )
    return network, _trips(network, place[zones], rng)


def _streets(rows: int, columns: int) -> tuple[Ints, Ints, Bools]:
    """Return tail, head and width of the links of a full grid: arterials both ways, other streets one way in turn."""
    node = np.arange(rows * columns).reshape(rows, columns)
    parts = []
    for lines in (node, node.T):
        for at, line in enumerate(lines):
            wide = at % _ARTERIAL_EVERY == 0 or at == len(lines) - 1
            if wide or at % 2:
                parts.append((line[:-1], line[1:], np.full(line.size - 1, wide)))
            if wide or at % 2 == 0:
                parts.append((line[1:], line[:-1], np.full(line.size - 1, wide)))
    tail, head, arterial = (np.concatenate(part) for part in zip(*parts, strict=True))
    return tail, head, arterial


def _thinned(tail: Ints, head: Ints, wide: Bools, nodes: int, rng: np.random.Generator) -> tuple[Ints, Ints, Bools]:
    """Close random blocks of ordinary streets until there are few links enough, so that all stays connected."""
    kept = np.ones(tail.size, np.bool_)
    excess = tail.size - round(LINKS_PER_NODE * nodes)
    at_once = max(1, nodes // 100)
    while excess > 0:
        closed = rng.choice(np.flatnonzero(kept & ~wide), min(at_once, excess), replace=False)
        kept[closed] = False
        graph = csr_matrix((np.ones(kept.sum()), (tail[kept], head[kept])), shape=(nodes, nodes))
        if connected_components(graph, connection="strong")[0] > 1:
            kept[closed] = True
            at_once = max(1, at_once // 2)
        else:
            excess -= closed.size
    return tail[kept], head[kept], wide[kept]


def _trips(network: RoadNetwork, place: Floats, rng: np.random.Generator) -> Demand:
    """Return trips by gravity, rarer with distance and more where streets are wide, as many as make ``LOAD``."""
    size = rng.uniform(0.5, 1.5, (2, len(place)))
    leaving = size[0] * np.bincount(network.tail, network.capacity, network.nodes)[network.zone_nodes]
    arriving = size[1] * np.bincount(network.head, network.capacity, network.nodes)[network.zone_nodes]
    apart = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    trips = leaving[:, None] * arriving * np.exp(-apart / _REACH)
    np.fill_diagonal(trips, 0.0)
    graph = csr_matrix((network.free_flow_time, (network.tail, network.head)), shape=(network.nodes, network.nodes))
    quickest = dijkstra(graph, indices=network.zone_nodes)[:, network.zone_nodes]
    load = float((trips * quickest).sum() / (network.capacity @ network.free_flow_time))
    return Demand(trips * LOAD / load)


def _peak_bytes() -> int:
    """Return the most memory this process has held; ``ru_maxrss`` would count that of the process which started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def _measure(nodes: int, gap: float) -> dict[str, Any]:
    """Solve one city to one gap in this process."""
    Assignment(*city(100)).solve()  # compiled before
    network, demand = city(nodes)
    assignment = Assignment(network, demand)
    before = _peak_bytes()
    began = time.perf_counter()
    solved = assignment.solve(relative_gap=gap)
    seconds = [time.perf_counter() - began]
    peak = _peak_bytes()
    seconds += [timed(assignment, relative_gap=gap) for _ in range(REPEATS - 1)]
    ratio = solved.flow / network.capacity
    return {
        "network": network.name,
        "nodes": network.nodes,
        "links": network.links,
        "zones": network.zones,
        "origins": int((demand.matrix.sum(axis=1) > 0).sum()),
        "trips": demand.total,
        "relative_gap": gap,
        "verified_gap": verify(network, demand, solved.flow).relative_gap,
        "iterations": solved.iterations,
        "seconds": sorted(seconds)[len(seconds) // 2],
        "peak_bytes": peak,
        "peak_bytes_before": before,
        "state_bytes": solved.state.nbytes,
        "mean_volume_capacity": float(ratio[ratio > 0].mean()),
        "congested_share": float((ratio > 1).mean()),
        "largest_volume_capacity": float(ratio.max()),
    }


def measure_scale(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Solve cities of some sizes to ``GAPS``, each in a process of its own, so that its memory can be told."""
    rows = []
    for nodes in sizes:
        for gap in GAPS:
            command = [sys.executable, __file__, str(nodes), str(gap)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout))
    return rows


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]), float(sys.argv[2]))))
