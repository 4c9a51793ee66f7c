"""Link costs (compiled): every kind of cost curve the solver knows, by flow and with its derivative."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.equilibrium._kernel import Floats, Links
from braess.kernels import inlined, lean

# Kinds of curves: what ``growth`` is in `Curve`, with ``r`` the ratio of flow to capacity.
POWER = 0  # r**power
HYPERBOLA = 1  # power r + sqrt(q(r)) - sqrt(q(0)), q(r) = (power (r - 1))**2 + tilt r + gap
MARGINAL_HYPERBOLA = 2  # the derivative of r x that hyperbola
ELASTIC = 3  # max(r, min(tilt r, gap))**power, r to the largest capacity, tilt r to the least: bought to keep the ratio at gap
# The price of trips not made, with 1 - r = (base - flow) * inverse_capacity the share of those that are:
LOGARITHM = 4  # -log(1 - r), where demand falls exponentially with cost
RECIPROCAL = 5  # (1 - r)**-power - 1, where demand has a constant elasticity

# A power below 1 has an infinite slope at zero flow: up to this share of the capacity its cost is taken as a straight line.
_LEAST_RATIO = 1e-12
# Curves that rise to infinity at a ratio of 1 go on as a straight line from this room below it, and from this growth at most.
_LEAST_ROOM = 1e-200
_MOST_GROWTH = 1e60


class Curve(NamedTuple):
    """Link costs ``free + rise * growth((flow + base) * inverse_capacity)``, each ``[links]``."""

    kind: NDArray[np.uint8]
    free: Floats
    rise: Floats
    inverse_capacity: Floats
    base: Floats
    """What flows besides; for the last two kinds the flow at which the ratio is 1."""
    power: Floats
    """Above 0."""
    tilt: Floats
    gap: Floats
    kinked: bool
    """Whether some are elastic: along those paths a Newton step may end far from where costs are equal."""


@lean
def _hyperbola(curve: Curve, link: int, ratio: float) -> tuple[float, float]:
    """Return growth and its derivative by the ratio."""
    steep, tilt, gap = curve.power[link], curve.tilt[link], curve.gap[link]
    square = steep * steep
    half = square * (ratio - 1.0) + 0.5 * tilt
    root = np.sqrt(square * (ratio - 1.0) * (ratio - 1.0) + tilt * ratio + gap)
    slope = steep + half / root
    if curve.kind[link] == HYPERBOLA:
        return steep * ratio + root - np.sqrt(square + gap), slope
    bend = (square * (gap + tilt) - 0.25 * tilt * tilt) / (root * root * root)
    return steep * ratio + root - np.sqrt(square + gap) + ratio * slope, 2.0 * slope + ratio * bend


@lean
def _elastic(curve: Curve, link: int, ratio: float) -> tuple[float, float]:
    """Return growth and its derivative by the ratio; an infinite ``tilt`` is a least capacity of 0, too small for any flow."""
    power, spread, wanted = curve.power[link], curve.tilt[link], curve.gap[link]
    if ratio >= wanted:
        crowded = ratio
    elif spread < np.inf and spread * ratio <= wanted:
        crowded = spread * ratio
    else:
        return wanted**power, 0.0
    growth = crowded**power
    return growth, power * growth / ratio if ratio > 0.0 else 0.0


@lean
def _price_of_staying(curve: Curve, link: int, flow: float) -> tuple[float, float]:
    """Return growth and its derivative by the ratio, where the growth has no bound below a ratio of 1.

    The room left is the share of the trips that are made: taken as their difference to ``base``, it keeps its digits.
    """
    share = (curve.base[link] - flow) * curve.inverse_capacity[link]
    if curve.kind[link] == LOGARITHM:
        room = max(share, 1.0 / _MOST_GROWTH)
        return (room - share) / room - np.log(room), 1.0 / room
    power = curve.power[link]
    room = max(share, _LEAST_ROOM, _MOST_GROWTH ** (-1.0 / power))
    beyond = room - share
    value = room**-power
    slope = power * value / room
    return value - 1.0 + slope * beyond, slope


@lean
def _growth(curve: Curve, link: int, flow: float, ratio: float) -> tuple[float, float]:
    """Return growth and its derivative by the ratio, of any kind but a power."""
    kind = curve.kind[link]
    if kind == ELASTIC:
        return _elastic(curve, link, ratio)
    return _hyperbola(curve, link, ratio) if kind < ELASTIC else _price_of_staying(curve, link, flow)


@inlined
def price(curve: Curve, link: int, flow: float) -> tuple[float, float]:
    """Return the cost of a link at a flow, and its derivative."""
    inverse = curve.inverse_capacity[link]
    power = curve.power[link]
    ratio = (flow + curve.base[link]) * inverse
    kind = curve.kind[link]
    if kind != POWER:
        growth, slope = _growth(curve, link, flow, ratio)
        return curve.free[link] + curve.rise[link] * growth, curve.rise[link] * slope * inverse
    if power == 4.0:
        below = ratio * ratio * ratio
    elif power == 1.0:
        below = 1.0
    elif power > 1.0:
        below = ratio ** (power - 1.0)
    else:
        below = max(ratio, _LEAST_RATIO) ** (power - 1.0)
    rise = curve.rise[link] * below
    return curve.free[link] + rise * ratio, rise * power * inverse


@lean
def price_all(curve: Curve, links: Links) -> None:
    """Set cost and slope of every link to those at its flow."""
    for link in range(links.flow.size):
        cost, slope = price(curve, link, links.flow[link])
        links.cost[link] = cost
        links.slope[link] = slope
