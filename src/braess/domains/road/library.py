"""Networks and their demand, by name or by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats.check import sniff
from braess.domains.road.formats.csv_demand import read_csv_demand
from braess.domains.road.formats.geojson import read_geojson_nodes
from braess.domains.road.formats.gmns import read_gmns
from braess.domains.road.formats.omx import read_omx
from braess.domains.road.formats.tntp_net import read_tntp_net
from braess.domains.road.formats.tntp_node import read_tntp_nodes
from braess.domains.road.formats.tntp_trips import read_tntp_trips
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import InputError, nearest

SHIPPED = Path(__file__).with_name("data")
VARIABLE = "BRAESS_DATA"
_ELSEWHERE = ("berlin-mitte-center", "chicago-sketch")  # known by name, too large to ship
_FACTORS = {"chicago-sketch": (0.02, 0.04)}  # minutes per cent, minutes per mile
_GEOGRAPHIC = frozenset({"anaheim", "sioux-falls"})


def names() -> list[str]:
    """Return the names of the networks that `load` finds now: those shipped and those below ``BRAESS_DATA``."""
    return sorted({net.parent.name for root in data_roots() for net in root.glob("tntp/*/*_net.tntp*")})


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
    if isinstance(network, str) and network in {*names(), *_ELSEWHERE}:
        folder = folder_of(network)
        known = _FACTORS.get(network, (None, None))
        both = (known[0] if toll_factor is None else toll_factor, known[1] if distance_factor is None else distance_factor)
        road = read_net(only_file(folder, "*_net.tntp*"), network, both, zero_capacity)
        road = _with_coordinates(road, folder)
        return road, _read_demand(only_file(folder, "*_trips.tntp*") if demand is None else Path(demand), road)
    path = Path(network)
    if str(network) and path.is_dir():
        if zero_capacity is not None:
            raise InputError("zero capacities are replaced in TNTP files only", file=path, field="zero_capacity")
        return _load_gmns(path, demand, factors)
    if not (str(network) and path.exists()):
        raise _unknown(network)
    kind = sniff(path, Findings(path))
    if kind != "TNTP net":
        hint = " (load_design reads it)" if kind == "network design instance" else ""
        raise InputError("is not a network" + hint, file=path, found=kind, expected="a TNTP net file or a GMNS folder")
    road = read_net(path, None, factors, zero_capacity)
    trips = Path(demand) if demand is not None else path.with_name(path.name.replace("_net", "_trips"))
    if demand is None and (trips == path or not trips.exists()):
        raise InputError("the network has no demand beside it", file=path, field="demand", expected="the path of the demand")
    return road, _read_demand(trips, road)


def data_roots() -> Iterator[Path]:
    """Yield the folders to look in: the shipped data, then the one that ``BRAESS_DATA`` names."""
    yield SHIPPED
    if os.environ.get(VARIABLE):
        yield Path(os.environ[VARIABLE]).expanduser()


def folder_of(name: str) -> Path:
    """Return the folder of a named network.

    Raises
    ------
    InputError
        No such name; the nearest is suggested.
    """
    for root in data_roots():
        folder = root / "tntp" / name
        if name in names() and any(folder.glob("*_net.tntp*")):
            return folder
    raise _unknown(name)


def _unknown(name: str | Path) -> InputError:
    known = names()
    if str(name) in _ELSEWHERE:
        message = "this network is not shipped"
    else:
        message = "there is no network or file of this name" + nearest(str(name), [*known, *_ELSEWHERE])
    return InputError(
        message, field="network", found=str(name), expected=f"one of {', '.join(known)}, or a path; {where_to_look()}"
    )


def where_to_look() -> str:
    """Say which folder is searched besides the shipped data."""
    value = os.environ.get(VARIABLE)
    what = f"more are looked for in the folder that {VARIABLE} names"
    return f"{what} ({value})" if value else f"{what}, which is not set"


def only_file(folder: Path, pattern: str) -> Path:
    """Return the first file of a folder that fits a pattern.

    Raises
    ------
    InputError
        There is none.
    """
    found = sorted(folder.glob(pattern))
    if not found:
        raise InputError("nothing of this kind is known for the network", file=folder, expected=pattern.rstrip("*"))
    return found[0]


def read_net(
    path: Path, name: str | None, factors: tuple[float | None, float | None], zero_capacity: float | None
) -> RoadNetwork:
    """Read a TNTP network under a name, its own where ``None``, with the factors of toll and distance."""
    return read_tntp_net(path, name=name, toll_factor=factors[0], distance_factor=factors[1], zero_capacity=zero_capacity)


def _with_coordinates(network: RoadNetwork, folder: Path) -> RoadNetwork:
    for path in sorted(folder.glob("*_node.tntp*")):
        return read_tntp_nodes(path, geographic=network.name in _GEOGRAPHIC).attach(network)
    for path in sorted(folder.glob("*_nodes.geojson*")):
        return read_geojson_nodes(path).attach(network)
    return network


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
