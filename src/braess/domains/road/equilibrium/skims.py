"""Skims: time, distance and cost between all zones at equilibrium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats
from braess.domains.road.equilibrium._reading import graph_at
from braess.domains.road.equilibrium._skims import skim
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import Equilibrium
from braess.errors import InputError, nearest

Over: TypeAlias = Literal["shortest", "used"]

_OWN = ("time", "distance", "cost")


@dataclass(frozen=True, eq=False)
class Skims:
    """What it takes to go from each zone to each other one, ``[zones, zones]`` from origin (row) to destination (column).

    Infinite where no open path leads; zero from a zone to itself, since trips within a zone are not on the network.

    Parameters
    ----------
    over
        Along the shortest path, or in the mean over the used ones.
    time
        Travel time, time units.
    distance
        Length, in the units of the network's ``length``.
    cost
        Generalised cost (time, toll, distance), time units.
    further
        Sums of the further link values that were asked for, by name.
    """

    over: Over
    time: Floats = field(repr=False)
    distance: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    further: dict[str, Floats] = field(repr=False)

    def matrices(self) -> dict[str, Floats]:
        """Return all matrices by name, as they are written to files."""
        return {name: getattr(self, name) for name in _OWN} | self.further


def skims(
    assignment: Assignment,
    equilibrium: Equilibrium,
    *,
    over: Over = "shortest",
    further: Mapping[str, Floats] | None = None,
) -> Skims:
    """Read time, distance and cost between all zones off an equilibrium, also between zones without trips.

    Parameters
    ----------
    assignment, equilibrium
        What was solved, and its solution.
    over
        ``"shortest"``: along one path of least ``choice_cost`` (the cost by which trips choose). Used paths of a pair cost
        the same, but one may be long and fast, another short and slow: which of them is taken is decided by the last bits
        of their costs. ``"used"``: the mean over the trips of the pair, split at each node as the flow of their origin is;
        where no trips of the origin pass the destination, along the shortest path. Times and distances then change
        smoothly with the network.
    further
        Further link values ``[links]`` to sum, by name, such as ``{"toll": network.toll}``.

    Raises
    ------
    InputError
        The equilibrium belongs to another network, ``over`` is unknown, or further values have the wrong length or a name
        that is taken.

    Examples
    --------
    >>> from braess.domains import road
    >>> prepared = road.Assignment(*road.load("sioux-falls"))
    >>> found = road.skims(prepared, prepared.solve())
    >>> found.time.shape, round(float(found.time[0, 1]), 3)
    ((24, 24), 6.001)
    """
    if over not in get_args(Over):
        message = "unknown kind of skim" + nearest(str(over), get_args(Over))
        raise InputError(message, field="over", found=over, expected=" or ".join(get_args(Over)))
    graph = graph_at(assignment, equilibrium)
    columns = {"time": equilibrium.time, "distance": assignment.network.length, "cost": equilibrium.cost}
    for name, values in (further or {}).items():
        if name in columns:
            raise InputError("the name is taken", field="further", found=name)
        columns[name] = _checked(name, values, assignment.network.links)
    values = np.ascontiguousarray(np.column_stack(list(columns.values())))
    found = skim(graph, equilibrium.state.bushes, equilibrium.choice_cost.copy(), values, over == "used")
    time, distance, cost, *rest = found
    return Skims(over, time, distance, cost, dict(zip(list(columns)[len(_OWN) :], rest, strict=True)))


def _checked(name: str, values: Floats, links: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (links,):
        raise InputError("array does not match the number of links", field=name, found=array.shape, expected=f"({links},)")
    return array
