"""AequilibraE's biconjugate Frank-Wolfe on one thread, and ours to the same gap, run by run in turn."""

from __future__ import annotations

import logging
import os
import statistics
import time
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from timing import timed

from braess.domains.road import load, names
from braess.domains.road.equilibrium import Assignment, verify
from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.errors import InputError

NETWORKS = ("sioux-falls", "anaheim", "chicago-sketch")
GAP = 1e-6
REPEATS = 3
_MOST_ITERATIONS = 20_000
_LEAST_TIME = 1e-6  # AequilibraE refuses links without free-flow time


class Answer(NamedTuple):
    """What AequilibraE found."""

    seconds: float
    """Wall-clock time of its ``execute``: graph and matrix were built before."""
    cpu_seconds: float
    """Processor time of the same."""
    flow: Floats
    """``[links]`` in the order of our links."""
    own_gap: float
    """The relative gap it reports."""
    iterations: int


def shared(network: RoadNetwork) -> RoadNetwork:
    """Return the nearest network that AequilibraE accepts; both solve that one.

    Links get a free-flow time of at least 1e-6, and powers that do not matter (``b`` is 0) become 1.

    Raises
    ------
    InputError
        There are parallel links, powers below 1, several zones at a node, or some but not all zones carry through traffic.
    """
    ends = network.tail * network.nodes + network.head
    power = np.where(network.b == 0, 1.0, network.power)
    closed = np.flatnonzero(~network.through)
    reasons = {
        "parallel links": np.unique(ends).size < network.links,
        "powers below 1": bool((power < 1).any()),
        "several zones at a node": np.unique(network.zone_nodes).size < network.zones,
        "through traffic at some zones only": closed.size > 0 and set(closed.tolist()) != set(network.zone_nodes.tolist()),
    }
    for reason, holds in reasons.items():
        if holds:
            raise InputError(f"AequilibraE cannot be given {reason}", field="network", found=network.name)
    return network.with_links(free_flow_time=np.maximum(network.free_flow_time, _LEAST_TIME), power=power)


def _graph(network: RoadNetwork) -> Any:
    import pandas as pd
    from aequilibrae.paths import Graph

    number = np.zeros(network.nodes, np.int64)  # centroids must come first
    number[network.zone_nodes] = np.arange(1, network.zones + 1)
    number[number == 0] = np.arange(network.zones + 1, network.nodes + 1)
    graph = Graph()
    graph.network = pd.DataFrame(
        {
            "link_id": np.arange(1, network.links + 1),
            "a_node": number[network.tail],
            "b_node": number[network.head],
            "direction": np.ones(network.links, np.int8),
            "free_flow_time": network.free_flow_time,
            "capacity": network.capacity,
            "b": network.b,
            "power": network.power,
            "fixed_cost": network.fixed_cost,
        }
    )
    graph.prepare_graph(np.arange(1, network.zones + 1))
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(not bool(network.through.all()))
    return graph


def _matrix(demand: Demand) -> Any:
    from aequilibrae.matrix import AequilibraeMatrix

    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=len(demand.matrix), matrix_names=["trips"], memory_only=True)
    matrix.index[:] = np.arange(1, len(demand.matrix) + 1)
    matrix.matrix["trips"][:, :] = demand.matrix * ~np.eye(len(demand.matrix), dtype=np.bool_)
    matrix.computational_view(["trips"])
    return matrix


def solve(network: RoadNetwork, demand: Demand, gap: float) -> Answer:
    """Solve with AequilibraE, on one thread, until it reports the gap."""
    os.environ["AEQ_SHOW_PROGRESS"] = "FALSE"  # read when it is imported; its progress bars would cost it time
    from aequilibrae.paths import TrafficAssignment, TrafficClass

    logging.getLogger("aequilibrae").setLevel(logging.ERROR)
    cars = TrafficClass("car", _graph(network), _matrix(demand))
    if network.fixed_cost.any():
        cars.set_fixed_cost("fixed_cost")
    assignment = TrafficAssignment()
    assignment.set_classes([cars])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": "b", "beta": "power"})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.set_cores(1)
    assignment.max_iter = _MOST_ITERATIONS
    assignment.rgap_target = gap
    assignment.set_algorithm("bfw")
    began, worked = time.perf_counter(), time.process_time()
    assignment.execute(log_specification=False)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
    gaps = assignment.assignment.convergence_report["rgap"]
    return Answer(seconds, cpu_seconds, np.array(cars.results.total_link_loads), float(gaps[-1]), len(gaps))


def measure_peer() -> list[dict[str, Any]]:
    """Measure both on every network at hand; figures are ``None`` where AequilibraE is not installed."""
    return [_row(name) for name in NETWORKS if name in names()]


_FIGURES = (
    "aequilibrae",
    "aequilibrae_seconds",
    "aequilibrae_cpu_seconds",
    "aequilibrae_own_gap",
    "aequilibrae_gap",
    "aequilibrae_iterations",
    "seconds",
    "gap",
    "ratio",
)


def _row(name: str) -> dict[str, Any]:
    row: dict[str, Any] = {"network": name, "gap_asked": GAP, **dict.fromkeys(_FIGURES)}
    if find_spec("aequilibrae") is None:
        return row
    network, demand = load(name)
    network = shared(network)
    assignment = Assignment(network, demand)
    theirs, worked, ours = [], [], []
    for _ in range(REPEATS):
        answer = solve(network, demand, GAP)
        reached = verify(network, demand, answer.flow)
        if reached.imbalance > 1e-6 * demand.total:
            raise SystemExit(f"AequilibraE's flows on {name} do not carry the trips: {reached}")
        theirs.append(answer.seconds)
        worked.append(answer.cpu_seconds)
        ours.append(timed(assignment, relative_gap=reached.relative_gap))
    solved = assignment.solve(relative_gap=reached.relative_gap)
    seconds = statistics.median(ours)
    gap = verify(network, demand, solved.flow).relative_gap
    figures = (
        version("aequilibrae"),
        statistics.median(theirs),
        statistics.median(worked),
        answer.own_gap,
        reached.relative_gap,
        answer.iterations,
        seconds,
        gap,
        statistics.median(worked) / seconds,
    )
    return row | dict(zip(_FIGURES, figures, strict=True))
