"""Link addition: which new links to build under a budget, the discrete network design problem (LeBlanc 1975)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.problems.levers import Levers
from braess.domains.road.problems.selection import SelectionProblem
from braess.domains.road.units import Units
from braess.space import Designs


class LinkAddition(SelectionProblem):
    """Build some of the candidate links; those not built do not exist.

    Parameters
    ----------
    network, demand
        The roads, candidates included, and who wants to use them.
    candidates
        ``[k]`` indices of the links that may be built, each decided on its own.
    cost
        ``[k]`` cost of building each.
    budget, budget_share
        Most that a design may cost, in the units of the costs or as a share of their sum; exactly one of the two.
    objectives, relative_gap, units
        As in `RoadProblem`.

    References
    ----------
    LeBlanc, "An algorithm for the discrete network design problem", Transportation Science 9 (1975) 183-199,
    doi:10.1287/trsc.9.3.183.
    """

    name = "link-addition"

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        candidates: Sequence[int],
        cost: Floats,
        budget: float | None = None,
        budget_share: float | None = None,
        objectives: Sequence[str] = ("total_travel_time",),
        relative_gap: float = 1e-9,
        units: Units | None = None,
    ) -> None:
        super().__init__(
            network,
            demand,
            variable="build",
            candidates=np.asarray(candidates, dtype=np.int64),
            cost=np.asarray(cost, dtype=np.float64),
            budget=budget,
            budget_share=budget_share,
            objectives=objectives,
            relative_gap=relative_gap,
            units=units,
        )

    def changes(self, design: Designs) -> dict[int, str]:
        """Say which links are built."""
        return dict.fromkeys(self.candidates[design[self.variable][0] == 1].tolist(), "built")

    def candidate_capacity(self) -> tuple[Floats, Floats]:
        """Return no capacity, and that of the new links."""
        picked = self.network.capacity[self.candidates]
        return np.zeros_like(picked), picked

    def unbounded(self) -> str | None:
        """Bound only where links that may not exist carry no preload."""
        preloaded = "candidates with a preload have no bounds" if self.network.preload[self.candidates].any() else None
        return super().unbounded() or preloaded

    def levers(self, designs: Designs) -> Levers:
        """Open the chosen links."""
        open_links = np.ones((len(designs), self.network.links), dtype=np.bool_)
        open_links[:, self.candidates] = designs[self.variable] == 1
        return Levers(open_links=open_links)
