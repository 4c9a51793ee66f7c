"""Capacity expansion: how much capacity to buy for each link, the continuous network design problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.objectives import Measure, Outcome, Partials, time_partials, total_travel_time
from braess.domains.road.problems.capacity_problem import CapacityProblem
from braess.domains.road.problems.levers import Levers
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.problem import Objective
from braess.space import Designs, Real, Space


class CapacityExpansion(CapacityProblem):
    """Buy capacity: that of a link becomes ``capacity + y``, at ``cost * y ** exponent``.

    Besides the objectives all road problems know there is ``"total_system_cost"``: total travel time plus
    ``cost_weight`` × construction cost, the objective of the published continuous instances.

    Parameters
    ----------
    network, demand
        The roads and who wants to use them.
    links
        ``[k]`` indices of the links that may be enlarged.
    cost
        ``[k]`` cost coefficients.
    largest
        Most capacity a link may gain, one number or ``[k]``, in flow units.
    exponent
        1 (linear) or 2 (quadratic cost, as in Suwansirikul, Friesz and Tobin 1987 on Sioux Falls).
    cost_weight
        Time units one unit of cost is worth.
    budget
        Most that a design may cost, or ``None``.
    objectives, relative_gap, units
        As in `RoadProblem`.

    References
    ----------
    Abdulaal and LeBlanc, "Continuous equilibrium network design models", Transportation Research Part B 13 (1979)
    19-32, doi:10.1016/0191-2615(79)90004-3. Suwansirikul, Friesz and Tobin, "Equilibrium decomposed optimization: a
    heuristic for the continuous equilibrium network design problem", Transportation Science 21 (1987) 254-263,
    doi:10.1287/trsc.21.4.254.
    """

    name = "capacity-expansion"

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        links: Sequence[int],
        cost: Floats,
        largest: float | Floats,
        exponent: int = 1,
        cost_weight: float = 1.0,
        budget: float | None = None,
        objectives: Sequence[str] = ("total_system_cost",),
        relative_gap: float = 1e-9,
        units: Units | None = None,
    ) -> None:
        self.links = np.asarray(links, dtype=np.int64)
        self.cost = np.asarray(cost, dtype=np.float64)
        self.largest = np.broadcast_to(np.asarray(largest, dtype=np.float64), self.links.shape)
        if self.links.size == 0 or self.cost.shape != self.links.shape:
            raise InputError("one cost for each link", field="links, cost", found=(self.links.shape, self.cost.shape))
        if not ((self.largest > 0) & np.isfinite(self.largest)).all():
            raise InputError(
                "links must be able to gain capacity", field="largest", found=float(self.largest.min()), expected="more than 0"
            )
        if exponent not in (1, 2):
            raise InputError("unknown cost function", field="exponent", found=exponent, expected="1 or 2")
        self.exponent = exponent
        self.cost_weight = cost_weight
        labels = tuple(network.link_label(int(link)) for link in self.links)
        space = Space({"expansion": Real(low=0.0, high=tuple(self.largest.tolist()), size=len(labels), labels=labels)})
        super().__init__(
            network, demand, space=space, objectives=objectives, relative_gap=relative_gap, budget=budget, units=units
        )

    def _measure(self, name: str) -> Measure:
        if name == "total_system_cost":
            cost = _SystemCost(self.cost_weight)
            return Measure(Objective(name, unit=f"vehicles·{self.units.time or 'time'}"), cost, cost.partials)
        return super()._measure(name)

    def changes(self, design: Designs) -> dict[int, str]:
        """Say how much capacity is bought where."""
        bought = zip(self.links.tolist(), design["expansion"][0], strict=True)
        return {link: f"capacity +{gain:.4g}" for link, gain in bought if gain > 0}

    def levers(self, designs: Designs) -> Levers:
        """Enlarge the links."""
        capacity = np.tile(self.network.capacity, (len(designs), 1))
        capacity[:, self.links] += designs["expansion"]
        return Levers(capacity=capacity)

    def construction_cost(self, designs: Designs) -> Floats:
        """Return the summed cost of the capacity bought, ``[n]``."""
        total: Floats = (designs["expansion"] ** self.exponent * self.cost).sum(axis=1)
        return total

    def by_design(self, by_lever: Floats) -> Floats:
        """Return the derivatives on the links decided, ``[k]``."""
        return by_lever[self.links]

    def marginal_construction_cost(self, designs: Designs) -> Floats:
        """Return what a further unit of capacity costs on each link, ``[n, k]``."""
        result: Floats = self.cost * self.exponent * designs["expansion"] ** (self.exponent - 1)
        return result

    def cost_weights(self) -> dict[str, float]:
        """Return those of the total travel time and the total system cost."""
        return super().cost_weights() | {"total_system_cost": self.cost_weight}

    def unbounded(self) -> str | None:
        """Bound travel time and system cost, where capacity costs something or nothing."""
        return super().unbounded() or ("costs below 0 have no bounds" if (self.cost < 0).any() else None)

    def anchors(self) -> Designs:
        """Return the designs that buy nothing, half, and all."""
        return self.space.designs({"expansion": np.array([0.0, 0.5, 1.0])[:, None] * self.largest})

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return super().describe() | {
            "exponent": self.exponent,
            "cost_weight": self.cost_weight,
            "largest": self.largest.tolist(),
        }


class _SystemCost:
    """Total travel time plus weighted construction cost."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, outcome: Outcome) -> float:
        return total_travel_time(outcome) + self.weight * outcome.construction_cost

    def partials(self, outcome: Outcome) -> Partials:
        return replace(time_partials(outcome), construction_cost=self.weight)
