"""Derivatives of an equilibrium: how flows, times and totals answer to small changes of links and demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats
from braess.domains.road.equilibrium._pairs import Pairs
from braess.domains.road.equilibrium._tangent import load_trips, mean_along, pairs_of, project, ties
from braess.domains.road.equilibrium._variant import Variant
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import Equilibrium
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError

_TIE = 1e-7  # share of its cost by which an unused path may be longer and still count as tied
_SEED = 0


@dataclass(frozen=True, eq=False)
class Change:
    """First-order change of an equilibrium along one direction.

    Parameters
    ----------
    flow, time, cost
        ``[links]`` in the units of `Equilibrium` per unit of the direction.
    total_travel_time
        Change of the sum of flow times time.
    """

    flow: Floats = field(repr=False)
    time: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    total_travel_time: float


@dataclass(frozen=True, eq=False)
class Gradient:
    """Derivatives of one number with respect to everything the equilibrium depends on.

    Parameters
    ----------
    capacity, free_flow_time, toll
        ``[links]``; closed links have none.
    demand
        ``[zones, zones]``, zero on the diagonal and for origins without trips.
    """

    capacity: Floats = field(repr=False)
    free_flow_time: Floats = field(repr=False)
    toll: Floats = field(repr=False)
    demand: Floats = field(repr=False)


class Sensitivity:
    """Exact derivatives of an equilibrium by implicit differentiation.

    At the equilibrium all used paths of a pair cost the same. To first order flows move along the cycles ``C`` that used
    paths close, so that this stays true: where costs change by ``e`` at fixed flows, flows change by
    ``-C (C' D C)^+ C' e`` with the slopes ``D`` of the costs by which trips choose. Both products with this symmetric
    matrix, from the left and from the right, take one solve by conjugate gradients and never form it.

    Parameters
    ----------
    assignment, equilibrium
        What was solved, and its solution. Derivatives are as precise as the solution: ask for a relative gap of 1e-10 or
        less.
    accuracy
        Relative precision of the linear solve.

    Raises
    ------
    InputError
        The equilibrium belongs to another network.

    Notes
    -----
    The derivatives exist where every path that ties with the used ones is used too (strict complementarity); at other
    points, where a road is just about to come into use, the flows have a kink. ``differentiable`` tells; the derivatives
    given at a kink are those without the paths that are not yet used.

    References
    ----------
    Tobin and Friesz, "Sensitivity analysis for equilibrium network flow", Transportation Science 22 (1988) 242-250,
    doi:10.1287/trsc.22.4.242. Patriksson, "Sensitivity analysis of traffic equilibria", Transportation Science 38 (2004)
    258-281, doi:10.1287/trsc.1030.0043.
    """

    def __init__(self, assignment: Assignment, equilibrium: Equilibrium, *, accuracy: float = 1e-12) -> None:
        network, variant = assignment.network, equilibrium.variant
        if equilibrium.flow.shape != (network.links,):
            raise InputError("the equilibrium belongs to another network", field="equilibrium", found=equilibrium.flow.shape)
        self.assignment = assignment
        self.equilibrium = equilibrium
        self._accuracy = accuracy
        self._bushes = equilibrium.state.bushes
        self._graph = assignment.graph_with(variant.open_links)
        self._pairs = Pairs(*pairs_of(self._bushes, network.nodes))
        self._differentiate_costs(network, variant, equilibrium)

    def _differentiate_costs(self, network: RoadNetwork, variant: Variant, equilibrium: Equilibrium) -> None:
        """Set the partial derivatives of times, and of the costs by which trips choose."""
        inverse, delays = variant.inverse_capacity, network.delays
        ratio = (equilibrium.flow + network.preload) * inverse
        weight, by_free = delays.weight(variant.free_flow_time), delays.weight_by_time
        level, steep = delays.level(ratio, inverse), delays.steepness(ratio, inverse)
        slope = np.where(weight > 0, steep.slope, 0.0)
        lift = np.where(ratio > 0, level.lift, 0.0)
        self._time_by_flow = weight * slope * inverse
        self._time_by_capacity = -weight * (lift + steep.pull) * inverse
        self._time_by_free = 1.0 + by_free * level.value
        self._choice_by_flow, self._choice_by_capacity = self._time_by_flow, self._time_by_capacity
        self._choice_by_free = self._time_by_free
        if equilibrium.principle == "system-optimum":  # one more vehicle also costs the others the lift
            bend = np.where((weight > 0) & (ratio > 0), steep.bend, 0.0)
            rise = ratio * bend + slope
            self._choice_by_flow = self._time_by_flow + weight * rise * inverse
            self._choice_by_capacity = self._time_by_capacity - weight * ratio * (rise + steep.pull_slope) * inverse
            self._choice_by_free = self._time_by_free + by_free * level.lift

    @cached_property
    def differentiable(self) -> bool:
        """Whether the derivatives exist at this point: no unused path ties with the used ones.

        A random combination of the movements that tied links would allow is compared with its projection on those that
        used links allow; they agree, up to the precision of the solve, only if every one of them does.
        """
        weight = np.random.default_rng(_SEED).uniform(0.5, 1.5, self.assignment.network.links)
        cost = self.equilibrium.choice_cost.copy()
        tied = ties(self._graph, self._bushes, cost, weight, _TIE)
        if not tied.any():
            return self._steep
        inside, solved = project(self._pairs, self._choice_by_flow, self._choice_by_flow * tied, self._accuracy)
        return self._steep and solved and bool(np.abs(inside - tied).max() <= 1e-6 * np.abs(tied).max())

    @cached_property
    def _steep(self) -> bool:
        """Whether every movement of flow changes costs, so that flows are unique."""
        return (
            bool(np.isfinite(self._choice_by_flow).all())
            and project(
                self._pairs,
                self._choice_by_flow,
                np.random.default_rng(_SEED).random(self._choice_by_flow.size),
                self._accuracy,
            )[1]
        )

    def along(
        self,
        *,
        capacity: Floats | None = None,
        free_flow_time: Floats | None = None,
        toll: Floats | None = None,
        demand: Floats | None = None,
    ) -> Change:
        """Return the derivative along one direction (Jacobian-vector product).

        Parameters
        ----------
        capacity, free_flow_time, toll
            ``[links]`` direction, zero where not given.
        demand
            ``[zones, zones]`` direction; its diagonal is ignored.
        """
        network = self.assignment.network
        nothing = np.zeros(network.links)
        capacity = nothing if capacity is None else self._checked("capacity", capacity, nothing.shape)
        free = nothing if free_flow_time is None else self._checked("free_flow_time", free_flow_time, nothing.shape)
        toll = nothing if toll is None else self._checked("toll", toll, nothing.shape)
        loaded = nothing
        if demand is not None:
            trips = self._checked("demand", demand, (network.zones, network.zones)) * ~np.eye(network.zones, dtype=np.bool_)
            loaded = load_trips(self._graph, self._bushes, self.equilibrium.choice_cost.copy(), trips)
        priced = network.toll_factor * toll
        pull = self._choice_by_capacity * capacity + self._choice_by_free * free + priced + self._choice_by_flow * loaded
        flow = loaded - self._project(pull)
        time = self._time_by_flow * flow + self._time_by_capacity * capacity + self._time_by_free * free
        solved = self.equilibrium
        return Change(flow, time, time + priced, float((solved.flow + network.preload) @ time + solved.time @ flow))

    def gradient(
        self,
        *,
        flow: Floats | None = None,
        time: Floats | None = None,
        cost: Floats | None = None,
        total_travel_time: float = 0.0,
    ) -> Gradient:
        """Return the derivatives of a number from its derivatives by flows, times, costs (vector-Jacobian product).

        One linear solve, however many links there are.

        Parameters
        ----------
        flow, time, cost
            ``[links]`` how the number depends on these, zero where not given.
        total_travel_time
            How the number depends on the sum of flow times time.
        """
        network, solved = self.assignment.network, self.equilibrium
        nothing = np.zeros(network.links)
        by_flow = nothing if flow is None else self._checked("flow", flow, nothing.shape)
        by_cost = nothing if cost is None else self._checked("cost", cost, nothing.shape)
        by_time = by_cost + total_travel_time * (solved.flow + network.preload)
        by_time = by_time if time is None else by_time + self._checked("time", time, nothing.shape)
        by_flow = by_flow + self._time_by_flow * by_time + total_travel_time * solved.time
        answer = self._project(by_flow)
        rest = by_flow - self._choice_by_flow * answer
        demand = mean_along(self._graph, self._bushes, solved.choice_cost.copy(), rest)
        np.fill_diagonal(demand, 0.0)
        return Gradient(
            capacity=self._time_by_capacity * by_time - self._choice_by_capacity * answer,
            free_flow_time=self._time_by_free * by_time - self._choice_by_free * answer,
            toll=network.toll_factor * (by_cost - answer),
            demand=demand,
        )

    def _project(self, values: Floats) -> Floats:
        return project(self._pairs, self._choice_by_flow, values, self._accuracy)[0]

    def _checked(self, name: str, values: Floats, shape: tuple[int, ...]) -> Floats:
        array = np.asarray(values, dtype=np.float64)
        if array.shape != shape or not np.isfinite(array).all():
            raise InputError("not finite numbers of the right shape", field=name, found=array.shape, expected=str(shape))
        return array
