"""The data model of the road domain: a network of links with BPR travel times, and a demand between its zones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.delay import DelayFunction, Delays
from braess.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_SHOWN = 5  # offenders named in an error


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A directed road network as arrays over nodes and links.

    The travel time of a link is a volume-delay function of the volume-capacity ratio ``(flow + preload) / capacity``: the
    BPR function ``free_flow_time * (1 + b * ratio ** power)``, or another of `DelayFunction`. Its generalised cost adds
    ``toll_factor * toll + distance_factor * length``. Parallel links, constant-cost links (``b`` or ``power`` 0) and zero
    free-flow times are ordinary input.

    Parameters
    ----------
    name
        What the network is called in tables and figures.
    node_ids
        ``[nodes]`` labels of the nodes in the source file.
    zone_nodes
        ``[zones]`` index of the node where the trips of a zone start and end.
    through
        ``[nodes]`` false for nodes that carry no through traffic (zones below ``<FIRST THRU NODE>``).
    tail, head
        ``[links]`` node index at which a link starts and ends.
    capacity
        ``[links]`` flow units (usually vehicles per hour), positive.
    free_flow_time
        ``[links]`` time units (usually minutes), not negative.
    b, power
        ``[links]`` parameters of the volume-delay function, not negative.
    length, toll, speed
        ``[links]`` in the units of the source; zero where unknown.
    link_type
        ``[links]`` class of the link in the source.
    toll_factor, distance_factor
        Time per unit of toll and per unit of length in the generalised cost.
    coordinates
        ``[nodes, 2]`` x and y (longitude and latitude where ``geographic``), or ``None`` where unknown.
    geographic
        Whether ``coordinates`` are degrees.
    delay_function
        ``[links]`` codes of `DelayFunction`; left out: BPR on every link.
    preload
        ``[links]`` flow that is there whatever the trips do (buses, trucks), flow units; left out: none. It delays and is
        delayed; ``flow`` never includes it, sums of flow times time do.

    Raises
    ------
    InputError
        An array has the wrong length or holds a value that no road can have; the first few offenders are named.
    """

    name: str
    node_ids: Ints
    zone_nodes: Ints
    through: Bools
    tail: Ints
    head: Ints
    capacity: Floats
    free_flow_time: Floats
    b: Floats
    power: Floats
    length: Floats
    toll: Floats
    speed: Floats
    link_type: Ints
    toll_factor: float = 0.0
    distance_factor: float = 0.0
    coordinates: Floats | None = field(default=None, repr=False)
    geographic: bool = False
    delay_function: Ints = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    preload: Floats = field(default_factory=lambda: np.zeros(0), repr=False)

    def __post_init__(self) -> None:
        """Check every array and make it read-only."""
        for name, kind in (("delay_function", np.int64), ("preload", np.float64)):
            if np.size(getattr(self, name)) == 0:
                object.__setattr__(self, name, np.zeros(np.size(self.tail), kind))
        _freeze(self, ints=("node_ids", "zone_nodes", "tail", "head", "link_type", "delay_function"), bools=("through",))
        _require_lengths(self)
        for name in ("tail", "head"):
            index = getattr(self, name)
            self._refuse(name, (index < 0) | (index >= self.nodes), "a node of the network")
        if np.any((self.zone_nodes < 0) | (self.zone_nodes >= self.nodes)):
            raise InputError("a zone refers to an unknown node", field="zone_nodes", expected=f"0 to {self.nodes - 1}")
        self._refuse("capacity", ~((self.capacity > 0) & np.isfinite(self.capacity)), "a positive finite number")
        for name in ("free_flow_time", "b", "power", "preload"):
            values = getattr(self, name)
            self._refuse(name, ~((values >= 0) & np.isfinite(values)), "a finite number of at least 0")
        for name in ("length", "toll", "speed"):
            self._refuse(name, ~np.isfinite(getattr(self, name)), "a finite number")
        known = [int(function) for function in DelayFunction]
        self._refuse("delay_function", ~np.isin(self.delay_function, known), "a code of DelayFunction")
        self.require_convex(self.capacity)
        fixed = self.fixed_cost
        self._refuse("toll", ~(self.free_flow_time + fixed >= 0), "a generalised cost of at least 0")

    def __repr__(self) -> str:
        """Name the network and its size."""
        return f"RoadNetwork({self.name!r}, nodes={self.nodes}, links={self.links}, zones={self.zones})"

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return int(self.node_ids.size)

    @property
    def links(self) -> int:
        """Number of links."""
        return int(self.tail.size)

    @property
    def zones(self) -> int:
        """Number of zones."""
        return int(self.zone_nodes.size)

    @property
    def fixed_cost(self) -> Floats:
        """``[links]`` the part of the generalised cost that flow does not change, in time units."""
        return self.toll_factor * self.toll + self.distance_factor * self.length

    def link_label(self, link: int) -> str:
        """Name a link by the labels of its two nodes, as in ``12->7``."""
        return f"{self.node_ids[self.tail[link]]}->{self.node_ids[self.head[link]]}"

    def travel_time(self, flow: Floats, capacity: Floats | None = None) -> Floats:
        """Return travel times.

        Parameters
        ----------
        flow
            ``[..., links]`` flow units, the preload not included.
        capacity
            ``[..., links]`` in place of the network's own.

        Returns
        -------
        ``[..., links]`` time units.
        """
        inverse = 1.0 / (self.capacity if capacity is None else np.asarray(capacity))
        ratio = (np.asarray(flow) + self.preload) * inverse
        return self.free_flow_time + self.delays.weight(self.free_flow_time) * self.delays.level(ratio, inverse).value

    @cached_property
    def delays(self) -> Delays:
        """The volume-delay functions of the links."""
        return Delays(self.delay_function, self.b, self.power)

    def require_convex(self, capacity: Floats) -> None:
        """Refuse capacities ``[links]`` with which a volume-delay function is not convex and increasing (`InputError`)."""
        for function, own in self.delays.groups:
            wrong = np.zeros(self.links, np.bool_)
            wrong[own] = function.formula.wrong(capacity[own], self.power[own])
            self._refuse("power", wrong, f"{function.formula.expected} ({function.formula.name})")

    def with_links(self, **changes: Any) -> RoadNetwork:
        """Return a copy with some link attributes replaced (arrays ``[links]``)."""
        return replace(self, **changes)

    def _refuse(self, name: str, bad: Bools, expected: str) -> None:
        offenders = np.flatnonzero(bad)
        if offenders.size == 0:
            return
        values = getattr(self, name)
        shown = ", ".join(f"link {i}: {values[i]:g}" for i in offenders[:_SHOWN])
        more = f" and {offenders.size - _SHOWN} more" if offenders.size > _SHOWN else ""
        raise InputError(
            f"{offenders.size} of {values.size} links are wrong", field=name, found=shown + more, expected=expected
        )


