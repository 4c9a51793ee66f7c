"""Lane addition: which links get more lanes under a budget (NDP-LA of Madadi and Correia 2023, arXiv:2303.06024)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.problems.levers import Levers
from braess.domains.road.problems.sampling import draw_lanes
from braess.domains.road.problems.selection import SelectionProblem
from braess.domains.road.problems.smooth import SmoothRoadProblem
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.space import Designs


class LaneAddition(SelectionProblem, SmoothRoadProblem):
    """Add lanes to some links: the capacity of a chosen link becomes ``(1 + capacity_step) * capacity``.

    Parameters
    ----------
    network, demand
        The roads and who wants to use them.
    capacity_step
        Added lanes over existing lanes, the same for every link.
    budget, budget_share
        Most that a design may cost, in the units of the costs or as a share of their sum; exactly one of the two.
    links
        ``[k]`` indices of the links that may be widened; left out: all.
    cost
        ``[k]`` cost of widening each; left out: free-flow time × capacity, as published.
    objectives, relative_gap, units
        As in `RoadProblem`.

    References
    ----------
    Madadi and Correia, "A hybrid deep-learning-metaheuristic framework for bi-level network design problems",
    arXiv:2303.06024.
    """

    name = "lane-addition"
    lever = "capacity"

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        capacity_step: float = 0.5,
        budget: float | None = None,
        budget_share: float | None = None,
        links: Sequence[int] | None = None,
        cost: Floats | None = None,
        objectives: Sequence[str] = ("total_travel_time",),
        relative_gap: float = 1e-9,
        units: Units | None = None,
    ) -> None:
        if not capacity_step > 0:
            raise InputError("lanes must add capacity", field="capacity_step", found=capacity_step, expected="more than 0")
        self.capacity_step = capacity_step
        candidates = np.arange(network.links) if links is None else np.asarray(links, dtype=np.int64)
        super().__init__(
            network,
            demand,
            variable="lanes",
            candidates=candidates,
            cost=(network.free_flow_time * network.capacity)[candidates]
            if cost is None
            else np.asarray(cost, dtype=np.float64),
            budget=budget,
            budget_share=budget_share,
            objectives=objectives,
            relative_gap=relative_gap,
            units=units,
        )

    def changes(self, design: Designs) -> dict[int, str]:
        """Say which links get lanes."""
        return dict.fromkeys(self.candidates[design[self.variable][0] == 1].tolist(), "lanes added")

    def candidate_capacity(self) -> tuple[Floats, Floats]:
        """Return the capacities without and with the lanes added."""
        without = self.network.capacity[self.candidates]
        return without, without * (1.0 + self.capacity_step)

    def levers(self, designs: Designs) -> Levers:
        """Widen the chosen links."""
        capacity = np.tile(self.network.capacity, (len(designs), 1))
        capacity[:, self.candidates] *= 1.0 + self.capacity_step * designs[self.variable]
        return Levers(capacity=capacity)

    def draw_levers(self, n: int, rng: np.random.Generator) -> Levers:
        """Draw capacities: each link gains or loses up to two of four lanes, as published."""
        return Levers(capacity=draw_lanes(self.network, n, rng))

    def drawn(self) -> str:
        """Say that lanes are drawn, whatever may be decided."""
        return "lanes"

    def by_design(self, by_lever: Floats) -> Floats:
        """Return the derivatives by the share of each lane added, ``[k]``."""
        widened: Floats = self.capacity_step * (self.network.capacity * by_lever)[self.candidates]
        return widened
