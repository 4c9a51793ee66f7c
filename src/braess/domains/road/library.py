"""Networks, demand, design instances and published results, by name or by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats.check import sniff
from braess.domains.road.formats.csv_demand import read_csv_demand
from braess.domains.road.formats.dndp import DesignInstance, read_design_instance
from braess.domains.road.formats.geojson import read_geojson_nodes
from braess.domains.road.formats.gmns import read_gmns
from braess.domains.road.formats.madadi2023 import as_published_madadi2023, read_lane_swap_pairs
from braess.domains.road.formats.omx import read_omx
from braess.domains.road.formats.tntp_flow import read_tntp_flows
from braess.domains.road.formats.tntp_net import read_tntp_net
from braess.domains.road.formats.tntp_node import read_tntp_nodes
from braess.domains.road.formats.tntp_trips import read_tntp_trips
from braess.domains.road.network import Demand, Floats, Ints, RoadNetwork
from braess.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

SHIPPED = Path(__file__).with_name("data")
VARIABLE = "BRAESS_DATA"
_ELSEWHERE = ("berlin-mitte-center", "chicago-sketch")  # known by name, too large to ship
_FACTORS = {"chicago-sketch": (0.02, 0.04)}  # minutes per cent, minutes per mile
_GEOGRAPHIC = frozenset({"anaheim", "sioux-falls"})
_DEMAND_FACTORS = {"SiouxFalls": 1.0, "EasternMassachusetts": 4.0, "BerlinMitteCenter": 2.0, "Anaheim": 4.0}
_LANE_SWAP_NETWORKS = ("anaheim", "eastern-massachusetts", "sioux-falls")
_LANE_SWAP_SHARES = (0.25, 0.5, 0.75)
_SHOWN = 5  # instances named in an error
_TABLES = ("dndp_rey2020", "ndp_madadi2023_sorb")


@dataclass(frozen=True, eq=False)
class LaneSwapScenario:
    """A published lane-swap scenario.

    Parameters
    ----------
    network, demand
        The network as the study reads it, and its perturbed demand.
    pairs
        ``[pairs, 2]`` link from i to j and link from j to i between which lanes may be swapped.
    """

    network: RoadNetwork
    demand: Demand
    pairs: Ints


def names() -> list[str]:
    """Return the names of the networks that `load` finds now: those shipped and those below ``BRAESS_DATA``."""
    return sorted({net.parent.name for root in _roots() for net in root.glob("tntp/*/*_net.tntp*")})


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

    Examples
    --------
    >>> from braess.domains import road
    >>> network, demand = road.load("sioux-falls")
    >>> network.links, demand.total
    (76, 360600.0)
    """
    factors = (toll_factor, distance_factor)
    if isinstance(network, str) and network in {*names(), *_ELSEWHERE}:
        folder = _folder(network)
        known = _FACTORS.get(network, (None, None))
        both = (known[0] if toll_factor is None else toll_factor, known[1] if distance_factor is None else distance_factor)
        road = _read_net(_only(folder, "*_net.tntp*"), network, both, zero_capacity)
        road = _with_coordinates(road, folder)
        return road, _read_demand(_only(folder, "*_trips.tntp*") if demand is None else Path(demand), road)
    path = Path(network)
    if str(network) and path.is_dir():
        return _load_gmns(path, demand, factors)
    if not (str(network) and path.exists()):
        raise _unknown(network)
    kind = sniff(path, Findings(path))
    if kind != "TNTP net":
        hint = " (load_design reads it)" if kind == "network design instance" else ""
        raise InputError("is not a network" + hint, file=path, found=kind, expected="a TNTP net file or a GMNS folder")
    road = _read_net(path, None, factors, zero_capacity)
    trips = Path(demand) if demand is not None else path.with_name(path.name.replace("_net", "_trips"))
    if demand is None and (trips == path or not trips.exists()):
        raise InputError("the network has no demand beside it", file=path, field="demand", expected="the path of the demand")
    return road, _read_demand(trips, road)


