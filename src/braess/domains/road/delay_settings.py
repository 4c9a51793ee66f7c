"""Volume-delay functions as planners state them: turned into the two columns in which a network stores them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from braess.domains.road.delay import DelayFunction
from braess.domains.road.links import find_links
from braess.domains.road.network import Bools, Floats, RoadNetwork
from braess.domains.road.units import Units
from braess.errors import InputError, within

FunctionName: TypeAlias = Literal["bpr", "conical", "akcelik"]

_OWN = {
    "bpr": ("alpha", "beta"),
    "conical": ("steepness",),
    "akcelik": ("period", "delay_parameter", "capacity_period"),
}
_NEEDED = {"bpr": (), "conical": ("steepness",), "akcelik": ("period", "delay_parameter")}


@dataclass(frozen=True, kw_only=True)
class DelaySettings:
    """The volume-delay function of some links.

    Parameters
    ----------
    function
        ``bpr``, ``conical`` (Spiess 1990) or ``akcelik`` (Akçelik 1991).
    alpha
        Of ``bpr``: what the delay at capacity is, as a share of the free-flow time; left out: the network's.
    beta
        Of ``bpr``: the power; left out: the network's.
    steepness
        Of ``conical``: its parameter α, above 1; the higher, the steeper beyond capacity.
    period
        Of ``akcelik``: the analysis period T, in hours. Needs ``time_unit``.
    delay_parameter
        Of ``akcelik``: the delay parameter J, without unit (0.1 for freeways to 1.6 for local streets).
    capacity_period
        Of ``akcelik``: the hours that flows and capacities are counted over; left out: 1 (vehicles per hour).
    links
        Links it is for, as ``"2->6"``; with ``link_types`` left out too: all links but those of constant time.
    link_types
        Types of links it is for, as in the network's column of that name.
    """

    function: FunctionName
    alpha: float | None = None
    beta: float | None = None
    steepness: float | None = None
    period: float | None = None
    delay_parameter: float | None = None
    capacity_period: float | None = None
    links: tuple[str, ...] | None = None
    link_types: tuple[int, ...] | None = None

    def on(self, network: RoadNetwork, units: Units | None = None) -> RoadNetwork:
        """Return a network with this function on its links.

        Parameters
        ----------
        network
            The network.
        units
            With the unit of its travel times, needed for Akçelik's function.

        Raises
        ------
        InputError
            A parameter is missing, belongs to another function or is impossible; there is no such link or type.
        """
        code = DelayFunction.named(self.function)
        self._refuse_foreign()
        own = self._links(network)
        b, power = self._columns(network, own, units or Units())
        function = network.delay_function.copy()
        function[own] = code
        return network.with_links(
            delay_function=function, b=np.where(own, b, network.b), power=np.where(own, power, network.power)
        )

    def _refuse_foreign(self) -> None:
        for function, names in _OWN.items():
            for name in names:
                value = getattr(self, name)
                if function != self.function and value is not None:
                    raise InputError(
                        f"is no parameter of {self.function}",
                        field=name,
                        found=value,
                        expected=f"{' and '.join(_OWN[self.function])} ({name} belongs to {function})",
                    )
                if function == self.function and name in _NEEDED[function] and value is None:
                    raise InputError(f"is needed for {function}", field=name, expected="a number")
                if value is not None and not (np.isfinite(value) and value >= 0):
                    raise InputError("impossible parameter", field=name, found=value, expected="a finite number of at least 0")

    def _links(self, network: RoadNetwork) -> Bools:
        """Tell which links the function is for, ``[links]``."""
        if self.links is None and self.link_types is None:
            return (network.b > 0) & (network.power > 0)
        own = np.zeros(network.links, np.bool_)
        own[find_links(network, self.links or ())] = True
        return own | of_types(network, self.link_types or (), "link_types")

    def _columns(self, network: RoadNetwork, own: Bools, units: Units) -> tuple[Floats | float, Floats | float]:
        """Return the columns ``b`` and ``power`` of these links."""
        if self.function == "bpr":
            if network.delay_function[own].any() and (self.alpha is None or self.beta is None):
                raise InputError("links have another function so far", field="function", expected="alpha and beta")
            return (
                network.b if self.alpha is None else self.alpha,
                network.power if self.beta is None else self.beta,
            )
        if self.function == "conical":
            if not (steepness := self.steepness or 0.0) > 1:
                raise InputError("impossible parameter", field="steepness", found=steepness, expected="more than 1")
            return 1.0, steepness
        return self._akcelik(network, own, units)

    def _akcelik(self, network: RoadNetwork, own: Bools, units: Units) -> tuple[float, float]:
        period, parameter = self.period or 0.0, self.delay_parameter or 0.0
        counted = 1.0 if self.capacity_period is None else self.capacity_period
        for name, value in (("period", period), ("capacity_period", counted), ("delay_parameter", parameter)):
            if not value > 0:
                raise InputError("impossible parameter", field=name, found=value, expected="more than 0")
        if units.time is None:
            raise InputError("needs time_unit, the unit of travel times", field="period", found=period)
        power = 8.0 * parameter * counted / period
        least = float(network.capacity[own].min(initial=np.inf))
        if not power < 4.0 * least:
            raise InputError(
                f"impossible where the capacity is {least:g}",
                field="delay_parameter",
                found=parameter,
                expected=f"below {0.5 * least * period / counted:g}, half the vehicles that pass in the period",
            )
        return 0.25 * period / units.hours, power


def of_types(network: RoadNetwork, types: tuple[int, ...], field: str) -> Bools:
    """Tell which links are of some types, ``[links]``; `InputError` for a type that no link has."""
    known = np.unique(network.link_type).tolist()
    for kind in types:
        if kind not in known:
            expected = f"one of {', '.join(map(str, known))}"
            raise InputError("no link is of this type", field=field, found=kind, expected=expected)
    return np.isin(network.link_type, types)


def with_delays(network: RoadNetwork, delays: tuple[DelaySettings, ...], units: Units) -> RoadNetwork:
    """Return a network with several functions put on its links one after the other; raises as `DelaySettings.on` does."""
    for at, delay in enumerate(delays):
        with within(f"delay.{at}"):
            network = delay.on(network, units)
    return network
