"""Traffic assignment: user equilibrium and system optimum, prepared once and solved many times."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import get_args

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._compact import CompactBushes, compress
from braess.domains.road.equilibrium._costs import Costs
from braess.domains.road.equilibrium._engine import Engine
from braess.domains.road.equilibrium._failure import not_converged, unreachable
from braess.domains.road.equilibrium._kernel import Bools, Floats, Graph
from braess.domains.road.equilibrium._topology import fingerprint, graph_of
from braess.domains.road.equilibrium._variant import Variant, beckmann, outcome_of, variant_of
from braess.domains.road.equilibrium.record import AnyState, CompactState, Equilibrium, Principle, State
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import BraessError, InputError, nearest


class Assignment:
    """Trips on a network, prepared for many solves with other capacities, costs, links or demand.

    The solver is bush-based: each origin keeps an acyclic sub-network (Dial, 2006, Algorithm B), flow moves by Newton
    steps from the longest used to the shortest path segment below each node, links join a sub-network where they end
    before the largest cost to their head and leave it when they carry nothing (rules compared by Nie, 2010). Used by every
    problem of the road domain; for a single solve there is ``assign``.

    An object is read-only: it pickles, and several threads may solve on it at the same time. Equal arguments give equal
    results, bit for bit.

    Parameters
    ----------
    network
        Links with BPR costs. Nodes with ``through`` false start and end trips but are never passed.
    demand
        Trips between the zones of the network; those within a zone do not load it.
    principle
        ``"user-equilibrium"``: no trip can lower its generalised cost. ``"system-optimum"``: the sum over all trips of
        the generalised cost is least (trips then choose by marginal cost).

    Raises
    ------
    InputError
        Demand and network have different numbers of zones, or the principle is unknown.

    Notes
    -----
    Gaps of 1e-10 are ordinary, also where demand is ten times what roads can carry and congested links compete with links
    of constant cost.

    References
    ----------
    Dial, R. B. (2006). A path-based user-equilibrium traffic assignment algorithm that obviates path storage and
    enumeration. Transportation Research Part B 40, 917-936. doi:10.1016/j.trb.2006.02.008

    Nie, Y. (2010). A class of bush-based algorithms for the traffic assignment problem. Transportation Research Part B 44,
    73-89. doi:10.1016/j.trb.2009.06.005
    """

    def __init__(self, network: RoadNetwork, demand: Demand, *, principle: Principle = "user-equilibrium") -> None:
        require_principle(principle)
        self.network = network
        self.demand = demand
        self.principle = principle
        self._trips = prepared_trips(network, demand)
        self._trips_made = fingerprint(self._trips)
        self._engine = Engine(graph_of(network))
        self._costs = Costs(network, marginal=principle == "system-optimum")

    def solve(
        self,
        *,
        capacity: Floats | None = None,
        free_flow_time: Floats | None = None,
        toll: Floats | None = None,
        open_links: Bools | None = None,
        demand: Demand | None = None,
        start: AnyState | None = None,
        relative_gap: float = 1e-10,
        max_iterations: int = 500,
        threads: int = 1,
        low_memory: bool = False,
    ) -> Equilibrium:
        """Find the flows, in place of the network's own values with those given.

        Parameters
        ----------
        capacity
            ``[links]`` flow units, positive on open links.
        free_flow_time
            ``[links]`` time units, not negative.
        toll
            ``[links]`` in the units of the network's ``toll``.
        open_links
            ``[links]`` false where a link cannot be used; all are open otherwise.
        demand
            Trips in place of those the assignment was made with.
        start
            State of an earlier solve on the same topology: saves time where little changed. The result is the same to
            the precision asked for, not to the last bit.
        relative_gap
            Precision to reach, positive. Doubles allow about 1e-15.
        max_iterations
            Changes of the sub-networks to spend at most, each followed by many shifts of flow; tens are usual.
        threads
            How many threads share the origins. Worth it from some hundred origins on; the result is then the same to the
            precision asked, not to the last bit.
        low_memory
            Whether the state keeps only what cannot be recomputed, which takes a third to a sixth of its memory.

        Raises
        ------
        InputError
            An array has the wrong length or impossible values, the state belongs to another topology, or trips have no
            open path (the first few pairs are named by node labels).
        ConvergenceError
            The precision was not reached in ``max_iterations``, or progress stalled before.
        """
        began = time.perf_counter()
        variant = variant_of(self.network, capacity, free_flow_time, toll, open_links)
        trips = self._trips if demand is None else prepared_trips(self.network, demand)
        made = self._trips_made if demand is None else fingerprint(trips)
        curve = self._costs.curve(variant)
        users = self._engine.users(curve.free[None], variant.open_links[None])
        solved = self._engine.solve(
            curve,
            users,
            trips,
            start,
            trips_made=made,
            relative_gap=relative_gap,
            max_iterations=max_iterations,
            threads=threads,
            low_memory=low_memory,
        )
        if solved.status != _solver.REACHED:
            raise self._failure(solved.status, variant, trips, solved.history, relative_gap)
        opens = variant.open_links[None].copy()
        state: AnyState
        if low_memory:
            kept = CompactBushes(*compress(solved.bushes))
            state = CompactState(kept, opens, self.topology, made, self._engine.graph, trips)
        else:
            state = State(solved.bushes, opens, self.topology, made)
        return self.equilibrium_of(solved.flow, state, variant, solved.history, began)

    def solve_rows(
        self, variants: Sequence[Variant], start: AnyState | None, relative_gap: float, max_iterations: int
    ) -> list[tuple[Floats, float] | BraessError]:
        """Solve one variant after the other in compiled code, which leaves the interpreter to other threads.

        Returns
        -------
        Flow ``[links]`` and relative gap of each variant, or why there is none.
        """
        curves = [self._costs.curve(variant) for variant in variants]
        old, was_open, same = self._engine.start_from(start, self._trips_made)
        status, flows, gaps = _solver.solve_rows(
            self._engine.graph,
            np.array([variant.open_links for variant in variants]),
            np.array([curve.free for curve in curves]),
            np.array([curve.rise for curve in curves]),
            np.array([curve.inverse_capacity for curve in curves]),
            np.array([curve.tilt for curve in curves]),
            curves[0],
            self._trips,
            old,
            was_open,
            same,
            relative_gap,
            max_iterations,
        )
        return [
            (flows[i], float(gaps[i]))
            if status[i] == _solver.REACHED
            else self._failure(status[i], variant, self._trips, gaps[i : i + 1], relative_gap)
            for i, variant in enumerate(variants)
        ]

    @property
    def trips_made(self) -> int:
        """What tells the trips from others, as in `State`."""
        return self._trips_made

    @property
    def topology(self) -> int:
        """What tells the topology from others, as in `State`."""
        return self._engine.topology

    def graph_with(self, open_links: Bools) -> Graph:
        """Return the topology as the kernels read it, with some links closed."""
        return self._engine.graph._replace(open=open_links)

    def spread(self, equilibrium: Equilibrium) -> Floats:
        """Return what `path_cost_spread` does."""
        cost = equilibrium.choice_cost[None].copy()
        users = self._engine.users(cost, equilibrium.state.open_links)
        return _solver.spread(equilibrium.state.bushes, users, cost, self.network.nodes)

    def _failure(self, status: int, variant: Variant, trips: Floats, history: Floats, asked: float) -> BraessError:
        if status == _solver.UNREACHABLE:
            return unreachable(self.network, self.graph_with(variant.open_links), self._costs.curve(variant).free, trips)
        return not_converged(f"{self.principle} on {self.network.name}", status, history, asked)

    def equilibrium_of(self, flow: Floats, state: AnyState, variant: Variant, history: Floats, began: float) -> Equilibrium:
        """Put together the record of a solve that ended with these flows ``[links]``."""
        outcome = outcome_of(self.network, variant, flow)
        choice_cost = outcome.cost if self.principle == "user-equilibrium" else outcome.marginal_cost
        for array in (flow, outcome.time, outcome.cost, choice_cost, history):
            array.setflags(write=False)
        total_travel_time = float((flow + self.network.preload) @ outcome.time)
        return Equilibrium(
            principle=self.principle,
            flow=flow,
            time=outcome.time,
            cost=outcome.cost,
            choice_cost=choice_cost,
            relative_gap=float(history[-1]),
            beckmann=float(beckmann(self.network, variant, flow, outcome).sum()),
            total_travel_time=total_travel_time,
            total_cost=total_travel_time + float(flow @ variant.fixed_cost),
            iterations=history.size,
            seconds=time.perf_counter() - began,
            history=history,
            state=state,
            variant=variant,
        )


def require_principle(principle: str) -> None:
    """Refuse any principle but the two."""
    if principle not in get_args(Principle):
        raise InputError(
            "unknown principle" + nearest(str(principle), get_args(Principle)),
            field="principle",
            found=principle,
            expected=" or ".join(get_args(Principle)),
        )


def prepared_trips(network: RoadNetwork, demand: Demand) -> Floats:
    """Return the trips between the zones ``[zones, zones]``, those within a zone left out."""
    if demand.matrix.shape != (network.zones, network.zones):
        raise InputError(
            "demand does not match the zones of the network",
            field="demand",
            found=demand.matrix.shape,
            expected=f"({network.zones}, {network.zones})",
        )
    trips: Floats = demand.matrix.copy()
    np.fill_diagonal(trips, 0.0)
    return trips


def assign(
    network: RoadNetwork,
    demand: Demand,
    *,
    principle: Principle = "user-equilibrium",
    relative_gap: float = 1e-10,
    max_iterations: int = 500,
) -> Equilibrium:
    """Assign trips to a network once.

    Parameters and errors are those of ``Assignment`` and of its ``solve``; make an ``Assignment`` for more than one solve.
    """
    prepared = Assignment(network, demand, principle=principle)
    return prepared.solve(relative_gap=relative_gap, max_iterations=max_iterations)


def path_cost_spread(assignment: Assignment, equilibrium: Equilibrium) -> Floats:
    """Measure how unequal the used paths are: a stricter look at convergence than the relative gap.

    Returns
    -------
    ``[zones]`` for each origin the largest cost of a used path to any node above the least in its sub-network, in time
    units of ``choice_cost``; zero for zones without trips.
    """
    return assignment.spread(equilibrium)
