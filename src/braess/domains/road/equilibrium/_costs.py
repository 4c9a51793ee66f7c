"""The cost curves of a road network's links, as the compiled solver reads them."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._curve import HYPERBOLA, MARGINAL_HYPERBOLA, POWER, Curve
from braess.domains.road.equilibrium._variant import Variant
from braess.domains.road.network import RoadNetwork


class Costs:
    """What the volume-delay functions of a network are to the solver, prepared for any variant.

    Parameters
    ----------
    network
        Links with their volume-delay functions.
    marginal
        Whether trips choose by marginal cost.
    """

    def __init__(self, network: RoadNetwork, *, marginal: bool) -> None:
        links = network.links
        self.network = network
        self._kind = np.full(links, POWER, np.uint8)
        self._power, self._gap = network.power.copy(), np.zeros(links)
        self._factor = np.ones(links)  # of the weight of the delay
        self._at_once = np.ones(links)  # time of an empty link over its free-flow time
        self._tilted = False
        for function, own in network.delays.groups:
            b, power = network.b[own], network.power[own]
            shape = function.formula.hyperbola(1.0 / network.capacity[own], power)
            if shape is None:
                constant = (b == 0) | (power == 0)
                self._at_once[own] = np.where(power == 0, 1.0 + b, 1.0)
                self._factor[own] = np.where(constant, 0.0, power + 1.0 if marginal else 1.0)
                self._power[own] = np.where(constant, 1.0, power)
            else:
                self._kind[own] = MARGINAL_HYPERBOLA if marginal else HYPERBOLA
                self._power[own], self._gap[own] = shape.steepness, shape.gap
                self._tilted = self._tilted or bool(shape.tilt.any())

    def curve(self, variant: Variant) -> Curve:
        """Return the cost curves of a variant."""
        network, free = self.network, variant.free_flow_time
        tilt = np.zeros(network.links)
        for function, own in network.delays.groups if self._tilted else ():
            shape = function.formula.hyperbola(variant.inverse_capacity[own], network.power[own])
            if shape is not None:
                tilt[own] = shape.tilt
        return Curve(
            kind=self._kind,
            free=free * self._at_once + variant.fixed_cost,
            rise=network.delays.weight(free) * self._factor,
            inverse_capacity=variant.inverse_capacity,
            base=network.preload,
            power=self._power,
            tilt=tilt,
            gap=self._gap,
            kinked=False,
        )
