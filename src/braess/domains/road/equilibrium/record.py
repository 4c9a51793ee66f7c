"""What a solve returns: the equilibrium, and the state from which a similar one is found faster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from braess.domains.road.equilibrium._compact import CompactBushes, expand
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats, Graph
from braess.domains.road.equilibrium._variant import Variant

Principle: TypeAlias = Literal["user-equilibrium", "system-optimum"]


@dataclass(frozen=True, eq=False)
class State:
    """Where a solve ended: for each origin the used sub-network (bush) and its flows. Opaque, compact, picklable.

    Give it to ``Assignment.solve(start=...)`` after capacities, costs, open links or demand changed. It belongs to the
    topology it was made on, and a solve never changes it: one state may start any number of solves, also at the same time.
    """

    bushes: Bushes = field(repr=False)
    open_links: Bools = field(repr=False)
    """``[classes, links]``"""
    topology: int
    trips: int

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(int(array.nbytes) for array in self.bushes) + int(self.open_links.nbytes)


@dataclass(frozen=True, eq=False)
class CompactState:
    """A `State` in a third to a sixth of its memory: links of each bush, flows where paths merge; the rest is recomputed.

    Made by ``Assignment.solve(low_memory=True)``. Each look at ``bushes`` makes them anew.
    Topology and trips are shared with the assignment, and not counted in ``nbytes``.
    """

    kept: CompactBushes = field(repr=False)
    open_links: Bools = field(repr=False)
    """``[classes, links]``"""
    topology: int
    trips: int
    graph: Graph = field(repr=False)
    matrix: Floats = field(repr=False)
    """``[rows, zones]`` the trips."""

    @property
    def bushes(self) -> Bushes:
        """The sub-networks with all their flows, made anew."""
        return Bushes(*expand(self.graph, self.matrix, *self.kept))

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(int(array.nbytes) for array in self.kept) + int(self.open_links.nbytes)


AnyState: TypeAlias = State | CompactState


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Flows at which no trip gains by another path (or the total cost is least), with what they cost.

    Parameters
    ----------
    principle
        What was solved for.
    flow
        ``[links]`` flow of the trips, flow units; zero on closed links. The preload comes on top of it.
    time
        ``[links]`` travel time at that flow, time units.
    cost
        ``[links]`` generalised cost at that flow (time, toll, distance), time units.
    choice_cost
        ``[links]`` the cost that is equal on all used paths of a pair of zones: ``cost`` at user equilibrium, the marginal
        total cost ``cost + flow * d cost / d flow`` at system optimum.
    relative_gap
        ``(total - shortest) / total`` over all trips in terms of ``choice_cost``, summed from reduced costs.
    beckmann
        Sum over links of the integral of ``cost`` from zero to the flow: what user equilibrium minimises.
    total_travel_time
        Sum of flow times time, the preload counted.
    total_cost
        Sum of flow times generalised cost (of the preload the time only): what system optimum minimises.
    iterations
        How often the sub-networks were adapted.
    seconds
        Wall-clock time of the solve.
    history
        ``[iterations]`` relative gap at each iteration.
    state
        Start for the next solve.
    variant
        The link attributes it was solved with.
    """

    principle: Principle
    flow: Floats = field(repr=False)
    time: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    choice_cost: Floats = field(repr=False)
    relative_gap: float
    beckmann: float
    total_travel_time: float
    total_cost: float
    iterations: int
    seconds: float
    history: Floats = field(repr=False)
    state: AnyState = field(repr=False)
    variant: Variant = field(repr=False)

    @property
    def objective(self) -> float:
        """What the principle minimises: the Beckmann value, or the total generalised cost."""
        return self.beckmann if self.principle == "user-equilibrium" else self.total_cost
