"""What a road design is judged by: travel time, cost, distance, emissions, crowding, revenue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from braess.domains.road.network import Floats, RoadNetwork
from braess.domains.road.units import Units
from braess.errors import InputError, nearest
from braess.problem import Objective

# Barth and Boriboonsomsin, "Real-World Carbon Dioxide Impacts of Traffic Congestion", Transportation Research Record
# 2058 (2008) 163-171, doi:10.3141/2058-20: logarithm of grams of CO2 per vehicle mile as a polynomial of average speed
# in miles per hour, fitted to real-world driving of light-duty vehicles in Southern California.
_LOG_CO2 = (7.613534994965560, -0.138565467462594, 0.003915102063854, -0.000049451361017, 0.000000238630156)
SPEED_RANGE = (5.0, 90.0)  # miles per hour: outside, the curve is held at its ends


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a design came to.

    Parameters
    ----------
    network
        The network with its unchanged attributes.
    capacity, flow, time, toll
        ``[links]`` under the design; ``time`` in time units, ``flow`` of the trips, 0 on closed links.
    construction_cost
        Of the design, in the units of the costs given.
    """

    network: RoadNetwork
    capacity: Floats
    flow: Floats
    time: Floats
    toll: Floats
    construction_cost: float

    @property
    def volume(self) -> Floats:
        """``[links]`` all traffic: flow and preload."""
        return self.flow + self.network.preload


@dataclass(frozen=True, eq=False)
class Partials:
    """Derivatives of an objective by the parts of an outcome, each held on its own; ``None`` where it does not depend.

    Parameters
    ----------
    flow, time, capacity, toll
        ``[links]``.
    construction_cost
        By the cost of the design.
    """

    flow: Floats | None = None
    time: Floats | None = None
    capacity: Floats | None = None
    toll: Floats | None = None
    construction_cost: float = 0.0


def total_travel_time(outcome: Outcome) -> float:
    """Sum over links of flow and preload × travel time (tolls and distance costs are not time)."""
    return float(outcome.volume @ outcome.time)


def vehicle_distance(outcome: Outcome) -> float:
    """Sum over links of flow × length (that of the preload never changes)."""
    return float(outcome.flow @ outcome.network.length)


def maximum_volume_capacity(outcome: Outcome) -> float:
    """Largest ratio of flow and preload to capacity of any link."""
    return float(np.max(outcome.volume / outcome.capacity))


def toll_revenue(outcome: Outcome) -> float:
    """Sum over links of flow × toll."""
    return float(outcome.flow @ outcome.toll)


def co2_per_mile(speed: Floats) -> Floats:
    """Return grams of CO2 per vehicle mile at average speeds in miles per hour (Barth and Boriboonsomsin 2008).

    Speeds outside 5 to 90 miles per hour count as the nearer end, since the polynomial means nothing there.
    """
    bounded = np.clip(speed, *SPEED_RANGE)
    grams: Floats = np.exp(np.polynomial.polynomial.polyval(bounded, _LOG_CO2))
    return grams


def co2(outcome: Outcome, units: Units) -> float:
    """Return tonnes of CO2 in the period of the demand, from each link's average speed; the preload emits as all traffic."""
    miles = outcome.network.length * units.miles
    hours = outcome.time * units.hours
    used = (miles > 0) & (outcome.volume > 0)
    speed = np.divide(miles, hours, out=np.full_like(miles, np.inf), where=hours > 0)
    return float(np.sum((outcome.volume * miles * co2_per_mile(speed))[used])) * 1e-6


def _construction_cost(outcome: Outcome) -> float:
    return outcome.construction_cost


def time_partials(outcome: Outcome) -> Partials:
    """Differentiate `total_travel_time`."""
    return Partials(flow=outcome.time, time=outcome.volume)


def revenue_partials(outcome: Outcome) -> Partials:
    """Differentiate `toll_revenue`."""
    return Partials(flow=outcome.toll, toll=outcome.flow)


def _cost_partials(_: Outcome) -> Partials:
    return Partials(construction_cost=1.0)


def _distance_partials(outcome: Outcome) -> Partials:
    return Partials(flow=outcome.network.length)


def _crowding_partials(outcome: Outcome) -> Partials:
    """Differentiate `maximum_volume_capacity` at the link where it is largest (the first, where several are)."""
    fullest = np.arange(outcome.flow.size) == np.argmax(outcome.volume / outcome.capacity)
    return Partials(flow=fullest / outcome.capacity, capacity=np.where(fullest, -outcome.volume / outcome.capacity**2, 0.0))


@dataclass(frozen=True)
class Measure:
    """An objective, how it follows from an outcome, and its derivatives."""

    objective: Objective
    compute: Callable[[Outcome], float]
    partials: Callable[[Outcome], Partials]


_PLAIN: dict[str, tuple[Callable[[Outcome], float], Callable[[Outcome], Partials]]] = {
    "total_travel_time": (total_travel_time, time_partials),
    "construction_cost": (_construction_cost, _cost_partials),
    "vehicle_distance": (vehicle_distance, _distance_partials),
    "maximum_volume_capacity": (maximum_volume_capacity, _crowding_partials),
}

NAMES = (*_PLAIN, "co2")


def measure(name: str, units: Units) -> Measure:
    """Return one of the objectives every road problem offers.

    Raises
    ------
    InputError
        The name is unknown, or emissions are asked for without units.
    """
    unit = {
        "total_travel_time": f"vehicles·{units.time or 'time'}",
        "vehicle_distance": f"vehicles·{units.length or 'length'}",
    }
    if name == "co2":
        emissions = _Co2(units)
        return Measure(Objective(name, unit="t"), emissions, emissions.partials)
    if name in _PLAIN:
        objective = Objective(name, unit=unit[name]) if name in unit else Objective(name)
        return Measure(objective, *_PLAIN[name])
    raise InputError(
        f"unknown objective{nearest(name, NAMES)}", field="objectives", found=name, expected=f"of {', '.join(NAMES)}"
    )


@dataclass(frozen=True)
class _Co2:
    """`co2` with the units at hand (a class, so that problems pickle)."""

    units: Units

    def __post_init__(self) -> None:
        _ = self.units.hours, self.units.miles

    def __call__(self, outcome: Outcome) -> float:
        return co2(outcome, self.units)

    def partials(self, outcome: Outcome) -> Partials:
        miles = outcome.network.length * self.units.miles
        hours = outcome.time * self.units.hours
        moving = (miles > 0) & (hours > 0)
        speed = np.divide(miles, hours, out=np.full_like(miles, np.inf), where=hours > 0)
        grams = co2_per_mile(speed)
        inside = moving & (speed > SPEED_RANGE[0]) & (speed < SPEED_RANGE[1])
        bounded = np.clip(speed, *SPEED_RANGE)
        slope = grams * np.polynomial.polynomial.polyval(bounded, np.polynomial.polynomial.polyder(_LOG_CO2))
        by_time = np.divide(-outcome.volume * miles * slope * speed, outcome.time, out=np.zeros_like(miles), where=inside)
        return Partials(flow=1e-6 * miles * grams, time=1e-6 * by_time)
