"""The settings of the road problems, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats import DesignInstance, read_lane_swap_pairs
from braess.domains.road.library import load_design, load_lane_swap
from braess.domains.road.links import find_links
from braess.domains.road.network import Demand, RoadNetwork
from braess.domains.road.problems import CapacityExpansion, LaneAddition, LaneSwap, LinkAddition, TollDesign
from braess.domains.road.source import NetworkSource, place
from braess.domains.road.units import Units
from braess.errors import InputError


@dataclass(frozen=True, kw_only=True)
class RoadSettings:
    """What every road problem is told.

    Parameters
    ----------
    objectives
        Names of objectives, one or several; left out: the problem's own.
    relative_gap
        Precision of the equilibria; left out: 1e-9.
    time_unit
        What travel times are stated in (``s``, ``min``, ``h``); needed for emissions.
    length_unit
        What lengths are stated in (``m``, ``km``, ``ft``, ``mi``); needed for emissions.
    """

    objectives: tuple[str, ...] | None = None
    relative_gap: float | None = None
    time_unit: str | None = None
    length_unit: str | None = None

    def common(self) -> dict[str, Any]:
        """Return what goes to the problem as it is; what was left out keeps the problem's default."""
        given: dict[str, Any] = {"units": Units(self.time_unit, self.length_unit)}
        if self.objectives is not None:
            given["objectives"] = self.objectives
        if self.relative_gap is not None:
            given["relative_gap"] = self.relative_gap
        return given


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(RoadSettings, NetworkSource):
    """What a problem on a network of the user's choice is told."""

    def roads(self, folder: Path) -> tuple[RoadNetwork, Demand]:
        """Load the network and its demand."""
        network, demand = self.read(folder)
        return self.with_traffic(network, folder, Units(self.time_unit, self.length_unit)), demand


@dataclass(frozen=True, kw_only=True)
class LaneAdditionSettings(NetworkSettings):
    """Settings of `LaneAddition`.

    Parameters
    ----------
    capacity_step
        Added lanes over existing lanes.
    budget
        Most that a design may cost; this or ``budget_share``.
    budget_share
        Most that a design may cost, as a share of the cost of widening every link.
    links
        Links that may be widened, as ``"2->6"``; left out: all.
    """

    capacity_step: float = 0.5
    budget: float | None = None
    budget_share: float | None = None
    links: tuple[str, ...] | None = None

    def build(self, folder: Path) -> LaneAddition:
        """Build the problem."""
        network, demand = self.roads(folder)
        return LaneAddition(
            network,
            demand,
            capacity_step=self.capacity_step,
            budget=self.budget,
            budget_share=self.budget_share,
            links=None if self.links is None else find_links(network, self.links),
            **self.common(),
        )


@dataclass(frozen=True, kw_only=True)
class LaneSwapSettings(NetworkSettings):
    """Settings of `LaneSwap`.

    Parameters
    ----------
    capacity_step
        Swapped lanes over existing lanes.
    pairs
        Path of a JSON list of node pairs, or roads as ``"2->6"`` (the first direction of each).
    scenario
        Share of a published scenario (0.25, 0.5 or 0.75) in place of ``pairs`` and ``demand``.
    """

    capacity_step: float = 0.5
    pairs: str | tuple[str, ...] | None = None
    scenario: float | None = None

    def build(self, folder: Path) -> LaneSwap:
        """Build the problem."""
        if (self.pairs is None) == (self.scenario is None):
            raise InputError("say once which lanes may be swapped", field="pairs, scenario", expected="one of the two")
        if self.scenario is not None:
            if self.demand is not None:
                raise InputError("a published scenario has its own demand", field="demand", found=self.demand)
            published = load_lane_swap(self.network, self.scenario)
            network = self.with_traffic(published.network, folder, Units(self.time_unit, self.length_unit))
            demand, pairs = published.demand.scaled(self.demand_multiplier), published.pairs
        else:
            network, demand = self.roads(folder)
            pairs = self._pairs(network, folder)
        return LaneSwap(
            network, demand, pairs=[(int(i), int(j)) for i, j in pairs], capacity_step=self.capacity_step, **self.common()
        )

    def _pairs(self, network: RoadNetwork, folder: Path) -> Any:
        if isinstance(self.pairs, str):
            return read_lane_swap_pairs(folder / self.pairs, network)
        roads = self.pairs or ()
        back = ["->".join(reversed(road.split("->"))) for road in roads]
        return np.column_stack([find_links(network, roads), find_links(network, back)])


@dataclass(frozen=True, kw_only=True)
class InstanceSettings(RoadSettings):
    """What a problem on a design instance is told.

    Parameters
    ----------
    instance
        Name of a known design instance (``SF_DNDP_10_1`` discrete, ``SF_CNDP_1`` continuous), or path of one.
    demand_multiplier
        What all trips are multiplied by; left out: as published for known instances, else 1.
    budget
        Most that a design may cost.
    """

    instance: str
    demand_multiplier: float | None = None
    budget: float | None = None

    def read(self, folder: Path) -> DesignInstance:
        """Read the instance."""
        return load_design(place(self.instance, folder), demand_factor=self.demand_multiplier)

    def refuse(self, lacks: str, expected: str) -> InputError:
        """Return the error for an instance of the wrong kind."""
        return InputError(f"the instance has no {lacks}", field="instance", found=self.instance, expected=expected)


@dataclass(frozen=True, kw_only=True)
class LinkAdditionSettings(InstanceSettings):
    """Settings of `LinkAddition`.

    Parameters
    ----------
    budget_share
        Most that a design may cost, as a share of the cost of all candidates; this or ``budget``.
    """

    budget_share: float | None = None

    def build(self, folder: Path) -> LinkAddition:
        """Build the problem."""
        found = self.read(folder)
        if found.candidates.size == 0:
            raise self.refuse("candidate links", "a discrete one")
        return LinkAddition(
            found.network,
            found.demand,
            candidates=found.candidates.tolist(),
            cost=found.cost[found.candidates],
            budget=self.budget,
            budget_share=self.budget_share,
            **self.common(),
        )


@dataclass(frozen=True, kw_only=True)
class CapacityExpansionSettings(InstanceSettings):
    """Settings of `CapacityExpansion`.

    Parameters
    ----------
    largest
        Most capacity a link may gain, in flow units.
    exponent
        1 for costs linear in the capacity bought, 2 for quadratic ones.
    cost_weight
        Time units one unit of cost is worth.
    """

    largest: float
    exponent: int = 1
    cost_weight: float = 1.0

    def build(self, folder: Path) -> CapacityExpansion:
        """Build the problem."""
        found = self.read(folder)
        if found.enlargeable.size == 0:
            raise self.refuse("links to enlarge", "a continuous one")
        return CapacityExpansion(
            found.network,
            found.demand,
            links=found.enlargeable.tolist(),
            cost=found.cost[found.enlargeable],
            largest=self.largest,
            exponent=self.exponent,
            cost_weight=self.cost_weight,
            budget=self.budget,
            **self.common(),
        )


@dataclass(frozen=True, kw_only=True)
class TollDesignSettings(NetworkSettings):
    """Settings of `TollDesign`.

    Parameters
    ----------
    largest
        Highest toll.
    links
        Links that may be tolled, as ``"2->6"``; left out: all.
    """

    largest: float
    links: tuple[str, ...] | None = None

    def build(self, folder: Path) -> TollDesign:
        """Build the problem."""
        network, demand = self.roads(folder)
        links = list(range(network.links)) if self.links is None else find_links(network, self.links)
        return TollDesign(network, demand, links=links, largest=self.largest, **self.common())
