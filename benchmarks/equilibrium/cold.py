"""From nothing to 1e-10: time on one thread and on two, beside TAP-B where it is at hand, and the published flows."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
from limit import pass_seconds
from peer_tap_b import NETWORKS as TAP_B_NETWORKS
from peer_tap_b import tap_b_seconds
from scale import city
from timing import timed

from braess.domains.road import load, published_flows
from braess.domains.road.equilibrium import Assignment
from braess.domains.road.network import Demand, Floats, Ints, RoadNetwork
from braess.errors import InputError

GAP = 1e-10
REPEATS = 9
_CITY = "city-"


def measure(name: str, tap_b: Path | None) -> dict[str, Any]:
    """Solve one network again and again, in turn with TAP-B."""
    network, demand = load(name)
    assignment = Assignment(network, demand)
    solved = assignment.solve(relative_gap=GAP)
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(timed(assignment, relative_gap=GAP))
        if tap_b is not None and name in TAP_B_NETWORKS:
            theirs.append(tap_b_seconds(tap_b, name, GAP))
    row: dict[str, Any] = {
        **sizes(network, demand),
        "relative_gap": solved.relative_gap,
        "iterations": solved.iterations,
        "total_travel_time": solved.total_travel_time,
        "beckmann": solved.beckmann,
        "seconds": statistics.median(ours),
        "tap_b_seconds": statistics.median(theirs) if theirs else None,
        "tap_b_ratio": statistics.median(theirs) / statistics.median(ours) if theirs else None,
        "state_bytes": solved.state.nbytes,
        "pass_seconds": pass_seconds(network, origins_of(network, demand)),
        "least_gap": assignment.solve(relative_gap=1e-14).relative_gap,
    }
    return row | _against_published(name, solved.flow, network)


def measure_threads(name: str, *, relative_gap: float = GAP) -> dict[str, Any]:
    """Solve on one thread and on two, one after the other, again and again.

    Parameters
    ----------
    name
        A network's name, or ``city-N`` for the generated city of about N nodes.
    relative_gap
        Precision of the solves.
    """
    network, demand = city(int(name.removeprefix(_CITY))) if name.startswith(_CITY) else load(name)
    assignment = Assignment(network, demand)
    settings: dict[int, dict[str, Any]] = {one: {"relative_gap": relative_gap, "threads": one} for one in (1, 2)}
    flows = [assignment.solve(**given).flow for given in settings.values()]
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(REPEATS):
        for threads, given in settings.items():
            taken[threads].append(timed(assignment, **given))
    one, two = (statistics.median(taken[threads]) for threads in (1, 2))
    return {
        **sizes(network, demand),
        "relative_gap": relative_gap,
        "repeats": REPEATS,
        "seconds_one_thread": one,
        "seconds_two_threads": two,
        "ratio": one / two,
        "largest_difference": float(np.abs(flows[0] - flows[1]).max()),
    }


def sizes(network: RoadNetwork, demand: Demand) -> dict[str, Any]:
    """Return how large a network is; ``origins`` are the zones that trips leave."""
    return {
        "network": network.name,
        "zones": network.zones,
        "origins": origins_of(network, demand).size,
        "nodes": network.nodes,
        "links": network.links,
    }


def origins_of(network: RoadNetwork, demand: Demand) -> Ints:
    """Return the nodes that trips leave for other zones ``[origins]``."""
    leaving = demand.matrix.sum(axis=1) - np.diagonal(demand.matrix)
    origins: Ints = network.zone_nodes[leaving > 0]
    return origins


def _against_published(name: str, flow: Floats, network: RoadNetwork) -> dict[str, Any]:
    try:
        published = published_flows(name)
    except InputError:
        return {"largest_difference": None, "largest_relative_difference": None, "published_total_travel_time": None}
    difference = float(np.abs(flow - published).max())
    return {
        "largest_difference": difference,
        "largest_relative_difference": difference / float(published.max()),
        "published_total_travel_time": float(published @ network.travel_time(published)),
    }
