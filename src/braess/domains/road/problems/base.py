"""What all road problems share: a design pulls levers on a network, drivers settle into user equilibrium, objectives follow."""

from __future__ import annotations

import hashlib
import sys
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np

from braess.domains.road.artifact import MEDIA_TYPE, LinkState, RoadArtifact, Total, write_artifact
from braess.domains.road.equilibrium import AnyState, Assignment, Equilibrium, StatePool, verify
from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.objectives import Measure, Outcome, measure
from braess.domains.road.problems.levers import Levers
from braess.domains.road.units import Units
from braess.errors import BraessError, InputError
from braess.problem import Artifact, Constraint, Evaluations, Problem, evaluate_each
from braess.space import Designs, Space

_CHECK_GAP = 1e-10
_BALANCE = 1e-9  # flow that may be missing at a node, relative to all trips


class RoadProblem(Problem):
    """A leader who changes a road network, and drivers who answer with user equilibrium.

    Each evaluation is a pure function of the design: the equilibrium starts from the nearest of a few fixed states,
    never from what happened to be evaluated before.

    Parameters
    ----------
    network, demand
        The roads and who wants to use them.
    space
        What may be decided.
    objectives
        Names of objectives (`braess.domains.road.objectives.NAMES`, and what the problem adds), at least one.
    relative_gap
        Precision of the equilibria.
    budget
        Most that a design may cost, or ``None``.
    units
        What the network is stated in; needed for emissions only.

    Raises
    ------
    InputError
        Unknown or repeated objectives, a negative budget, an impossible gap.
    """

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        space: Space,
        objectives: Sequence[str],
        relative_gap: float,
        budget: float | None = None,
        units: Units | None = None,
    ) -> None:
        if not objectives or len(set(objectives)) != len(objectives):
            raise InputError("objectives must be named once each", field="objectives", found=list(objectives))
        if not 0 < relative_gap < 1:
            raise InputError("impossible precision", field="relative_gap", found=relative_gap, expected="between 0 and 1")
        if budget is not None and not budget >= 0:
            raise InputError("impossible budget", field="budget", found=budget, expected="at least 0")
        self.network = network
        self.demand = demand
        self.space = space
        self.units = units or Units()
        self.relative_gap = relative_gap
        self.budget = budget
        self._measures = tuple(self._measure(name) for name in objectives)
        self.objectives = tuple(found.objective for found in self._measures)
        self.constraints = () if budget is None else (Constraint("construction cost over budget"),)
        self._assignment = Assignment(network, demand)

    def _measure(self, name: str) -> Measure:
        return measure(name, self.units)

    @abstractmethod
    def levers(self, designs: Designs) -> Levers:
        """Translate ``n`` designs into what they change."""

    @abstractmethod
    def construction_cost(self, designs: Designs) -> Floats:
        """Return what each design costs to build, ``[n]``."""

    @abstractmethod
    def changes(self, design: Designs) -> dict[int, str]:
        """Say in words what one design does to which link."""

    @abstractmethod
    def anchors(self) -> Designs:
        """Return the few designs whose equilibria others start from; the first changes as little as possible."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Solve the equilibrium of each design."""
        levers, cost = self.levers(designs), self.construction_cost(designs)
        over = self._over_budget(cost)

        def answer(i: int) -> tuple[list[float], Floats, None]:
            changes = levers.row(i)
            solved = self._assignment.solve(**changes, start=self._nearest_state(changes), relative_gap=self.relative_gap)
            return self._judge(solved.flow, changes, float(cost[i])), over[i], None

        return evaluate_each(self, designs, answer)

    def check(self, designs: Designs) -> Evaluations:
        """Recompute from a cold equilibrium whose optimality is confirmed by an independent shortest-path code.

        The error of an evaluation says so where the confirmation fails.
        """
        levers, cost = self.levers(designs), self.construction_cost(designs)
        over = self._over_budget(cost)

        def answer(i: int) -> tuple[list[float], Floats, None]:
            changes = levers.row(i)
            flow = self._assignment.solve(**changes, relative_gap=_CHECK_GAP).flow
            attributes = {name: array for name, array in changes.items() if name != "open_links"}
            network = self.network.with_links(**attributes)
            confirmed = verify(network, self.demand, flow, open_links=changes.get("open_links"))
            if not (confirmed.relative_gap <= 10 * _CHECK_GAP and confirmed.imbalance <= _BALANCE * self.demand.total):
                raise BraessError(f"the flows are no equilibrium: {confirmed}")
            return self._judge(flow, changes, float(cost[i])), over[i], None

        return evaluate_each(self, designs, answer)

    def equilibrium(self, designs: Designs, relative_gap: float = _CHECK_GAP) -> list[Equilibrium]:
        """Solve the equilibria of ``n`` designs from nothing, for those who want flows."""
        levers = self.levers(designs)
        return [self._assignment.solve(**levers.row(i), relative_gap=relative_gap) for i in range(len(designs))]

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Describe the links before and after each of ``n`` designs, best first.

        Where some trips have no path as long as nothing is built, there is no state before.
        """
        before: LinkState | None = None
        worth_before: Sequence[float | None] = [None] * len(self._measures)
        with suppress(InputError):
            before, worth_before = self._link_state(self.anchors().take([0]))
        kept = []
        for i, design in enumerate(designs):
            after, worth_after = self._link_state(design)
            totals = [
                Total(found.objective.name.replace("_", " "), found.objective.unit, old, new)
                for found, old, new in zip(self._measures, worth_before, worth_after, strict=True)
                if found.objective.name != "total_travel_time"
            ]
            picture = RoadArtifact.of(
                self.network,
                after,
                before,
                changes=self.changes(design),
                flow_unit="vehicles",
                time_unit=self.units.time or "",
                totals=totals,
            )
            name = "best.geojson" if len(self.objectives) == 1 and i == 0 else f"front-{i + 1:02d}.geojson"
            kept.append(Artifact(name, MEDIA_TYPE, write_artifact(picture)))
        return kept

    def _link_state(self, design: Designs) -> tuple[LinkState, list[float]]:
        changes = self.levers(design).row(0)
        solved = self._assignment.solve(**changes, start=self._nearest_state(changes), relative_gap=self.relative_gap)
        flow = solved.flow  # the very flows the evaluation was of
        outcome = self.outcome(flow, changes, float(self.construction_cost(design)[0]))
        there = changes.get("open_links", np.ones(self.network.links, dtype=np.bool_))
        state = LinkState(*(np.where(there, values, np.nan) for values in (outcome.capacity, outcome.volume, outcome.time)))
        return state, [found.compute(outcome) for found in self._measures]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return {
            "name": self.name,
            "fingerprint": self._fingerprint(),
            "network": self.network.name,
            "nodes": self.network.nodes,
            "links": self.network.links,
            "zones": self.network.zones,
            "total_demand": self.demand.total,
            "decisions": self.space.width,
            "budget": self.budget,
            "relative_gap": self.relative_gap,
            "units": {"time": self.units.time, "length": self.units.length},
        }

    def _fingerprint(self) -> str:
        """Digest everything numeric that evaluations depend on: another network, demand or lever is another problem."""
        digest = self.roads_digest()
        anchors = self.anchors()
        levers = self.levers(anchors)
        for array in (levers.capacity, levers.open_links, levers.toll, self.construction_cost(anchors)):
            digest.update(b"" if array is None else array.tobytes())
        found: str = digest.hexdigest()
        return found

    def roads_digest(self) -> Any:
        """Begin a digest (of `hashlib`) with everything numeric of network and demand."""
        digest = hashlib.blake2b(digest_size=16)
        for item in fields(self.network):
            value = getattr(self.network, item.name)
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
        digest.update(self.demand.matrix.tobytes())
        return digest

    def _over_budget(self, cost: Floats) -> Floats:
        if self.budget is None:
            return np.empty((len(cost), 0))
        return (cost - self.budget)[:, None]

    def outcome(self, flow: Floats, changes: dict[str, Any], construction_cost: float) -> Outcome:
        """Put together what a design came to from its link flows ``[links]`` and its changes."""
        capacity = changes.get("capacity", self.network.capacity)
        time = self.network.travel_time(flow, capacity)
        return Outcome(self.network, capacity, flow, time, changes.get("toll", self.network.toll), construction_cost)

    def _judge(self, flow: Floats, changes: dict[str, Any], construction_cost: float) -> list[float]:
        outcome = self.outcome(flow, changes, construction_cost)
        return [found.compute(outcome) for found in self._measures]

    @cached_property
    def _states(self) -> StatePool:
        pool = StatePool(self.network.capacity, most_bytes=sys.maxsize)  # the anchors must all stay
        levers = self.levers(self.anchors())
        for i in range(len(self.anchors())):
            row = levers.row(i)
            with suppress(BraessError):  # where some trips have no path there is nothing to start from
                pool.add(self._assignment.solve(**row, relative_gap=self.relative_gap).state, **row)
        return pool

    def _nearest_state(self, changes: dict[str, Any]) -> AnyState | None:
        return self._states.nearest(**changes)
