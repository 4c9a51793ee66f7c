"""A network with some of its links changed: what one solve is about, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium._kernel import Bools, Floats
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError

_SHOWN = 5  # offenders named in an error


@dataclass(frozen=True, eq=False)
class Variant:
    """Link attributes of one solve, each ``[links]``."""

    open_links: Bools
    """Whether a link can be used."""
    inverse_capacity: Floats
    """1 / flow units; zero where closed."""
    free_flow_time: Floats
    """Time units."""
    fixed_cost: Floats
    """What tolls and length add to the time, time units."""


class Outcome(NamedTuple):
    """What link flows cost, each ``[..., links]`` in time units."""

    time: Floats
    """Travel time."""
    cost: Floats
    """Generalised cost."""
    marginal_cost: Floats
    """Generalised cost plus flow times its derivative."""
    mean_delay: Floats
    """The integral of the delay over all flow on the link, the preload too, over that flow."""


def outcome_of(network: RoadNetwork, variant: Variant, flow: Floats) -> Outcome:
    """Return what the flows ``[links]`` of a variant cost."""
    free, inverse = variant.free_flow_time, variant.inverse_capacity
    weight = network.delays.weight(free)
    level = network.delays.level((flow + network.preload) * inverse, inverse)
    travel_time = free + weight * level.value
    cost = travel_time + variant.fixed_cost
    return Outcome(travel_time, cost, cost + weight * level.lift, weight * level.mean)


def variant_of(
    network: RoadNetwork,
    capacity: Floats | None = None,
    free_flow_time: Floats | None = None,
    toll: Floats | None = None,
    open_links: Bools | None = None,
) -> Variant:
    """Put given attributes ``[links]`` in place of the network's own.

    Raises
    ------
    InputError
        An array has the wrong length or holds a value that no link can have; the first few offenders are named.
    """
    open_now = np.ones(network.links, np.bool_) if open_links is None else _truths(network, open_links)
    capacities = network.capacity
    if capacity is not None:
        capacities = _numbers(network, "capacity", capacity)
        _refuse(network, "capacity", capacities, ~(capacities > 0) & open_now, "a positive finite number")
        network.require_convex(np.where(open_now, capacities, network.capacity))
    inverse: Floats = np.divide(1.0, capacities, out=np.zeros(network.links), where=open_now)
    free, fixed = network.free_flow_time, network.fixed_cost
    if free_flow_time is not None:
        free = _numbers(network, "free_flow_time", free_flow_time)
        _refuse(network, "free_flow_time", free, ~(free >= 0), "a finite number of at least 0")
    if toll is not None:
        fixed = network.toll_factor * _numbers(network, "toll", toll) + network.distance_factor * network.length
    if free_flow_time is not None or toll is not None:
        _refuse(network, "toll", free + fixed, ~(free + fixed >= 0), "a generalised cost of at least 0")
    return Variant(open_now, inverse, free, fixed)


def beckmann(network: RoadNetwork, variant: Variant, flow: Floats, outcome: Outcome) -> Floats:
    """Return the integral of the generalised cost of each link from zero to the flow, ``[..., links]``."""
    total = flow + network.preload
    whole = total * outcome.mean_delay
    if network.preload.any():
        whole = whole - network.preload * outcome_of(network, variant, np.zeros_like(flow)).mean_delay
    result: Floats = flow * (variant.free_flow_time + variant.fixed_cost) + whole
    return result


def _truths(network: RoadNetwork, values: Bools) -> Bools:
    given = np.asarray(values)
    if given.dtype != np.bool_ or given.shape != (network.links,):
        raise InputError(
            "not one truth value per link",
            field="open_links",
            found=f"{given.dtype} {given.shape}",
            expected=f"bool ({network.links},)",
        )
    return np.array(given, order="C")


def _numbers(network: RoadNetwork, name: str, values: Floats) -> Floats:
    array = np.array(values, dtype=np.float64, order="C")
    if array.shape != (network.links,):
        raise InputError(
            "array does not match the number of links", field=name, found=array.shape, expected=f"({network.links},)"
        )
    _refuse(network, name, array, ~np.isfinite(array), "a finite number")
    return array


def _refuse(network: RoadNetwork, name: str, values: Floats, bad: Bools, expected: str) -> None:
    if not bad.any():
        return
    offenders = np.flatnonzero(bad)
    shown = ", ".join(f"link {network.link_label(i)}: {values[i]:g}" for i in offenders[:_SHOWN])
    more = f" and {offenders.size - _SHOWN} more" if offenders.size > _SHOWN else ""
    raise InputError(f"{offenders.size} links are wrong", field=name, found=shown + more, expected=expected)
