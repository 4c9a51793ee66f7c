"""The published continuous network design instances that several benchmarks use."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road import Demand, load, load_design

# Suwansirikul, Friesz and Tobin (1987) as the repository of Guo, Yin and Zhang (github INFORMSJoC/2024.0737, MIT) has it:
# Sioux Falls in other units, but for these links, link by link the number (from 1), free-flow time and capacity ...
CHANGED = {
    29: (0.05, 5.1335),
    45: (0.04, 15.6508),
    46: (0.04, 10.315),
    48: (0.05, 5.1335),
    57: (0.04, 15.6508),
    67: (0.04, 10.315),
}
TRIPS = (15, 8, 1.64)  # ... and one number of trips (from 0)
ENLARGED = {16: 26, 17: 40, 19: 26, 20: 40, 25: 25, 26: 25, 29: 48, 39: 34, 48: 48, 74: 34}  # thousandths of cost of y ** 2


def harker_friesz(there: float, back: float, largest: float) -> dict[str, Any]:
    """Return the arguments of `CapacityExpansion`; the network is read from the folder named by BRAESS_DATA."""
    found = load_design(Path(os.environ["BRAESS_DATA"]) / "dndp" / "HarkerFriesz" / "net.txt")
    cost = found.cost[found.enlargeable] / 0.05  # the file has the published costs times 0.05
    demand = Demand(np.array([[0.0, there], [back, 0.0]]))
    return {
        "network": found.network,
        "demand": demand,
        "links": found.enlargeable.tolist(),
        "cost": cost,
        "largest": largest,
    }


def sioux_falls(decisions: int | None = None) -> dict[str, Any]:
    """Return the arguments of `CapacityExpansion`, with the first few of its links or with all ten."""
    network, demand = load("sioux-falls")
    free_flow_time, capacity = 0.01 * network.free_flow_time, 1e-3 * network.capacity
    for link, (fastest, most) in CHANGED.items():
        free_flow_time[link - 1], capacity[link - 1] = fastest, most
    trips = 0.0011 * demand.matrix
    trips[TRIPS[0], TRIPS[1]] = TRIPS[2]
    enlarged = list(ENLARGED.items())[:decisions]
    return {
        "network": network.with_links(free_flow_time=free_flow_time, capacity=capacity),
        "demand": Demand(trips),
        "links": [link - 1 for link, _ in enlarged],
        "cost": 1e-3 * np.array([cost for _, cost in enlarged], dtype=np.float64),
        "largest": 25.0,
        "exponent": 2,
    }


HARKER_FRIESZ_I = partial(harker_friesz, 5.0, 10.0, 10.0)
HARKER_FRIESZ_II = partial(harker_friesz, 10.0, 20.0, 20.0)
SIOUX_FALLS_1987 = sioux_falls
