"""Path flows: which paths the trips of each pair of zones use at equilibrium, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from braess.domains.road.equilibrium._kernel import Bools, Floats, Indices, Int32s, Int64s
from braess.domains.road.equilibrium._paths import paths_of, spread_paths, sum_along
from braess.domains.road.equilibrium._reading import graph_at, trips_at
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import Equilibrium
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

Split: TypeAlias = Literal["proportional", "few"]


class Path(NamedTuple):
    """One used path."""

    origin: int
    """Zone, counted from 0."""
    destination: int
    """Zone, counted from 0."""
    flow: float
    """Trips."""
    cost: float
    """Generalised cost, time units."""
    links: tuple[int, ...]
    """Indices of its links from origin to destination."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Used paths, ordered by origin, destination and decreasing flow. Iterating gives each as a `Path`.

    Parameters
    ----------
    network
        What they run on.
    split
        By which rule they were chosen.
    origin, destination
        ``[paths]`` zones, counted from 0.
    flow
        ``[paths]`` trips.
    time, distance, cost
        ``[paths]`` travel time, length and generalised cost.
    start
        ``[paths + 1]`` where the links of each path start in ``link``; the last entry is the length of ``link``.
    link
        ``[path links]`` links of one path after the other, each from origin to destination. Between zones that share a
        node a path has none.
    left_out
        Trips of the pairs asked for whose paths are not listed because they carry less than asked for.
    """

    network: RoadNetwork = field(repr=False)
    split: Split
    origin: Int32s = field(repr=False)
    destination: Int32s = field(repr=False)
    flow: Floats = field(repr=False)
    time: Floats = field(repr=False)
    distance: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    start: Int64s = field(repr=False)
    link: Indices = field(repr=False)
    left_out: float

    def __len__(self) -> int:
        """Return the number of paths."""
        return int(self.flow.size)

    def __iter__(self) -> Iterator[Path]:
        """Go through the paths."""
        for path in range(len(self)):
            ends = int(self.origin[path]), int(self.destination[path])
            yield Path(*ends, float(self.flow[path]), float(self.cost[path]), tuple(self.links(path).tolist()))

    def links(self, path: int) -> Indices:
        """Return the links of one path, from origin to destination."""
        return self.link[self.start[path] : self.start[path + 1]]

    def along(self, values: ArrayLike) -> Floats:
        """Return for each path ``[paths]`` the sum of link values ``[links]`` along it.

        Raises
        ------
        InputError
            There is not one value for each link.
        """
        array = np.array(values, dtype=np.float64)
        if array.shape != (self.network.links,):
            raise InputError(
                "not one value for each link", field="values", found=array.shape, expected=f"({self.network.links},)"
            )
        return sum_along(self.start, self.link, array)

    def link_flow(self) -> Floats:
        """Return the flow ``[links]`` that the paths add up to."""
        result = np.zeros(self.network.links)
        spread_paths(self.start, self.link, self.flow, result)
        return result

    def columns(self) -> dict[str, list[Any]]:
        """Return a table: zones by the labels of their nodes, flow, time, distance, cost, and nodes and links as text."""
        network = self.network
        zones = network.node_ids[network.zone_nodes]
        nodes, links = [], []
        for path in range(len(self)):
            along = self.links(path)
            first = network.zone_nodes[self.origin[path]]
            nodes.append(" ".join(map(str, network.node_ids[[first, *network.head[along]]].tolist())))
            links.append(" ".join(map(str, along.tolist())))
        return {
            "origin": zones[self.origin].tolist(),
            "destination": zones[self.destination].tolist(),
            "flow": self.flow.tolist(),
            "time": self.time.tolist(),
            "distance": self.distance.tolist(),
            "cost": self.cost.tolist(),
            "nodes": nodes,
            "links": links,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the table of ``columns`` as a data frame."""
        import pandas as pd

        frame: pd.DataFrame = pd.DataFrame(self.columns())
        return frame


