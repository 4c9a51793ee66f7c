"""Select-link analysis: which trips use given links, and where else they drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats, Indices
from braess.domains.road.equilibrium._reading import graph_at, trips_at
from braess.domains.road.equilibrium._select import select
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import Equilibrium
from braess.domains.road.links import pick_links
from braess.domains.road.network import Demand
from braess.errors import InputError, nearest

Mode: TypeAlias = Literal["any", "all", "ordered"]

_MOST_FOR_ALL = 8  # every further link doubles memory and time


@dataclass(frozen=True, eq=False)
class SelectLink:
    """The trips that use given links.

    Parameters
    ----------
    links
        Indices of the links.
    mode
        Whether trips had to use any of them, all, or all in the given order.
    trips
        ``[zones, zones]`` trips that do, from origin (row) to destination (column), flow units.
    flow
        ``[links]`` flow of these trips on every link of the network.
    """

    links: tuple[int, ...]
    mode: Mode
    trips: Floats = field(repr=False)
    flow: Floats = field(repr=False)

    @property
    def total(self) -> float:
        """Sum of the trips."""
        return float(self.trips.sum())


def select_link(
    assignment: Assignment,
    equilibrium: Equilibrium,
    links: Sequence[int | str],
    *,
    mode: Mode = "any",
    demand: Demand | None = None,
) -> SelectLink:
    """Find the trips that use given links.

    Which trips of a pair use a link is not determined by the equilibrium: other path flows may give the same link flows.
    Here the trips of an origin split at each node as the flow of that origin does, whatever their destination (as the
    paths of ``path_flows`` with ``split="proportional"`` do). The result is exact for this split; no path is enumerated.

    Parameters
    ----------
    assignment, equilibrium
        What was solved, and its solution.
    links
        Indices of links, or labels such as ``"12->7"``; each once.
    mode
        ``"any"``: trips that use at least one of the links. ``"all"``: every one of them (8 links at most).
        ``"ordered"``: every one, in the order given.
    demand
        The trips, where the equilibrium was solved with others than those of the assignment.

    Raises
    ------
    InputError
        A link is unknown, ambiguous or given twice, there are too many for ``"all"``, the mode is unknown, or the
        equilibrium belongs to another network or other trips.

    Examples
    --------
    >>> from braess.domains import road
    >>> prepared = road.Assignment(*road.load("sioux-falls"))
    >>> found = road.select_link(prepared, prepared.solve(), ["6->8"])
    >>> round(found.total), round(float(found.flow[found.links[0]]))
    (12493, 12493)
    """
    if mode not in get_args(Mode):
        message = "unknown mode" + nearest(str(mode), get_args(Mode))
        raise InputError(message, field="mode", found=mode, expected=" or ".join(get_args(Mode)))
    chosen = pick_links(assignment.network, links)
    if mode == "all" and len(chosen) > _MOST_FOR_ALL:
        expected = f"at most {_MOST_FOR_ALL} for 'all'; any number for 'any' and 'ordered'"
        raise InputError("too many links", field="links", found=len(chosen), expected=expected)
    graph, trips = graph_at(assignment, equilibrium), trips_at(assignment, equilibrium, demand)
    symbol = np.zeros(assignment.network.links, np.uint32)
    symbol[chosen] = 1 if mode == "any" else np.arange(1, len(chosen) + 1)
    cost = equilibrium.choice_cost.copy()
    found, flow = select(graph, equilibrium.state.bushes, cost, trips, symbol, _automaton(mode, len(chosen)))
    return SelectLink(tuple(chosen), mode, found, flow)


def _automaton(mode: Mode, links: int) -> Indices:
    """Return the next state for each state and symbol; symbol 0 is a link of no interest, the last state is the one wanted.

    States are: met or not; the set of links met, as bits; how many were met in order.
    """
    if mode == "any":
        table = [[0, 1], [1, 1]]
    elif mode == "all":
        table = [[met, *(met | 1 << link for link in range(links))] for met in range(1 << links)]
    else:
        table = [[met, *(met + (link == met) for link in range(links))] for met in range(links + 1)]
    return np.array(table, np.uint32)
