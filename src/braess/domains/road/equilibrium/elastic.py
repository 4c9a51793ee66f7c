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
from braess.domains.road.equilibrium._curve import Curve
from braess.domains.road.equilibrium._engine import Engine, Solved
from braess.domains.road.equilibrium._failure import not_converged, unreachable
from braess.domains.road.equilibrium._kernel import Bools, Floats, Graph
from braess.domains.road.equilibrium._not_made import NotMade
from braess.domains.road.equilibrium._skims import skim
from braess.domains.road.equilibrium._topology import fingerprint, graph_of
from braess.domains.road.equilibrium._variant import Variant, outcome_of, variant_of
from braess.domains.road.equilibrium.assignment import prepared_trips, require_principle
from braess.domains.road.equilibrium.record import Principle, State
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import ConvergenceError, InputError

# At most so many times the reference trips are taken to be made; where all of them are, so many times more.
_MORE = 2.0
# Trips not made below this share of those routed are none.
_NOBODY = 1e-9
# While trips and demand function disagree by more than this, the relative gap gets finer by this factor, down to this.
_AGREEMENT = 1e-6
_FINER, _FINEST = 1e-2, 1e-15


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
        self._pairs = np.nonzero(prepared_trips(network, elastic.demand))
        self._plain = graph_of(network)
        self._not_made = NotMade(network, self._plain, elastic, *self._pairs)
        self._engine = Engine(self._not_made.graph)
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
        have a path that costs nothing, on which they would have no bound. Where some trips cost far less than others a relative
        gap says little about them, so it gets finer than asked until the ``demand_gap`` is below 1e-6, as far as doubles allow.
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
        limits: dict[str, Any] = {"max_iterations": max_iterations, "threads": threads}
        history, found = np.zeros(0), None
        while True:
            whole = self._not_made.curve(curve, least[self._pairs], most[self._pairs], routed[self._pairs])
            try:
                solved, start = self._solve_routed(whole, variant.open_links, routed, start, relative_gap, limits)
            except ConvergenceError:
                if found is None:
                    raise
                return found  # finer than doubles allow here: its demand gap says what is left
            history = np.concatenate((history, solved.history))
            staying = self._not_made.staying(solved.flow)
            short = (staying <= _NOBODY * routed[self._pairs]) & (routed[self._pairs] < most[self._pairs])
            if short.any():
                routed[self._pairs] *= np.where(short, _MORE, 1.0)
                routed = np.minimum(routed, most)
                continue
            trips = routed.copy()
            trips[self._pairs] = np.maximum(trips[self._pairs] - staying, 0.0)
            found = self._result(plain, solved.flow[: self.network.links], trips, variant, history, start, began)
            if found.demand_gap <= _AGREEMENT or relative_gap <= _FINEST:
                return found
            relative_gap *= _FINER

    def _solve_routed(
        self,
        whole: Curve,
        open_links: Bools,
        routed: Floats,
        start: State | None,
        relative_gap: float,
        limits: dict[str, Any],
    ) -> tuple[Solved, State]:
        """Solve for so many trips, those not made on links of their own; without a start, from where all are made.

        Where none is made, an infinite cost would have to be left behind.
        """
        made = fingerprint(routed)
        if start is None:
            users = self._engine.users(whole.free[None], self._not_made.usable(open_links, may_stay=False))
            loaded = self._engine.solve(whole, users, routed, None, trips_made=made, relative_gap=np.inf, max_iterations=1)
            start = State(loaded.bushes, users.open, self._engine.topology, made)
        users = self._engine.users(whole.free[None], self._not_made.usable(open_links, may_stay=True))
        solved = self._engine.solve(whole, users, routed, start, trips_made=made, relative_gap=relative_gap, **limits)
        if solved.status != _solver.REACHED:
            raise not_converged(f"{self.principle} on {self.network.name}", solved.status, solved.history, relative_gap)
        return solved, State(solved.bushes, users.open, self._engine.topology, made)

    def _between(self, plain: Graph, cost: Floats) -> Floats:
        """Return the costs of the shortest paths, ``[zones, zones]``."""
        least: Floats = skim(plain, self._engine.nothing, cost, cost[:, None], False)[0]
        return least

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

    def _result(
        self,
        plain: Graph,
        flow: Floats,
        trips: Floats,
        variant: Variant,
        history: Floats,
        state: State,
        began: float,
    ) -> ElasticEquilibrium:
        outcome = outcome_of(self.network, variant, flow)
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
            total_cost=total_travel_time + float(flow @ variant.fixed_cost),
            surplus=float(self.elastic.surplus(self._between(plain, outcome.cost)).sum()),
            iterations=history.size,
            seconds=time.perf_counter() - began,
            history=history,
            state=state,
        )
