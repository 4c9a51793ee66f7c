"""Toll design: what to charge on some links, so that drivers' choices serve everybody (second-best congestion pricing)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.objectives import Measure, revenue_partials, toll_revenue
from braess.domains.road.problems.levers import Levers
from braess.domains.road.problems.smooth import SmoothRoadProblem
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.problem import Objective
from braess.space import Designs, Real, Space


class TollDesign(SmoothRoadProblem):
    """Set tolls on some links; drivers weigh them against time by the network's toll factor.

    Besides the objectives all road problems know there is ``"toll_revenue"`` (to make large). A network whose toll
    factor is 0 counts tolls in time units.

    Parameters
    ----------
    network, demand
        The roads and who wants to use them.
    links
        ``[k]`` indices of the links that may be tolled; others keep their toll.
    largest
        Highest toll, in the network's units of money.
    objectives, relative_gap, units
        As in `RoadProblem`.

    References
    ----------
    Verhoef, "Second-best congestion pricing in general networks", Transportation Research Part B 36 (2002) 707-729,
    doi:10.1016/S0191-2615(01)00025-X.
    """

    name = "toll-design"
    lever = "toll"

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        links: Sequence[int],
        largest: float,
        objectives: Sequence[str] = ("total_travel_time",),
        relative_gap: float = 1e-9,
        units: Units | None = None,
    ) -> None:
        self.links = np.asarray(links, dtype=np.int64)
        if self.links.size == 0:
            raise InputError("there is nothing to toll", field="links", found=0, expected="at least one link")
        if not 0 < largest < np.inf:
            raise InputError("impossible toll", field="largest", found=largest, expected="more than 0")
        if network.toll_factor == 0:
            network = network.with_links(toll_factor=1.0, toll=np.zeros(network.links))
        self.largest = largest
        labels = tuple(network.link_label(int(link)) for link in self.links)
        space = Space({"toll": Real(low=0.0, high=largest, size=len(labels), labels=labels)})
        super().__init__(network, demand, space=space, objectives=objectives, relative_gap=relative_gap, units=units)

    def _measure(self, name: str) -> Measure:
        if name == "toll_revenue":
            return Measure(Objective(name, sense="max"), toll_revenue, revenue_partials)
        return super()._measure(name)

    def changes(self, design: Designs) -> dict[int, str]:
        """Say what is charged where."""
        return {link: f"toll {toll:.4g}" for link, toll in zip(self.links.tolist(), design["toll"][0], strict=True) if toll > 0}

    def levers(self, designs: Designs) -> Levers:
        """Charge the tolls."""
        toll = np.tile(self.network.toll, (len(designs), 1))
        toll[:, self.links] = designs["toll"]
        return Levers(toll=toll)

    def construction_cost(self, designs: Designs) -> Floats:
        """Return zeros, ``[n]``."""
        return np.zeros(len(designs))

    def by_design(self, by_lever: Floats) -> Floats:
        """Return the derivatives on the links decided, ``[k]``."""
        return by_lever[self.links]

    def marginal_construction_cost(self, designs: Designs) -> Floats:
        """Return zeros, ``[n, k]``."""
        return np.zeros((len(designs), self.links.size))

    def anchors(self) -> Designs:
        """Return the designs that charge nothing, half, and the most."""
        levels = np.array([0.0, 0.5, 1.0])[:, None] * self.largest
        return self.space.designs({"toll": np.tile(levels, (1, self.links.size))})
