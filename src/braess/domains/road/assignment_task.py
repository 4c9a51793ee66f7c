"""An assignment to carry out, and what comes out, alike for one class of users, for several and for elastic demand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from braess.domains.road.delay import DelayFunction
from braess.domains.road.elastic_demand import DemandFunction, ElasticDemand
from braess.domains.road.equilibrium import (
    Assignment,
    ClassAssignment,
    ClassEquilibrium,
    ElasticAssignment,
    ElasticEquilibrium,
    Equilibrium,
    Principle,
    marginal_cost_tolls,
    skims,
)
from braess.domains.road.network import Bools, Demand, RoadNetwork
from braess.errors import InputError, nearest

Part = tuple[Assignment, Equilibrium]


@dataclass(frozen=True, eq=False)
class AssignmentResult:
    """What came out.

    Parameters
    ----------
    solved
        The solution.
    facts
        Totals and what the solve took, by name.
    columns
        ``[links]`` each, by name: ``flow`` of the trips (for several classes in passenger cars), ``time``, ``cost`` and more.
    read
        Returns what skims, paths and selected links are read off: of a class by name, else of all trips.
    trips_made
        The trips, where demand is elastic.
    """

    solved: Equilibrium | ClassEquilibrium | ElasticEquilibrium
    facts: dict[str, Any]
    columns: dict[str, Any] = field(repr=False)
    read: Callable[[str | None], Part] = field(repr=False)
    trips_made: Demand | None = None


@dataclass(frozen=True, eq=False)
class AssignmentTask(ABC):
    """An assignment, ready to solve.

    Parameters
    ----------
    network
        The roads.
    principle, relative_gap, open_links
        As in `Assignment` and its ``solve``.
    """

    network: RoadNetwork
    principle: Principle = field(default="user-equilibrium", kw_only=True)
    relative_gap: float = field(default=1e-10, kw_only=True)
    open_links: Bools | None = field(default=None, kw_only=True, repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the user classes, none where all users are alike."""
        return ()

    def require_class(self, name: str | None) -> None:
        """Refuse a name that is no class, or none where there are several (`InputError`)."""
        if name is None and len(self.classes) > 1:
            raise InputError("which class is meant", field="class", expected=f"one of {', '.join(self.classes)}")
        if name is not None and name not in self.classes:
            expected = f"one of {', '.join(self.classes)}" if self.classes else "no class: all users are alike"
            raise InputError(f"no such class{nearest(name, self.classes)}", field="class", found=name, expected=expected)

    @abstractmethod
    def solve(self, threads: int = 1) -> AssignmentResult:
        """Solve it on so many threads; errors are those of `Assignment.solve`."""

    @abstractmethod
    def trips(self) -> float:
        """Return the number of trips, in vehicles."""

    def summary(self) -> dict[str, Any]:
        """Say what it is, without solving it."""
        facts: dict[str, Any] = {"network": self.network.name, "principle": self.principle, "trips": self.trips()}
        return facts | ({"classes": ", ".join(self.classes)} if self.classes else {})

    def _options(self, threads: int = 1) -> dict[str, Any]:
        return {"open_links": self.open_links, "relative_gap": self.relative_gap, "threads": threads}

    def _facts(self, solved: Equilibrium | ClassEquilibrium | ElasticEquilibrium) -> dict[str, Any]:
        return {
            "network": self.network.name,
            "principle": self.principle,
            "relative_gap": solved.relative_gap,
            "iterations": solved.iterations,
            "seconds": solved.seconds,
        }

    def _columns(self, flow: Any, time: Any, **further: Any) -> dict[str, Any]:
        network = self.network
        columns = {"flow": flow, "time": time, **further, "volume_capacity": (flow + network.preload) / network.capacity}
        if network.preload.any():
            columns["preload"] = network.preload
        if network.delay_function.any():
            columns["delay_function"] = np.array([DelayFunction(code).formula.name for code in network.delay_function])
        return columns

    def _first_best(self, solved: Equilibrium | ElasticEquilibrium) -> dict[str, Any]:
        """Return the tolls that bring an optimum about, in time units where drivers do not weigh them."""
        if self.principle == "user-equilibrium":
            return {}
        roads = self.network
        priced = roads if roads.toll_factor else roads.with_links(toll_factor=1.0, toll=0.0 * roads.toll)
        return {"marginal_cost_toll": marginal_cost_tolls(priced, solved)}


