"""Yardsticks of the machine: copying memory, and looking once at each link for each origin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from timing import median_seconds

from braess.domains.road.network import Floats, Ints, RoadNetwork

REPEATS = 9
_COPIED = 256_000_000  # bytes, far more than caches hold


def bytes_per_second() -> float:
    """Return the bytes read and written a second when one thread copies memory."""
    source = np.ones(_COPIED // 8)
    target = np.zeros_like(source)
    return 2 * _COPIED / median_seconds(lambda: np.copyto(target, source), REPEATS)


def pass_seconds(network: RoadNetwork, origins: Ints) -> float:
    """Return the seconds to relax every link once for each origin, in the order of the links, on one thread.

    A yardstick for methods by origin: each link's cost and the labels of its ends are read once, and nothing is ordered. The
    labels are shortest paths only where the links happen to lie in the right order.

    Parameters
    ----------
    network
        The links.
    origins
        ``[origins]`` nodes.
    """
    cost = network.free_flow_time + network.fixed_cost
    labels = np.empty(network.nodes)
    arguments = (network.tail, network.head, cost, np.asarray(origins), labels)
    _relax(*arguments)  # compiled before
    return median_seconds(lambda: _relax(*arguments), REPEATS)


def _relax_plain(tail: Ints, head: Ints, cost: Floats, origins: Ints, labels: Floats) -> None:
    for origin in origins:
        labels[:] = np.inf
        labels[origin] = 0.0
        for link in range(tail.size):
            through = labels[tail[link]] + cost[link]
            labels[head[link]] = min(labels[head[link]], through)


_relax: Any = njit(_relax_plain)
