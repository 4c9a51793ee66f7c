"""What lane addition and link addition share: pick some of many candidates, each at its cost, under a budget."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.delay import Bpr
from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.problems.bounds import SelectionBounds
from braess.domains.road.problems.enclosure import bounds_precision
from braess.domains.road.problems.learnable import LearnableRoadProblem
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.problem import Bound
from braess.space import Binary, Designs, Space

_ROUNDING = 1e-12  # relative: sums of costs in another order must not turn "all of the budget" into "too much"


class SelectionProblem(LearnableRoadProblem):
    """Pick candidates (one binary for each) whose costs add up to at most a budget.

    Parameters
    ----------
    network, demand
        The roads, candidates included, and who wants to use them.
    variable
        What the binary vector is called in designs.
    candidates
        ``[k]`` link of each candidate.
    cost
        ``[k]`` cost of each candidate, not negative.
    budget, budget_share
        Most that a design may cost, in the units of the costs or as a share of their sum; exactly one of the two.
    objectives, relative_gap, units
        As in `RoadProblem`.
    """

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        variable: str,
        candidates: NDArray[np.int64],
        cost: Floats,
        budget: float | None,
        budget_share: float | None,
        objectives: Sequence[str],
        relative_gap: float,
        units: Units | None,
    ) -> None:
        if (budget is None) == (budget_share is None):
            raise InputError(
                "state the budget once", field="budget, budget_share", found=(budget, budget_share), expected="one of the two"
            )
        if budget_share is not None and not 0 <= budget_share <= 1:
            raise InputError("impossible share", field="budget_share", found=budget_share, expected="between 0 and 1")
        if len(candidates) == 0:
            raise InputError("there is nothing to choose from", field="candidates", found=0, expected="at least one")
        if not (np.isfinite(cost) & (cost >= 0)).all():
            raise InputError("impossible costs", field="cost", found=float(np.min(cost)), expected="finite and at least 0")
        self.candidates = candidates
        self.cost = cost
        self.variable = variable
        limit = budget if budget is not None else (budget_share or 0.0) * float(cost.sum())
        labels = tuple(network.link_label(int(link)) for link in candidates)
        super().__init__(
            network,
            demand,
            space=Space({variable: Binary(size=len(candidates), labels=labels)}),
            objectives=objectives,
            relative_gap=relative_gap,
            budget=limit * (1 + _ROUNDING),
            units=units,
        )

    def construction_cost(self, designs: Designs) -> Floats:
        """Return the summed cost of the candidates picked, ``[n]``."""
        total: Floats = (designs[self.variable] * self.cost).sum(axis=1)  # unlike a product of matrices the same in any batch
        return total

    def marginal_construction_cost(self, designs: Designs) -> Floats:
        """Return the cost of each candidate, ``[n, k]``."""
        return np.tile(self.cost, (len(designs), 1))

    @abstractmethod
    def candidate_capacity(self) -> tuple[Floats, Floats]:
        """Return the capacity of each candidate's link ``[k]`` where it is not picked (0: no link) and where it is."""

    def unbounded(self) -> str | None:
        """Bound the total travel time on networks of BPR functions only."""
        if [objective.name for objective in self.objectives] != ["total_travel_time"]:
            return "objectives other than the total travel time have no bounds"
        if not self.network.delays.only(Bpr):
            return "volume-delay functions other than bpr have no bounds"
        return None

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Any = None) -> Bound:
        """Bound the total travel time, as `SelectionBounds` says."""
        return self._bounds.bound(low, high, cutoff=cutoff, start=start)

    def enclose(self, row: Floats) -> tuple[float, float]:
        """Enclose the exact total travel time of a flat design ``[k]``."""
        found = self._bounds.enclose(row)
        return found.low, found.high

    def precision(self) -> dict[str, Any]:
        """Say what the equilibria of the bounds are solved to."""
        return bounds_precision()

    @cached_property
    def _bounds(self) -> SelectionBounds:
        without, picked = self.candidate_capacity()
        return SelectionBounds(
            self.network,
            self.demand,
            candidates=self.candidates,
            without=without,
            picked=picked,
            cost=self.cost,
            budget=np.inf if self.budget is None else self.budget,
        )

    def anchors(self) -> Designs:
        """Return the designs that pick nothing, and all."""
        k = len(self.candidates)
        return self.space.designs({self.variable: np.array([np.zeros(k), np.ones(k)], dtype=np.int8)})

    def repair(self, designs: Designs, rng: np.random.Generator) -> Designs:
        """Return designs within the budget: of one that is not, as many candidates as fit are kept in random order."""
        picked = designs[self.variable].copy()
        budget = np.inf if self.budget is None else self.budget
        for i in np.flatnonzero(self.construction_cost(designs) > budget):
            chosen = rng.permutation(np.flatnonzero(picked[i]))
            picked[i] = 0
            left = budget
            for candidate in chosen:
                if self.cost[candidate] <= left:
                    picked[i, candidate] = 1
                    left -= self.cost[candidate]
        return self.space.designs({self.variable: picked})