@dataclass(frozen=True, eq=False)
class PlainTask(AssignmentTask):
    """Trips of one kind, as many as the demand says.

    Parameters
    ----------
    demand
        The trips.
    """

    demand: Demand = field(kw_only=True)

    def trips(self) -> float:
        """Return the total of the demand."""
        return self.demand.total

    def solve(self, threads: int = 1) -> AssignmentResult:
        """Solve it with `Assignment`."""
        prepared = Assignment(self.network, self.demand, principle=self.principle)
        solved = prepared.solve(**self._options(threads))
        columns = self._columns(solved.flow, solved.time, cost=solved.cost)
        facts = self._facts(solved) | {
            "total_travel_time": solved.total_travel_time,
            "total_cost": solved.total_cost,
            "beckmann": solved.beckmann,
            "largest_volume_capacity": float(columns["volume_capacity"].max()),
        }
        return AssignmentResult(solved, facts, columns | self._first_best(solved), lambda _: (prepared, solved))


@dataclass(frozen=True, eq=False)
class ClassTask(AssignmentTask):
    """Several classes of users.

    Parameters
    ----------
    assignment
        The classes on the roads.
    """

    assignment: ClassAssignment = field(kw_only=True)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the user classes."""
        return self.assignment.names

    def trips(self) -> float:
        """Return the total of all classes, in vehicles."""
        return sum(one.demand.total for one in self.assignment.classes)

    def solve(self, threads: int = 1) -> AssignmentResult:
        """Solve it with `ClassAssignment`; totals count the preload, as for one class."""
        solved = self.assignment.solve(**self._options(threads))
        columns = self._columns(solved.volume, solved.time)
        waiting = float(self.network.preload @ solved.time)
        facts = self._facts(solved) | {
            "total_travel_time": float(solved.total_travel_time.sum()) + waiting,
            "total_cost": float(solved.total_cost.sum()) + waiting,
            "largest_volume_capacity": float(columns["volume_capacity"].max()),
        }
        for at, one in enumerate(self.assignment.classes):
            facts |= {
                f"trips_{one.name}": one.demand.total,
                f"total_travel_time_{one.name}": float(solved.total_travel_time[at]),
                f"total_cost_{one.name}": float(solved.total_cost[at]),
            }
            columns |= {f"flow_{one.name}": solved.flow[at], f"cost_{one.name}": solved.cost[at]}

        def read(name: str | None) -> Part:
            self.require_class(name)
            return self.assignment.alone(self.classes[0] if name is None else name, solved)

        return AssignmentResult(solved, facts, columns, read)


@dataclass(frozen=True, eq=False)
class ElasticTask(AssignmentTask):
    """Trips that are made the less, the more they cost.

    Parameters
    ----------
    demand
        The trips at the reference costs.
    elasticity, function
        As in `ElasticDemand`.
    as_it_is
        The network at whose user equilibrium those trips are made, where the reference is one.
    known
        Trips by what they cost, where the reference costs are known beforehand.
    """

    demand: Demand = field(kw_only=True)
    elasticity: float = field(kw_only=True)
    function: DemandFunction = field(kw_only=True)
    as_it_is: RoadNetwork = field(kw_only=True)
    known: ElasticDemand | None = field(default=None, kw_only=True)

    def trips(self) -> float:
        """Return the total at the reference costs."""
        return self.demand.total

    def reference(self) -> ElasticDemand:
        """Return the trips by what they cost, solving the equilibrium they refer to where they do."""
        if self.known is not None:
            return self.known
        today = Assignment(self.as_it_is, self.demand)
        cost = skims(today, today.solve(relative_gap=self.relative_gap)).cost
        return ElasticDemand(self.demand, cost, self.elasticity, self.function)

    def solve(self, threads: int = 1) -> AssignmentResult:
        """Solve it with `ElasticAssignment`."""
        solved = ElasticAssignment(self.network, self.reference(), principle=self.principle).solve(**self._options(threads))
        columns = self._columns(solved.flow, solved.time, cost=solved.cost)
        within_zones = float(np.trace(self.demand.matrix))
        facts = self._facts(solved) | {
            "demand_gap": solved.demand_gap,
            "reference_trips": self.demand.total - within_zones,
            "trips_made": solved.demand.total,
            "surplus": solved.surplus,
            "total_travel_time": solved.total_travel_time,
            "total_cost": solved.total_cost,
            "largest_volume_capacity": float(columns["volume_capacity"].max()),
        }

        def read(_: str | None) -> Part:  # the trips made as a fixed demand, whose equilibrium has the same flows
            prepared = Assignment(self.network, solved.demand, principle=self.principle)
            return prepared, prepared.solve(**self._options())

        return AssignmentResult(solved, facts, columns | self._first_best(solved), read, solved.demand)
