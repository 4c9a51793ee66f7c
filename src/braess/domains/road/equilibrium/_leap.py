"""Acceleration (compiled): go on along the direction in which several sweeps moved all flows."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Bushes, Curve, Floats, Links, kernel, price

_TRIALS = 12
# The search along the direction ends when its derivative is down to this share of that at the start.
_FLAT = 0.05
# Origins that could follow no further than this multiple of what they moved stay where they are.
_LEAST_REACH = 0.5
# Rounding errors of the conservation of flow grow with the step, so it has a limit.
_FURTHEST = 1e3


@kernel
def _reach(bushes: Bushes, zone: int, before: Floats) -> float:
    """Return the largest multiple of its last movement by which the flows of an origin stay positive."""
    start, stop = bushes.link_start[zone], bushes.link_start[zone + 1]
    reach = np.inf
    for entry in range(start, stop):
        change = bushes.flow[entry] - before[entry]
        if change < 0.0:
            reach = min(reach, bushes.flow[entry] / -change)
    return reach


@kernel
def _search(curve: Curve, links: Links, direction: Floats, reach: float) -> float:
    """Return a step up to ``reach`` along which the sum of cost integrals falls all the way, nearly the best."""
    low, high, step, first = 0.0, reach, 0.0, 0.0
    for trial in range(_TRIALS):
        fall = 0.0
        bend = 0.0
        for link in range(direction.size):
            if direction[link] != 0.0:
                cost, slope = price(curve, link, max(links.flow[link] + step * direction[link], 0.0))
                fall -= direction[link] * cost
                bend += direction[link] * direction[link] * slope
        if trial == 0:
            first = fall
        if fall > 0.0:
            low = step
        else:
            high = step
        if fall >= 0.0 and (fall <= _FLAT * first or step == reach):
            break
        step = step + fall / bend if bend > 0.0 else high
        if not low < step < high:
            step = reach if high == reach else 0.5 * (low + high)
    return low


@kernel
def leap(bushes: Bushes, before: Floats, curve: Curve, links: Links, direction: Floats) -> None:
    """Extrapolate the movement of all bushes since the flows ``before`` as far as the sum of cost integrals falls.

    Flow shifts of different origins that share congested links follow each other in small steps for long; together, the
    steps point where all of them lead.
    """
    zones = bushes.node_start.size - 1
    direction[:] = 0.0
    bound = _FURTHEST
    for zone in range(zones):
        own = _reach(bushes, zone, before)
        start, stop = bushes.link_start[zone], bushes.link_start[zone + 1]
        if own < _LEAST_REACH:
            before[start:stop] = bushes.flow[start:stop]
            continue
        bound = min(bound, own)
        for entry in range(start, stop):
            direction[bushes.link[entry]] += bushes.flow[entry] - before[entry]
    step = _search(curve, links, direction, bound)
    if step <= 0.0:
        return
    for entry in range(bushes.link_start[-1]):
        bushes.flow[entry] = max(bushes.flow[entry] + step * (bushes.flow[entry] - before[entry]), 0.0)
    for link in range(direction.size):
        if direction[link] != 0.0:
            links.flow[link] = max(links.flow[link] + step * direction[link], 0.0)
            links.cost[link], links.slope[link] = price(curve, link, links.flow[link])
