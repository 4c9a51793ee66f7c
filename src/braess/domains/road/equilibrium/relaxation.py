"""The best flows and capacities together: what no design can beat, since its drivers choose their routes themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from braess.domains.road.delay import Bpr
from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._curve import ELASTIC, POWER, Curve
from braess.domains.road.equilibrium._engine import Engine
from braess.domains.road.equilibrium._kernel import Floats
from braess.domains.road.equilibrium._topology import fingerprint, graph_of
from braess.domains.road.equilibrium.assignment import prepared_trips
from braess.domains.road.equilibrium.record import AnyState, State
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import InputError

# Sums and labels are right to this share at least.
ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Flows and capacities that are best together, as far as they were solved for.

    Where some trips have no path, ``value`` and ``bound`` are infinite and the flows those of no trips at all.

    Parameters
    ----------
    flow
        ``[links]`` flow of the trips, flow units.
    capacity
        ``[links]`` capacity chosen, flow units.
    value
        What these come to, flow × time units: above the least by at most ``value - bound``.
    bound
        What no flows and capacities go below.
    relative_gap
        Of the flows, as in `Equilibrium`; what was reached.
    state
        Start for the next solve; ``None`` where some trips have no path.
    """

    flow: Floats = field(repr=False)
    capacity: Floats = field(repr=False)
    value: float
    bound: float
    relative_gap: float
    state: AnyState | None = field(repr=False)


