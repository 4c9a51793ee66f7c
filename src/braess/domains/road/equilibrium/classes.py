"""Several classes of users on the same roads: each with its own trips, tolls, value of time and forbidden links."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._costs import Costs
from braess.domains.road.equilibrium._engine import Engine, Solved
from braess.domains.road.equilibrium._failure import not_converged, unreachable
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats
from braess.domains.road.equilibrium._topology import fingerprint, graph_of
from braess.domains.road.equilibrium._variant import Variant, outcome_of, variant_of
from braess.domains.road.equilibrium.assignment import Assignment, prepared_trips, require_principle
from braess.domains.road.equilibrium.record import Equilibrium, Principle, State
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import BraessError, InputError, nearest


@dataclass(frozen=True, eq=False)
class UserClass:
    """One class of users.

    Parameters
    ----------
    name
        What results are called by.
    demand
        Trips of the class between the zones, in vehicles.
    value_of_time
        Units of toll one unit of time is worth to the class; left out: one over the network's toll factor.
    toll
        ``[links]`` what the class pays, in place of the network's tolls.
    distance_factor
        Time per unit of length in its generalised cost; left out: the network's.
    banned
        ``[links]`` true where the class may not drive.
    passenger_car_units
        How much capacity one of its vehicles takes up, in units of an ordinary car's.

    Raises
    ------
    InputError
        A value of time or passenger car units that are not positive.
    """

    name: str
    demand: Demand
    value_of_time: float | None = None
    toll: Floats | None = field(default=None, repr=False)
    distance_factor: float | None = None
    banned: Bools | None = field(default=None, repr=False)
    passenger_car_units: float = 1.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("value_of_time", "passenger_car_units"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise InputError(f"impossible for class {self.name!r}", field=name, found=value, expected="more than 0")

    def on(self, network: RoadNetwork) -> RoadNetwork:
        """Return the network as the class sees it: with its tolls and what they are worth to it."""
        changes: dict[str, Any] = {}
        if self.toll is not None:
            changes["toll"] = self.toll
        if self.value_of_time is not None:
            changes["toll_factor"] = 1.0 / self.value_of_time
        if self.distance_factor is not None:
            changes["distance_factor"] = self.distance_factor
        return network.with_links(**changes)


@dataclass(frozen=True, eq=False)
class ClassEquilibrium:
    """Flows at which no trip of any class gains by another path, with what they cost.

    Parameters
    ----------
    names
        The classes.
    flow
        ``[classes, links]`` vehicles of each class.
    volume
        ``[links]`` what they take of the capacity together, in passenger cars; the preload comes on top of it.
    time
        ``[links]`` travel time, the same for all, time units.
    cost
        ``[classes, links]`` generalised cost of each class, time units.
    relative_gap
        ``(total - shortest) / total`` over all trips, weighted by passenger car units.
    total_travel_time, total_cost
        ``[classes]`` sums of vehicles times time, and times generalised cost.
    iterations, seconds, history
        As in `Equilibrium`.
    state
        Start for the next solve.
    variants
        The link attributes each class was solved with.
    """

    names: tuple[str, ...]
    flow: Floats = field(repr=False)
    volume: Floats = field(repr=False)
    time: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    relative_gap: float
    total_travel_time: Floats
    total_cost: Floats
    iterations: int
    seconds: float
    history: Floats = field(repr=False)
    state: State = field(repr=False)
    variants: tuple[Variant, ...] = field(repr=False)


class ClassAssignment:
    """Several user classes on one network, prepared for many solves.

    All classes share the roads: travel times follow from the sum of their flows in passenger cars. What a class pays
    besides time is its own, and so are the links it may use. Costs are in time units, so the equilibrium is the minimum
    of a convex function and the volumes are unique (the split of a volume among classes need not be).

    Parameters
    ----------
    network
        Links with their volume-delay functions.
    classes
        The users, at least one class, by different names.
    principle
        As in `Assignment`. The system optimum weighs each class by its passenger car units.

    Raises
    ------
    InputError
        No or equally named classes, demand or link arrays that do not fit the network, an unknown principle.

    References
    ----------
    Dafermos, "The traffic assignment problem for multiclass-user transportation networks", Transportation Science 6 (1972)
    73-87, doi:10.1287/trsc.6.1.73.
    """

    def __init__(
        self, network: RoadNetwork, classes: Sequence[UserClass], *, principle: Principle = "user-equilibrium"
    ) -> None:
        require_principle(principle)
        names = tuple(one.name for one in classes)
        if not names or len(set(names)) != len(names):
            raise InputError("classes must have different names", field="classes", found=list(names))
        self.network = network
        self.classes = tuple(classes)
        self.names = names
        self.principle = principle
        self._networks = tuple(one.on(network) for one in classes)
        self._bans = np.array([self._ban(one) for one in classes])
        self._units = np.array([one.passenger_car_units for one in classes])
        self._trips = np.concatenate([prepared_trips(network, one.demand) * one.passenger_car_units for one in classes])
        self._trips_made = fingerprint(self._trips)
        self._engine = Engine(graph_of(network, len(names)), len(names))
        self._costs = [Costs(own, marginal=principle == "system-optimum") for own in self._networks]

    def _ban(self, one: UserClass) -> Bools:
        if one.banned is None:
            return np.zeros(self.network.links, np.bool_)
        banned = np.asarray(one.banned)
        if banned.dtype != np.bool_ or banned.shape != (self.network.links,):
            raise InputError(
                f"not one truth value per link for class {one.name!r}",
                field="banned",
                found=f"{banned.dtype} {banned.shape}",
                expected=f"bool ({self.network.links},)",
            )
        return banned

    def solve(
        self,
        *,
        capacity: Floats | None = None,
        free_flow_time: Floats | None = None,
        toll: Mapping[str, Floats] | None = None,
        open_links: Bools | None = None,
        start: State | None = None,
        relative_gap: float = 1e-10,
        max_iterations: int = 500,
        threads: int = 1,
    ) -> ClassEquilibrium:
        """Find the flows of all classes, in place of the network's own values with those given.

        Parameters
        ----------
        toll
            ``[links]`` for some classes by name, in place of what they pay otherwise.
        capacity, free_flow_time, open_links, start, relative_gap, max_iterations, threads
            As in `Assignment.solve`.

        Raises
        ------
        InputError, ConvergenceError
            As in `Assignment.solve`; also where a class is not known.
        """
        began = time.perf_counter()
        tolls = dict(toll or {})
        for name in tolls:
            self._require_known(name, "toll")
        variants = [
            variant_of(own, capacity, free_flow_time, tolls.get(name), open_links)
            for own, name in zip(self._networks, self.names, strict=True)
        ]
        variants = [replace(one, open_links=one.open_links & ~ban) for one, ban in zip(variants, self._bans, strict=True)]
        curves = [costs.curve(one) for costs, one in zip(self._costs, variants, strict=True)]
        users = self._engine.users(np.array([curve.free for curve in curves]), np.array([one.open_links for one in variants]))
        solved = self._engine.solve(
            curves[0],
            users,
            self._trips,
            start,
            trips_made=self._trips_made,
            relative_gap=relative_gap,
            max_iterations=max_iterations,
            threads=threads,
        )
        if solved.status != _solver.REACHED:
            raise self._failure(solved, variants, relative_gap)
        return self._result(solved, variants, began)

    def alone(self, name: str, found: ClassEquilibrium) -> tuple[Assignment, Equilibrium]:
        """Return the part of one class as an equilibrium of its own: for skims, paths, derivatives and the like.

        Flows are vehicles of the class. The network is as the class sees it, with all other traffic as its preload and
        capacities in vehicles of its kind; forbidden links are closed in the equilibrium's ``variant``.

        Raises
        ------
        InputError
            The class is not known.
        """
        self._require_known(name, "name")
        at, began = self.names.index(name), time.perf_counter()
        units, variant = self._units[at], found.variants[at]
        others = found.volume - units * found.flow[at] + self.network.preload
        own = self._networks[at]
        network = own.with_links(
            capacity=own.capacity / units,
            preload=np.maximum(others, 0.0) / units,
            power=own.delays.power_counted_in(units),
        )
        assignment = Assignment(network, self.classes[at].demand, principle=self.principle)
        bushes = _rows(found.state.bushes, at * network.zones, (at + 1) * network.zones, units)
        own_variant = replace(variant, inverse_capacity=variant.inverse_capacity * units)
        state = State(bushes, variant.open_links[None].copy(), assignment.topology, assignment.trips_made)
        return assignment, assignment.equilibrium_of(found.flow[at].copy(), state, own_variant, found.history, began)

    def _require_known(self, name: str, field_name: str) -> None:
        if name not in self.names:
            raise InputError(
                f"no such class{nearest(name, self.names)}", field=field_name, found=name, expected=", ".join(self.names)
            )

    def _failure(self, solved: Solved, variants: Sequence[Variant], asked: float) -> BraessError:
        if solved.status != _solver.UNREACHABLE:
            return not_converged(f"{self.principle} on {self.network.name}", solved.status, solved.history, asked)
        for at, variant in enumerate(variants):
            rows = slice(at * self.network.zones, (at + 1) * self.network.zones)
            graph = self._engine.graph._replace(open=variant.open_links)
            error = unreachable(self.network, graph, self._costs[at].curve(variant).free, self._trips[rows])
            if error.found:
                error.field = f"demand of class {self.names[at]!r}"
                return error
        raise AssertionError("a solve ended for trips without a path, but all have one")

    def _result(self, solved: Solved, variants: Sequence[Variant], began: float) -> ClassEquilibrium:
        bushes, zones = solved.bushes, self.network.zones
        outcomes = [outcome_of(own, one, solved.flow) for own, one in zip(self._networks, variants, strict=True)]
        flow = np.empty((len(self.names), self.network.links))
        for at, units in enumerate(self._units):
            first, last = bushes.link_start[at * zones], bushes.link_start[(at + 1) * zones]
            flow[at] = np.bincount(bushes.link[first:last], bushes.flow[first:last] / units, self.network.links)
        cost = np.array([outcome.cost for outcome in outcomes])
        opens = np.array([one.open_links for one in variants])
        return ClassEquilibrium(
            names=self.names,
            flow=flow,
            volume=solved.flow,
            time=outcomes[0].time,
            cost=cost,
            relative_gap=float(solved.history[-1]),
            total_travel_time=flow @ outcomes[0].time,
            total_cost=(flow * cost).sum(axis=1),
            iterations=solved.history.size,
            seconds=time.perf_counter() - began,
            history=solved.history,
            state=State(bushes, opens, self._engine.topology, self._trips_made),
            variants=tuple(variants),
        )


def _rows(bushes: Bushes, first: int, last: int, units: float) -> Bushes:
    """Return the bushes of some rows, with flows in vehicles instead of passenger cars."""
    nodes, links, merges = (
        slice(start[first], start[last]) for start in (bushes.node_start, bushes.link_start, bushes.merge_start)
    )
    return Bushes(
        node_start=bushes.node_start[first : last + 1] - nodes.start,
        link_start=bushes.link_start[first : last + 1] - links.start,
        merge_start=bushes.merge_start[first : last + 1] - merges.start,
        merge_count=bushes.merge_count[first:last].copy(),
        node=bushes.node[nodes].copy(),
        end=bushes.end[nodes].copy(),
        link=bushes.link[links].copy(),
        tail=bushes.tail[links].copy(),
        flow=bushes.flow[links] / units,
        merge=bushes.merge[merges].copy(),
    )