def load_design(name: str | Path, *, demand_factor: float | None = None) -> DesignInstance:
    """Load a network design instance.

    Parameters
    ----------
    name
        The name of an instance that is shipped (``SF_DNDP_10_1`` to ``SF_DNDP_10_3``) or that lies below
        ``BRAESS_DATA/dndp``, or the path of one.
    demand_factor
        What to multiply the trips by. Where left out, the factor of the studies for the discrete instances known by
        name (Sioux Falls 1, Eastern Massachusetts 4, Berlin-Mitte-Center 2, Anaheim 4), otherwise 1.

    Raises
    ------
    InputError
        No such instance, or anything in its files that cannot be used.
    """
    known = {path.name.split(".")[0]: path for root in reversed(list(_roots())) for path in root.glob("dndp/*/*NDP*.txt*")}
    path = known.get(str(name), Path(name))
    if not path.exists():
        message = "there is no such design instance" + nearest(str(name), known)
        expected = f"{', '.join(sorted(known)[:_SHOWN])}, …, or a path; {_set_variable()}"
        raise InputError(message, field="name", found=str(name), expected=expected)
    if demand_factor is None:
        discrete = path in known.values() and "_DNDP_" in path.name
        demand_factor = _DEMAND_FACTORS.get(path.parent.name, 1.0) if discrete else 1.0
    return read_design_instance(path, demand_factor=demand_factor)


def load_lane_swap(network: str, share: float) -> LaneSwapScenario:
    """Load a lane-swap scenario of Madadi and Correia (2023), https://doi.org/10.1016/j.eswa.2023.122814.

    Parameters
    ----------
    network
        ``anaheim``, ``eastern-massachusetts`` or ``sioux-falls``.
    share
        Share of the pairs of opposite links that may be changed: 0.25, 0.5 or 0.75.

    Raises
    ------
    InputError
        There is no such scenario.
    """
    if network not in _LANE_SWAP_NETWORKS:
        message = "there is no lane-swap scenario of this network" + nearest(network, _LANE_SWAP_NETWORKS)
        raise InputError(message, field="network", found=network, expected=", ".join(_LANE_SWAP_NETWORKS))
    if share not in _LANE_SWAP_SHARES:
        expected = ", ".join(map(str, _LANE_SWAP_SHARES))
        raise InputError("there is no lane-swap scenario with this share", field="share", found=share, expected=expected)
    road = as_published_madadi2023(load(network)[0])
    stem = SHIPPED / "published" / "madadi2023_lane_swap" / f"{network}_{round(100 * share)}"
    demand = read_csv_demand(f"{stem}_trips.csv", road.zones)
    return LaneSwapScenario(road, demand, read_lane_swap_pairs(f"{stem}_pairs.json", road))


def published_flows(name: str) -> Floats:
    """Return the best-known equilibrium flows of a network ``[links]``, in flow units and in the order of its links.

    Raises
    ------
    InputError
        No such network, or none are published for it.
    """
    folder = _folder(name)
    road = _read_net(_only(folder, "*_net.tntp*"), name, (None, None), None)
    return read_tntp_flows(_only(folder, "*_flow.tntp*"), road).volume


def published_table(name: str) -> pd.DataFrame:
    """Return published results to compare with: ``dndp_rey2020`` or ``ndp_madadi2023_sorb``.

    The columns are explained in the README beside the shipped data.

    Raises
    ------
    InputError
        No such table.
    """
    if name not in _TABLES:
        raise InputError("there is no such table" + nearest(name, _TABLES), found=name, expected=" or ".join(_TABLES))
    import pandas as pd  # late: slow to import and seldom needed

    return pd.read_csv(SHIPPED / "published" / f"{name}.csv")


def _roots() -> Iterator[Path]:
    """Yield the folders to look in."""
    yield SHIPPED
    if os.environ.get(VARIABLE):
        yield Path(os.environ[VARIABLE]).expanduser()


def _folder(name: str) -> Path:
    """Return the folder of a named network."""
    for root in _roots():
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
        message, field="network", found=str(name), expected=f"one of {', '.join(known)}, or a path; {_set_variable()}"
    )


def _set_variable() -> str:
    value = os.environ.get(VARIABLE)
    what = f"more are looked for in the folder that {VARIABLE} names"
    return f"{what} ({value})" if value else f"{what}, which is not set"


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise InputError("nothing of this kind is known for the network", file=folder, expected=pattern.rstrip("*"))
    return found[0]


def _read_net(
    path: Path, name: str | None, factors: tuple[float | None, float | None], zero_capacity: float | None
) -> RoadNetwork:
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