class CapacityRelaxation:
    """A network whose links may choose their capacity at a price, prepared for many solves.

    Minimised is ``(1 - share) Z + share T`` plus what the capacity costs: ``T`` is the total travel time, ``Z`` the sum of
    the integrals of the link costs from no traffic at all to the flow, which user equilibrium minimises. With capacities
    ``c``, flows (and preloads) ``x`` and the ratios ``r = x / c`` this is a sum over the links of::

        free_flow_time x (1 + b (1 + share power) / (1 + power) r**power) + (1 - share) fixed_cost flow + price (c - low)

    which is convex in flows and capacities together. The best capacity for a flow keeps ``r`` where one more unit of capacity
    saves its price, so the flows are those of a user equilibrium with costs that stay the same while capacity is bought.

    Parameters
    ----------
    network
        Links with BPR functions.
    demand
        Trips between the zones of the network.

    Raises
    ------
    InputError
        Some link has another volume-delay function; demand and network have different numbers of zones.
    """

    def __init__(self, network: RoadNetwork, demand: Demand) -> None:
        if not network.delays.only(Bpr):
            names = ", ".join(function.name for function, _ in network.delays.groups)
            raise InputError("this needs BPR functions on all links", field="delay", found=names, expected="bpr")
        self.network = network
        self._trips = prepared_trips(network, demand)
        self._trips_made = fingerprint(self._trips)
        self._engine = Engine(graph_of(network))
        rising = (network.b > 0) & (network.power > 0)
        self._power = np.where(rising, network.power, 1.0)
        self._weight = np.where(rising, network.free_flow_time * network.b, 0.0)
        self._free = network.free_flow_time * np.where(network.power == 0, 1.0 + network.b, 1.0)

    def solve(
        self,
        low: Floats,
        high: Floats,
        price: Floats,
        *,
        share: float,
        start: AnyState | None = None,
        relative_gap: float = 1e-6,
        max_iterations: int = 500,
    ) -> Relaxed:
        """Solve for flows and capacities; where progress stalls before the gap asked for, the bound is that much lower.

        Parameters
        ----------
        low, high
            ``[links]`` least and largest capacity; 0 is a link that need not, or does not, exist.
        price
            ``[links]`` cost of a unit of capacity above ``low``, at least 0.
        share
            Weight of the total travel time, at most 1. It may be below 0 where ``1 + share power`` is above 0 on all links.
        start
            State of an earlier solve.
        relative_gap
            Precision of the flows to reach.
        max_iterations
            As in `Assignment.solve`.

        Raises
        ------
        InputError
            An array has the wrong length or impossible values.
        """
        self._require_possible(low, high, price, share)
        network, power, opens = self.network, self._power, high > 0
        rise, worth = self._rise(share), self._worth(share)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(opens, 1.0 / high, 0.0)
            spread = np.where(opens, high / low, 1.0)
            wanted = np.where(worth > 0, (price / worth) ** (1.0 / (power + 1.0)), 0.0)
        free = self._free + (1.0 - share) * network.fixed_cost
        elastic = (low < high) & (worth > 0)
        kind = np.where(elastic, ELASTIC, POWER).astype(np.uint8)
        curve = Curve(kind, free, rise, inverse, network.preload, power, spread, wanted, bool(elastic.any()))
        users = self._engine.users(free[None], opens[None])
        solved = self._engine.solve(
            curve,
            users,
            self._trips,
            start,
            trips_made=self._trips_made,
            relative_gap=relative_gap,
            max_iterations=max_iterations,
        )
        if solved.status == _solver.UNREACHABLE:
            return Relaxed(np.zeros(network.links), low.copy(), np.inf, np.inf, 0.0, None)
        with np.errstate(divide="ignore", invalid="ignore"):
            bought = np.where(wanted > 0, np.clip((solved.flow + network.preload) / wanted, low, high), high)
            capacity = np.where(worth > 0, bought, low)
        growth = rise * self._ratio(solved.flow, capacity) ** power
        value = float(
            ((solved.flow + network.preload) * (self._free + growth / (power + 1.0))).sum()
            + (1.0 - share) * (network.fixed_cost * solved.flow).sum()
            + (price * (capacity - low)).sum()
        )
        gap = float(solved.history[-1])
        short = gap * float((solved.flow * (free + growth)).sum()) + ROUNDING * abs(value)
        state = State(solved.bushes, opens[None].copy(), self._engine.topology, self._trips_made)
        return Relaxed(solved.flow, capacity, value, value - short, gap, state)

    def by_capacity(self, flow: Floats, capacity: Floats, share: float) -> Floats:
        """Return the derivatives by capacity of the mixture minimised, at flows that stay as they are, ``[links]``.

        It is convex in flows and capacities together. So, from flows that are best at their capacities, these are
        also the derivatives of the least mixture, and a plane with them through `Relaxed.bound` is nowhere above it.
        """
        saved: Floats = -self._worth(share) * self._ratio(flow, capacity) ** (self._power + 1.0)
        return saved

    def _rise(self, share: float) -> Floats:
        """Return what crowding adds to the cost of each link where its flow is its capacity, ``[links]``."""
        rise: Floats = self._weight * (1.0 + share * self._power)
        return rise

    def _worth(self, share: float) -> Floats:
        """Return what a unit of capacity saves on each link where its flow is its capacity, ``[links]``."""
        return self._rise(share) * self._power / (self._power + 1.0)

    def _ratio(self, flow: Floats, capacity: Floats) -> Floats:
        """Return flow and preload over capacity, 0 where there is none, ``[links]``."""
        volume = flow + self.network.preload
        return np.divide(volume, capacity, out=np.zeros_like(volume), where=capacity > 0)

    def _require_possible(self, low: Floats, high: Floats, price: Floats, share: float) -> None:
        links = self.network.links
        for name, values in (("low", low), ("high", high), ("price", price)):
            if values.shape != (links,):
                raise InputError("not one value per link", field=name, found=values.shape, expected=f"({links},)")
        if not ((low >= 0) & (low <= high) & (high < np.inf)).all():
            raise InputError("impossible capacities", field="low, high", expected="0 <= low <= high, finite")
        if not (price >= 0).all():
            raise InputError("impossible prices", field="price", found=float(np.min(price)), expected="at least 0")
        if not (share <= 1.0 and (1.0 + share * self._power > 0).all()):
            raise InputError("impossible share", field="share", found=share, expected="at most 1, 1 + share power above 0")
