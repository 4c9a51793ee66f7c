"""Examples of road networks and their equilibria, drawn beyond what a design may do: what surrogates learn from.

Demand varies as in Madadi and Correia (arXiv:2303.06024): each pair of zones has a normal number of trips around its own, none
below zero; so do lanes, where designs move lanes: each link gains or loses up to two of four.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.equilibrium import AnyState, Assignment, Equilibrium
from braess.domains.road.network import Demand, Floats, Ints, RoadNetwork
from braess.errors import BraessError, InputError
from braess.problem import Answers, Columns

# Lanes each link is taken to have, and how many it may gain or lose.
_LANES, _MOST_CHANGED = 4, 2


def demand_pairs(demand: Demand) -> Ints:
    """Return the pairs of different zones that have trips, ``[pairs, 2]`` zone indices."""
    trips = demand.matrix.copy()
    np.fill_diagonal(trips, 0.0)
    return np.argwhere(trips > 0)


def demand_of(pairs: Ints, trips: Floats, zones: int) -> Demand:
    """Return the demand with so many trips ``[pairs]`` and no others."""
    matrix = np.zeros((zones, zones))
    matrix[pairs[:, 0], pairs[:, 1]] = trips
    return Demand(matrix)


def constants(network: RoadNetwork, demand: Demand) -> dict[str, Any]:
    """Return what columns of links and of pairs are of, and what the delays of the links depend on besides."""
    pairs, zone_ids = demand_pairs(demand), network.node_ids[network.zone_nodes]
    return {
        "links": {
            "tail": network.node_ids[network.tail].tolist(),
            "head": network.node_ids[network.head].tolist(),
            **{name: getattr(network, name).tolist() for name in ("capacity", "free_flow_time", "b", "power")},
        },
        "pairs": {
            "origin": zone_ids[pairs[:, 0]].tolist(),
            "destination": zone_ids[pairs[:, 1]].tolist(),
            "trips": demand.matrix[pairs[:, 0], pairs[:, 1]].tolist(),
        },
    }


def draw_trips(demand: Demand, n: int, rng: np.random.Generator, deviation: float) -> NDArray[np.float32]:
    """Draw ``[n, pairs]`` trips: normal, with a standard deviation of so many times the mean, and none below zero.

    They are of single precision, which halves the largest column of a sample, and solved as they are.
    """
    if not 0 <= deviation < np.inf:
        raise InputError("impossible deviation", field="deviation", found=deviation, expected="at least 0")
    pairs = demand_pairs(demand)
    mean = demand.matrix[pairs[:, 0], pairs[:, 1]]
    drawn = mean * (1.0 + deviation * rng.standard_normal((n, len(pairs))))
    return np.maximum(drawn, 0.0).astype(np.float32)


def draw_lanes(network: RoadNetwork, n: int, rng: np.random.Generator) -> Floats:
    """Draw ``[n, links]`` capacities after each link has gained or lost up to two of four lanes."""
    changed = rng.integers(-_MOST_CHANGED, _MOST_CHANGED, size=(n, network.links), endpoint=True)
    capacity: Floats = network.capacity * (1.0 + changed / _LANES)
    return capacity


def answer_all(
    assignment: Assignment,
    nearest: Callable[[dict[str, Any]], AnyState | None],
    inputs: Columns,
    relative_gap: float,
) -> Answers:
    """Solve the equilibrium of each input.

    Parameters
    ----------
    assignment
        Of the network and the demand whose pairs have the trips of the column ``trips``, or just those where there is none.
    nearest
        Returns the state from which to solve for some changes of the network.
    inputs
        ``trips`` ``[n, pairs]`` and changes of the network by name, ``[n, links]``.
    relative_gap
        Precision.
    """
    network, pairs = assignment.network, demand_pairs(assignment.demand)
    n = len(next(iter(inputs.values())))
    flow = np.full((n, network.links), np.nan)
    time, gap = np.full(n, np.nan), np.full(n, np.nan)
    errors: list[str | None] = [None] * n
    for i in range(n):
        changes: dict[str, Any] = {name: column[i] for name, column in inputs.items() if name != "trips"}
        trips = inputs["trips"][i].astype(np.float64) if "trips" in inputs else None
        demand = None if trips is None else demand_of(pairs, trips, network.zones)
        try:
            solved: Equilibrium = assignment.solve(**changes, demand=demand, start=nearest(changes), relative_gap=relative_gap)
        except BraessError as error:  # trips without a path: an answer too
            errors[i] = f"{type(error).__name__}: {error}"
            continue
        flow[i], time[i], gap[i] = solved.flow, solved.total_travel_time, solved.relative_gap
    return Answers({"flow": flow, "total_travel_time": time, "relative_gap": gap}, tuple(errors))