@dataclass(frozen=True, eq=False)
class Demand:
    """Trips between zones.

    Parameters
    ----------
    matrix
        ``[zones, zones]`` flow units from origin (row) to destination (column), not negative.
        Trips within a zone are kept but do not load the network.
    """

    matrix: Floats

    def __post_init__(self) -> None:
        """Check the matrix and make it read-only."""
        _freeze(self, ints=(), bools=())
        if self.matrix.ndim != 2 or self.matrix.shape[0] != self.matrix.shape[1]:
            raise InputError(
                "demand is not a square matrix", field="matrix", found=self.matrix.shape, expected="[zones, zones]"
            )
        bad = np.argwhere(~((self.matrix >= 0) & np.isfinite(self.matrix)))
        if bad.size:
            shown = ", ".join(f"{o + 1}->{d + 1}: {self.matrix[o, d]:g}" for o, d in bad[:_SHOWN])
            raise InputError(
                f"{len(bad)} zone pairs have impossible demand",
                field="matrix",
                found=shown,
                expected="finite trips of at least 0",
            )

    def __repr__(self) -> str:
        """Name the size of the demand."""
        return f"Demand(zones={len(self.matrix)}, total={self.total:g})"

    @property
    def total(self) -> float:
        """Sum of all trips, those within a zone included."""
        return float(self.matrix.sum())

    def scaled(self, factor: float) -> Demand:
        """Return the demand multiplied by a factor."""
        return Demand(self.matrix * factor)


def _freeze(record: Any, ints: Iterable[str], bools: Iterable[str]) -> None:
    for item in fields(record):
        value = getattr(record, item.name)
        if not isinstance(value, np.ndarray | list | tuple):
            continue
        kind: Any = np.int64 if item.name in ints else np.bool_ if item.name in bools else np.float64
        array = np.array(value, dtype=kind, order="C")
        array.setflags(write=False)
        object.__setattr__(record, item.name, array)


def _require_lengths(network: RoadNetwork) -> None:
    per_link = ("head", "capacity", "free_flow_time", "b", "power", "length", "toll", "speed", "link_type")
    for name in (*per_link, "delay_function", "preload"):
        shape = getattr(network, name).shape
        if shape != (network.links,):
            raise InputError(
                "array does not match the number of links", field=name, found=shape, expected=f"({network.links},)"
            )
    if network.through.shape != (network.nodes,):
        raise InputError("array does not match the number of nodes", field="through", found=network.through.shape)
    if network.coordinates is not None and network.coordinates.shape != (network.nodes, 2):
        raise InputError(
            "array does not match the number of nodes",
            field="coordinates",
            found=network.coordinates.shape,
            expected=f"({network.nodes}, 2)",
        )
