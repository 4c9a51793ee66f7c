"""Networks and their demand, by name or by path; the library of all named data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from braess.domains.road.catalogue import ELSEWHERE, first_file, folder_of, names, read_named, unknown
from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats.check import sniff
from braess.domains.road.formats.csv_demand import read_csv_demand
from braess.domains.road.formats.gmns import read_gmns
from braess.domains.road.formats.omx import read_omx
from braess.domains.road.formats.tntp_net import read_tntp_net
from braess.domains.road.formats.tntp_trips import read_tntp_trips
from braess.domains.road.network import Demand, RoadNetwork
from braess.domains.road.published import (
    LaneSwapScenario,
    load_design,
    load_lane_swap,
    published_flows,
    published_table,
)
from braess.errors import InputError

__all__ = [
    "LaneSwapScenario",
    "load",
    "load_design",
    "load_lane_swap",
    "names",
    "published_flows",
    "published_table",
]


def load(
    network: str | Path,
    demand: str | Path | None = None,
    *,
    toll_factor: float | None = None,
    distance_factor: float | None = None,
    zero_capacity: float | None = None,
) -> tuple[RoadNetwork, Demand]:
    """Load a network and its demand.

    Parameters
    ----------
    network
        A name (see `names`), the path of a TNTP net file, or a folder with GMNS tables. Networks that are not shipped
        are looked for by name in the folder that the environment variable ``BRAESS_DATA`` names.
    demand
        The path of a TNTP trips file, an origin-destination list (csv) or an OMX file with one matrix. Where left out:
        the demand that belongs to the name, ``X_trips.tntp`` beside ``X_net.tntp``, or ``demand.csv`` in a GMNS folder.
    toll_factor, distance_factor
        Time per unit of toll and per unit of length in the generalised cost, in place of those of the data.
    zero_capacity
        What to put in place of zero capacities in a TNTP file; see `braess.domains.road.formats.read_tntp_net`.

    Returns
    -------
    Network, with coordinates where they are known, and demand between its zones.

    Raises
    ------
    InputError
        No such name or file, or anything in the files that cannot be used.

    Notes
    -----
    A name goes before a file of the same name in the current folder; write ``./braess`` for the file.

    Examples
    --------
    >>> from braess.domains import road
    >>> network, demand = road.load("sioux-falls")
    >>> network.links, demand.total
    (76, 360600.0)
    """
    factors = (toll_factor, distance_factor)
    if isinstance(network, str) and network in {*names(), *ELSEWHERE}:
        road = read_named(network, *factors, zero_capacity)
        path = first_file(folder_of(network), "*_trips.tntp*") if demand is None else Path(demand)
        return road, _read_demand(path, road)
    path = Path(network)
    if str(network) and path.is_dir():
        if zero_capacity is not None:
            raise InputError("zero capacities are replaced in TNTP files only", file=path, field="zero_capacity")
        return _load_gmns(path, demand, factors)
    if not (str(network) and path.exists()):
        raise unknown(network)
    kind = sniff(path, Findings(path))
    if kind != "TNTP net":
        hint = " (load_design reads it)" if kind == "network design instance" else ""
        raise InputError("is not a network" + hint, file=path, found=kind, expected="a TNTP net file or a GMNS folder")
    road = read_tntp_net(path, toll_factor=toll_factor, distance_factor=distance_factor, zero_capacity=zero_capacity)
    trips = Path(demand) if demand is not None else path.with_name(path.name.replace("_net", "_trips"))
    if demand is None and (trips == path or not trips.exists()):
        raise InputError("the network has no demand beside it", file=path, field="demand", expected="the path of the demand")
    return road, _read_demand(trips, road)


def _read_demand(path: Path, network: RoadNetwork) -> Demand:
    kind = sniff(path, Findings(path))
    if kind == "origin-destination list":
        return read_csv_demand(path, network.zones)
    if kind not in ("TNTP trips", "OMX"):
        raise InputError("is not a demand file", file=path, found=kind, expected="TNTP trips, a csv list or OMX")
    demand = read_omx(path) if kind == "OMX" else read_tntp_trips(path)
    if len(demand.matrix) != network.zones:
        raise InputError(
            "the demand belongs to another network",
            file=path,
            field="zones",
            found=len(demand.matrix),
            expected=f"{network.zones} as in the network {network.name}",
        )
    return demand


def _load_gmns(
    folder: Path, demand: str | Path | None, factors: tuple[float | None, float | None]
) -> tuple[RoadNetwork, Demand]:
    is_list = demand is not None and sniff(demand, Findings(demand)) == "origin-destination list"
    network, trips = read_gmns(folder, demand=demand if is_list else None)
    network = replace(
        network,
        toll_factor=network.toll_factor if factors[0] is None else factors[0],
        distance_factor=network.distance_factor if factors[1] is None else factors[1],
    )
    if demand is not None and not is_list:
        return network, _read_demand(Path(demand), network)
    if trips is None:
        raise InputError("the folder has no demand.csv", file=folder, field="demand", expected="the path of the demand")
    return network, trips
