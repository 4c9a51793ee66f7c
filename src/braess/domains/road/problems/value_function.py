"""The value function bound: what flows in equilibrium cannot exceed, whatever design of a box they answer.

User equilibrium has the least integral ``Z`` of the link costs at its capacities. Any other flows ``v`` that exist in all
designs of a box therefore bound that of each from above: ``Z* (c) <= Z(v, c)``, a sum over the links that is convex in each
capacity, hence at most the straight line between the ends of its range. A relaxation that charges the slope of that line for
capacity takes the bound into account (`CapacityRelaxation`): for designs of the box::

    share x travel time >= least of ((1 - share) Z + share T + (1 - share) slope (c - low)) - (1 - share) base

Where the range is one of two capacities the line is exact at both. Bagloee and Sarvi, PLoS ONE 13 (2018) e0192454,
doi:10.1371/journal.pone.0192454, relax the equilibrium of network design to such a bound on its value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.network import Floats, RoadNetwork


class IntegralBound(NamedTuple):
    """No equilibrium of the box has an integral above ``base - slope (capacity - low)``."""

    base: float
    """Flow × time units."""
    slope: Floats
    """``[links]`` time units per unit of capacity, at least 0."""

    def at(self, beyond: Floats) -> float:
        """Return the bound where capacities are so much above the least, ``[links]``."""
        return self.base - float((self.slope * beyond).sum())


def integral_bound(network: RoadNetwork, flow: Floats, low: Floats, high: Floats) -> IntegralBound:
    """Bound the integrals of all designs of a box by flows that leave links empty that may not exist.

    Parameters
    ----------
    network
        Links with BPR functions.
    flow
        ``[links]`` flows of all trips; the nearer they are to equilibrium in the box, the better is the bound.
    low, high
        ``[links]`` least and largest capacity in the box.
    """
    least, most = (integral(network, flow, capacity) for capacity in (low, high))
    slope = np.divide(least - most, high - low, out=np.zeros_like(low), where=high > low)
    return IntegralBound(float(least.sum()), slope)


def integral(network: RoadNetwork, flow: Floats, capacity: Floats) -> Floats:
    """Return the integral of each link's cost from no traffic to the flow, ``[links]``; 0 on empty links."""
    volume = flow + network.preload
    ratio = np.divide(volume, capacity, out=np.zeros_like(volume), where=capacity > 0)
    mean = network.free_flow_time * (1.0 + network.b * ratio**network.power / (network.power + 1.0))
    found: Floats = volume * mean + network.fixed_cost * flow
    return found
