"""Elastic demand: trips that are made the less, the more they cost.

The trips not made travel too, on a link of their own between each pair of zones, whose cost is the inverse demand function:
what the last of them would have been worth (the excess-demand form, Sheffi 1985, section 6.3). So the solver that finds
fixed-demand equilibria finds these, to the same precision.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from braess.domains.road.elastic_demand import ElasticDemand
from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._costs import Costs
from braess.domains.road.equilibrium._curve import LOGARITHM, POWER, RECIPROCAL, Curve
from braess.domains.road.equilibrium._engine import Engine, Solved
from braess.domains.road.equilibrium._failure import not_converged, unreachable
from braess.domains.road.equilibrium._kernel import Bools, Floats, Graph
from braess.domains.road.equilibrium._skims import skim
from braess.domains.road.equilibrium._topology import fingerprint, graph_of
from braess.domains.road.equilibrium._users import Users
from braess.domains.road.equilibrium._variant import Outcome, outcome_of, variant_of
from braess.domains.road.equilibrium.assignment import prepared_trips, require_principle
from braess.domains.road.equilibrium.record import Principle, State
from braess.domains.road.network import Demand, Ints, RoadNetwork
from braess.errors import InputError

# At most so many times the reference trips are taken to be made; where all of them are, so many times more.
_MORE = 2.0
# Trips not made below this share of those routed are none.
_NOBODY = 1e-9


@dataclass(frozen=True, eq=False)
class ElasticEquilibrium:
    """Flows and trips at which no trip gains by another path, and exactly those trips are made that are worth their cost.

    Parameters
    ----------
    principle, flow, time, cost, choice_cost, iterations, seconds, history, state
        As in `Equilibrium`.
    demand
        The trips that are made.
    trip_cost
        ``[zones, zones]`` what they cost (by ``choice_cost``: at system optimum what they cost everybody), time units.
    relative_gap
        ``(total - shortest) / total`` over all trips, those not made counted at what they would have been worth.
    demand_gap
        Sum of the differences between the trips made and those the demand function gives at ``trip_cost``, over all trips.
    total_travel_time, total_cost
        As in `Equilibrium`.
    surplus
        What travellers gain over the reference, tolls counted as lost, in flow x time units.
    """

    principle: Principle
    flow: Floats = field(repr=False)
    time: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    choice_cost: Floats = field(repr=False)
    demand: Demand
    trip_cost: Floats = field(repr=False)
    relative_gap: float
    demand_gap: float
    total_travel_time: float
    total_cost: float
    surplus: float
    iterations: int
    seconds: float
    history: Floats = field(repr=False)
    state: State = field(repr=False)


class ElasticAssignment:
    """Elastic demand on a network, prepared for many solves.

    Parameters
    ----------
    network
        Links with their volume-delay functions.
    elastic
        Trips by what they cost.
    principle
        ``"user-equilibrium"``, or ``"system-optimum"``: the worth of all trips less their total cost is largest.

    Raises
    ------
    InputError
        Demand and network have different numbers of zones, or the principle is unknown.

    References
    ----------
    Sheffi, "Urban Transportation Networks", Prentice-Hall 1985, chapter 6. Gartner, "Optimal traffic assignment with elastic
    demands: a review", Transportation Science 14 (1980) 174-208, doi:10.1287/trsc.14.2.174.
    """

    def __init__(self, network: RoadNetwork, elastic: ElasticDemand, *, principle: Principle = "user-equilibrium") -> None:
        require_principle(principle)
        self.network = network
        self.elastic = elastic
        self.principle = principle
        origin, end = np.nonzero(prepared_trips(network, elastic.demand))
        self._pairs = origin, end
        self._plain = graph_of(network)
        self._engine = Engine(_with_trips_not_made(network, self._plain, origin, end))
        self._costs = Costs(network, marginal=principle == "system-optimum")

    def solve(
        self,
        *,
        capacity: Floats | None = None,
        free_flow_time: Floats | None = None,
        toll: Floats | None = None,
        open_links: Bools | None = None,
        start: State | None = None,
        relative_gap: float = 1e-10,
        max_iterations: int = 500,
        threads: int = 1,
    ) -> ElasticEquilibrium:
        """Find flows and trips, in place of the network's own values with those given.

        Parameters and errors are those of `Assignment.solve`; also an `InputError` where trips of constant elasticity
        have a path that costs nothing, on which they would have no bound.
        """
        began = time.perf_counter()
        variant = variant_of(self.network, capacity, free_flow_time, toll, open_links)
        plain = self._plain._replace(open=variant.open_links)
        curve = self._costs.curve(variant)
        least = self._between(plain, curve.free)
        if not np.isfinite(least[self._pairs]).all():
            raise unreachable(self.network, plain, curve.free, self.elastic.demand.matrix)
        most = self._most_trips(least)
        routed = np.minimum(most, _MORE * self.elastic.demand.matrix)
        settings = {"relative_gap": relative_gap, "max_iterations": max_iterations, "threads": threads}
        history = np.zeros(0)
        while True:
            whole = self._whole(curve, least[self._pairs], most[self._pairs], routed[self._pairs])
            solved, start = self._solve_routed(whole, variant.open_links, routed, start, settings)
            history = np.concatenate((history, solved.history))
            staying = solved.flow[-self._pairs[0].size :]
            short = (staying <= _NOBODY * routed[self._pairs]) & (routed[self._pairs] < most[self._pairs])
            if not short.any():
                break
            routed[self._pairs] *= np.where(short, _MORE, 1.0)
            routed = np.minimum(routed, most)
        flow, trips = solved.flow[: self.network.links], routed.copy()
        trips[self._pairs] = np.maximum(trips[self._pairs] - staying, 0.0)
        outcome = outcome_of(self.network, variant, flow)
        return self._result(plain, flow, trips, outcome, variant.fixed_cost, history, start, began)

    def _solve_routed(
        self, whole: Curve, open_links: Bools, routed: Floats, start: State | None, settings: dict[str, Any]
    ) -> tuple[Solved, State]:
        """Solve for so many trips, those not made on links of their own; without a start, from where all are made.

        Where none is made, an infinite cost would have to be left behind.
        """
        made = fingerprint(routed)
        if start is None:
            users = self._users(whole, open_links, may_stay=False)
            loaded = self._engine.solve(whole, users, routed, None, trips_made=made, relative_gap=np.inf, max_iterations=1)
            start = State(loaded.bushes, users.open, self._engine.topology, made)
        users = self._users(whole, open_links, may_stay=True)
        solved = self._engine.solve(whole, users, routed, start, trips_made=made, **settings)
        if solved.status != _solver.REACHED:
            what = f"{self.principle} on {self.network.name}"
            raise not_converged(what, solved.status, solved.history, settings["relative_gap"])
        return solved, State(solved.bushes, users.open, self._engine.topology, made)

    def _between(self, plain: Graph, cost: Floats) -> Floats:
        """Return the costs of the shortest paths, ``[zones, zones]``."""
        least: Floats = skim(plain, self._engine.nothing, cost, cost[:, None], False)[0]
        return least

    def _users(self, whole: Curve, open_links: Bools, *, may_stay: bool) -> Users:
        """Return the one class of users; unless they may stay, all trips are made."""
        usable = np.ones(whole.free.size, np.bool_)
        usable[: open_links.size] = open_links
        usable[usable.size - self._pairs[0].size :] = may_stay
        return self._engine.users(whole.free[None], usable[None])

    def _most_trips(self, least: Floats) -> Floats:
        """Return the trips on an empty network, more than which are never made."""
        if self.elastic.function == "power" and (least[self._pairs] <= 0).any():
            raise InputError(
                "trips of constant elasticity have a path that costs nothing",
                field="function",
                found="power",
                expected="linear or exponential",
            )
        return self.elastic.trips(least)

    def _whole(self, curve: Curve, least: Floats, most: Floats, routed: Floats) -> Curve:
        """Return the cost curves of the links, of the connectors, and of the trips not made.

        By pair: ``least`` cost, ``most`` trips, and how many are ``routed``; the others are sure not to be made.
        """
        pairs, connectors = least.size, self._engine.graph.tail.size - curve.free.size - least.size
        reference, slope = self.elastic.cost[self._pairs], 1.0 / np.asarray(self.elastic.elasticity)[self._pairs]
        some = most > 0  # no trip is worth what even an empty network costs: the link is empty whatever it costs
        if self.elastic.function == "linear":
            kind, rise = POWER, reference * slope * most / self.elastic.demand.matrix[self._pairs]
            power = np.ones(pairs)
        elif self.elastic.function == "exponential":
            kind, rise, power = LOGARITHM, reference * slope, np.ones(pairs)
        else:
            kind, rise, power = RECIPROCAL, least, slope
        nothing, ones = np.zeros(connectors), np.ones(connectors)
        idle = np.zeros(connectors + pairs)
        return Curve(
            kind=np.concatenate((curve.kind, np.full(connectors, POWER), np.full(pairs, kind))).astype(np.uint8),
            free=np.concatenate((curve.free, nothing, least)),
            rise=np.concatenate((curve.rise, nothing, rise)),
            inverse_capacity=np.concatenate(
                (curve.inverse_capacity, nothing, np.divide(1.0, most, out=np.zeros(pairs), where=some))
            ),
            base=np.concatenate((curve.base, nothing, most - routed if self.elastic.function == "linear" else routed)),
            power=np.concatenate((curve.power, ones, power)),
            tilt=np.concatenate((curve.tilt, idle)),
            gap=np.concatenate((curve.gap, idle)),
        )

    def _result(
        self,
        plain: Graph,
        flow: Floats,
        trips: Floats,
        outcome: Outcome,
        fixed_cost: Floats,
        history: Floats,
        state: State,
        began: float,
    ) -> ElasticEquilibrium:
        choice_cost = outcome.cost if self.principle == "user-equilibrium" else outcome.marginal_cost
        trip_cost = self._between(plain, choice_cost)
        np.fill_diagonal(trip_cost, 0.0)
        wanted = self.elastic.trips(trip_cost)
        total_travel_time = float((flow + self.network.preload) @ outcome.time)
        return ElasticEquilibrium(
            principle=self.principle,
            flow=flow,
            time=outcome.time,
            cost=outcome.cost,
            choice_cost=choice_cost,
            demand=Demand(trips),
            trip_cost=trip_cost,
            relative_gap=float(history[-1]),
            demand_gap=float(np.abs(trips - wanted).sum() / max(trips.sum(), 1e-300)),
            total_travel_time=total_travel_time,
            total_cost=total_travel_time + float(flow @ fixed_cost),
            surplus=float(self.elastic.surplus(self._between(plain, outcome.cost)).sum()),
            iterations=history.size,
            seconds=time.perf_counter() - began,
            history=history,
            state=state,
        )


def _with_trips_not_made(network: RoadNetwork, plain: Graph, origin: Ints, end: Ints) -> Graph:
    """Add a link for the trips not made between each pair of zones, which no other trip can use.

    Where traffic passes a zone, its trips start at a node of their own, which only they leave, and end at another, which
    only they enter. Where none passes, the zone itself is such a node.
    """
    passed = network.through[network.zone_nodes]
    if np.unique(network.zone_nodes[~passed]).size < np.count_nonzero(~passed):
        raise InputError("zones without through traffic share a node", field="zone_nodes", expected="a node for each zone")
    extra = np.flatnonzero(passed)
    starts, ends = network.zone_nodes.copy(), network.zone_nodes.copy()
    starts[extra] = network.nodes + np.arange(extra.size)
    ends[extra] = network.nodes + extra.size + np.arange(extra.size)
    own = network.zone_nodes[extra]
    tail = np.concatenate((network.tail, starts[extra], own, starts[origin]))
    head = np.concatenate((network.head, own, ends[extra], ends[end]))
    order = np.argsort(tail, kind="stable")
    nodes = network.nodes + 2 * extra.size
    return plain._replace(
        tail=tail.astype(np.uint32),
        head=head.astype(np.uint32),
        out_start=np.searchsorted(tail[order], np.arange(nodes + 1)).astype(np.uint32),
        out_link=order.astype(np.uint32),
        out_head=head[order].astype(np.uint32),
        through=np.concatenate((network.through, np.ones(2 * extra.size, np.bool_))),
        open=np.ones(tail.size, np.bool_),
        origin=starts.astype(np.uint32),
        zone=ends.astype(np.uint32),
    )