def path_flows(
    assignment: Assignment,
    equilibrium: Equilibrium,
    *,
    split: Split = "proportional",
    pairs: ArrayLike | None = None,
    least_flow: float = 0.0,
    most_paths: int = 5_000_000,
    demand: Demand | None = None,
) -> Paths:
    """Break the flows of an equilibrium up into paths.

    Path flows are not unique: many add up to the same link flows. Both rules here are deterministic and add up to the
    trips of every pair and to the flow of every origin on every link.

    Parameters
    ----------
    assignment, equilibrium
        What was solved, and its solution.
    split
        ``"proportional"``: the trips of an origin split at each node as the flow of that origin does, whatever their
        destination. The even-handed rule, on which also `select_link` and the mean skims rest; where paths part and merge
        again and again there are many of them. ``"few"``: one pair after the other takes the widest path in what the
        pairs before it left, until its trips are spent. At most as many paths for each origin as it has destinations and
        used links; which pair uses which of several paths is then arbitrary.
    pairs
        ``[n, 2]`` zones of origin and destination, counted from 0; all pairs with trips where left out.
    least_flow
        Paths with less flow are left out, flow units.
    most_paths
        How many paths may be found, those below the least flow not counted for ``"proportional"``.
    demand
        The trips, where the equilibrium was solved with others than those of the assignment.

    Raises
    ------
    InputError
        There are more paths than ``most_paths``, a zone is unknown, a setting is impossible, or the equilibrium belongs to
        another network or other trips.

    Examples
    --------
    >>> from braess.domains import road
    >>> prepared = road.Assignment(*road.load("sioux-falls"))
    >>> paths = road.path_flows(prepared, prepared.solve(), pairs=[(9, 19)])
    >>> for path in paths:
    ...     print(round(path.flow), round(path.cost, 3), path.links)
    1283 27.508 (27, 44, 58)
    1217 27.508 (28, 49, 55)
    """
    _require(split, least_flow, most_paths)
    graph, trips = graph_at(assignment, equilibrium), trips_at(assignment, equilibrium, demand)
    network, bushes, cost = assignment.network, equilibrium.state.bushes, equilibrium.choice_cost.copy()
    wanted = _wanted(pairs, network.zones)
    found = paths_of(graph, bushes, cost, trips, wanted, split == "few", least_flow, most_paths)
    if not found[0]:
        expected = "fewer pairs, a larger least_flow or split='few'"
        raise InputError("there are more paths", field="most_paths", found=most_paths, expected=expected)
    origin, destination, flow, start, link = _ordered(*found[1:], least_flow)
    return Paths(
        network=network,
        split=split,
        origin=origin,
        destination=destination,
        flow=flow,
        time=sum_along(start, link, equilibrium.time.copy()),
        distance=sum_along(start, link, network.length.copy()),
        cost=sum_along(start, link, equilibrium.cost.copy()),
        start=start,
        link=link,
        left_out=max(float(trips[wanted].sum() - flow.sum()), 0.0) if least_flow > 0 else 0.0,
    )


def _require(split: Split, least_flow: float, most_paths: int) -> None:
    if split not in get_args(Split):
        message = "unknown split" + nearest(str(split), get_args(Split))
        raise InputError(message, field="split", found=split, expected=" or ".join(get_args(Split)))
    if not least_flow >= 0:
        raise InputError("impossible flow", field="least_flow", found=least_flow, expected="at least 0")
    if most_paths < 1:
        raise InputError("no paths", field="most_paths", found=most_paths, expected="at least 1")


def _wanted(pairs: ArrayLike | None, zones: int) -> Bools:
    """Return which pairs ``[zones, zones]`` are asked for."""
    if pairs is None:
        return np.ones((zones, zones), np.bool_)
    ends: NDArray[Any] = np.asarray(pairs)
    if ends.ndim != 2 or ends.shape[1] != 2 or ends.dtype.kind not in "iu" or ((ends < 0) | (ends >= zones)).any():
        expected = f"[n, 2] zones from 0 to {zones - 1}"
        raise InputError("no pairs of zones", field="pairs", found=ends.tolist(), expected=expected)
    wanted = np.zeros((zones, zones), np.bool_)
    wanted[ends[:, 0], ends[:, 1]] = True
    return wanted


def _ordered(
    origin: Int32s, destination: Int32s, flow: Floats, end: Int64s, link: Indices, least_flow: float
) -> tuple[Int32s, Int32s, Floats, Int64s, Indices]:
    """Leave out small flows and order the rest by origin, destination and decreasing flow."""
    order = np.lexsort((-flow, destination, origin))
    order = order[flow[order] >= least_flow]
    first = np.concatenate((np.zeros(1, np.int64), end[:-1])) if end.size else end
    length = (end - first)[order]
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(length)))
    entry = np.repeat(first[order] - start[:-1], length) + np.arange(start[-1])
    return origin[order], destination[order], flow[order], start, link[entry]
