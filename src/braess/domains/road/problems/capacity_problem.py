"""What problems share whose designs move capacities in proportion: bounds, and when there are none."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from braess.domains.road.delay import Bpr
from braess.domains.road.network import Floats
from braess.domains.road.problems.convex_bounds import ConvexBounds, convex_bounds_precision
from braess.domains.road.problems.smooth import SmoothRoadProblem
from braess.problem import Bound


class CapacityProblem(SmoothRoadProblem):
    """A road problem whose flat design moves the capacity of each of some links, in proportion."""

    lever = "capacity"

    def cost_weights(self) -> dict[str, float]:
        """Return the objectives that have bounds: total travel time plus so much for a unit of construction cost."""
        return {"total_travel_time": 0.0}

    def unbounded(self) -> str | None:
        """Bound objectives of travel time and construction cost, on networks of BPR functions only."""
        weights = self.cost_weights()
        if len(self.objectives) != 1 or self.objectives[0].name not in weights:
            return f"objectives other than one of {', '.join(weights)} have no bounds"
        if not self.network.delays.only(Bpr):
            return "volume-delay functions other than bpr have no bounds"
        if weights[self.objectives[0].name] < 0:
            return "an objective that falls with the construction cost has no bounds"
        return None

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Any = None) -> Bound:
        """Bound the objective, as `ConvexBounds` says."""
        return self._bounds.bound(low, high, cutoff=cutoff, start=start)

    def enclose(self, row: Floats) -> tuple[float, float]:
        """Enclose the exact objective of a flat design ``[width]``."""
        return self._bounds.enclose(row)

    def precision(self) -> dict[str, Any]:
        """Say what the equilibria of the bounds are solved to."""
        return convex_bounds_precision()

    @cached_property
    def _bounds(self) -> ConvexBounds:
        return ConvexBounds(self, cost_weight=self.cost_weights()[self.objectives[0].name])
