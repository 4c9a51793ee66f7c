"""Lane swap: give lanes of one direction of a road to the other (NDP-LS of Madadi and Correia 2023, arXiv:2303.06024)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from braess.domains.road.network import Demand, Floats, RoadNetwork
from braess.domains.road.problems.capacity_problem import CapacityProblem
from braess.domains.road.problems.levers import Levers
from braess.domains.road.problems.sampling import draw_lanes
from braess.domains.road.units import Units
from braess.errors import InputError
from braess.space import Designs, Integer, Space


class LaneSwap(CapacityProblem):
    """Shift capacity between the two directions of some roads; it costs nothing.

    With ``x`` in {-1, 0, 1} for a pair of opposite links, the capacity of the first becomes
    ``(1 + capacity_step * x) * capacity`` and that of the second ``(1 - capacity_step * x) * capacity``.

    Parameters
    ----------
    network, demand
        The roads and who wants to use them.
    pairs
        ``[k, 2]`` indices of opposite links.
    capacity_step
        Swapped lanes over existing lanes, between 0 and 1.
    objectives, relative_gap, units
        As in `RoadProblem`.

    References
    ----------
    Madadi and Correia, "A hybrid deep-learning-metaheuristic framework for bi-level network design problems",
    arXiv:2303.06024.
    """

    name = "lane-swap"

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        pairs: Sequence[tuple[int, int]],
        capacity_step: float = 0.5,
        objectives: Sequence[str] = ("total_travel_time",),
        relative_gap: float = 1e-9,
        units: Units | None = None,
    ) -> None:
        if not 0 < capacity_step < 1:
            raise InputError("impossible swap", field="capacity_step", found=capacity_step, expected="between 0 and 1")
        self.capacity_step = capacity_step
        self.pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        self._require_opposite(network)
        labels = tuple(network.link_label(int(first)) for first, _ in self.pairs)
        space = Space({"swap": Integer(low=-1, high=1, size=len(labels), labels=labels)})
        super().__init__(network, demand, space=space, objectives=objectives, relative_gap=relative_gap, units=units)

    def _require_opposite(self, network: RoadNetwork) -> None:
        if len(self.pairs) == 0 or len(np.unique(self.pairs)) != self.pairs.size:
            raise InputError(
                "each link may be in one pair", field="pairs", found=self.pairs.tolist(), expected="different links"
            )
        first, second = self.pairs.T
        if self.pairs.min() < 0 or self.pairs.max() >= network.links:
            raise InputError("no such link", field="pairs", found=self.pairs.tolist(), expected=f"0 to {network.links - 1}")
        if (network.tail[first] != network.head[second]).any() or (network.head[first] != network.tail[second]).any():
            raise InputError("a pair is not of opposite links", field="pairs", found=self.pairs.tolist())

    def changes(self, design: Designs) -> dict[int, str]:
        """Say which links win and which lose lanes."""
        words: dict[int, str] = {}
        for (first, second), swap in zip(self.pairs.tolist(), design["swap"][0], strict=True):
            if swap != 0:
                words[first], words[second] = ("lanes won", "lanes lost") if swap > 0 else ("lanes lost", "lanes won")
        return words

    def levers(self, designs: Designs) -> Levers:
        """Shift capacity within each pair."""
        capacity = np.tile(self.network.capacity, (len(designs), 1))
        shift = self.capacity_step * designs["swap"]
        capacity[:, self.pairs[:, 0]] *= 1.0 + shift
        capacity[:, self.pairs[:, 1]] *= 1.0 - shift
        return Levers(capacity=capacity)

    def construction_cost(self, designs: Designs) -> Floats:
        """Return zeros, ``[n]``."""
        return np.zeros(len(designs))

    def draw_levers(self, n: int, rng: np.random.Generator) -> Levers:
        """Draw capacities: each link gains or loses up to two of four lanes, as published."""
        return Levers(capacity=draw_lanes(self.network, n, rng))

    def drawn(self) -> str:
        """Say that lanes are drawn, whatever may be decided."""
        return "lanes"

    def by_design(self, by_lever: Floats) -> Floats:
        """Return what a swap does to the first direction less what it does to the second, ``[k]``."""
        shifted = (self.network.capacity * by_lever)[self.pairs]
        swapped: Floats = self.capacity_step * (shifted[:, 0] - shifted[:, 1])
        return swapped

    def marginal_construction_cost(self, designs: Designs) -> Floats:
        """Return zeros, ``[n, k]``."""
        return np.zeros((len(designs), len(self.pairs)))

    def anchors(self) -> Designs:
        """Return the design that swaps nothing."""
        return self.space.designs({"swap": np.zeros((1, len(self.pairs)), dtype=np.int64)})
