"""Where named data lies: in the package, or in the folder that the environment variable ``BRAESS_DATA`` names."""

from __future__ import annotations

from pathlib import Path

from braess.data_folder import data_roots, where_to_look
from braess.domains.road.formats.geojson import read_geojson_nodes
from braess.domains.road.formats.tntp_net import read_tntp_net
from braess.domains.road.formats.tntp_node import read_tntp_nodes
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError, nearest

SHIPPED = Path(__file__).with_name("data")
ELSEWHERE = ("berlin-mitte-center", "chicago-sketch")  # known by name, too large to ship
_FACTORS = {"chicago-sketch": (0.02, 0.04)}  # minutes per cent, minutes per mile
_GEOGRAPHIC = frozenset({"anaheim", "sioux-falls"})


def names() -> list[str]:
    """Return the names of the networks that `load` finds now: those shipped and those below ``BRAESS_DATA``."""
    return sorted({net.parent.name for root in data_roots(SHIPPED) for net in root.glob("tntp/*/*_net.tntp*")})


def folder_of(name: str) -> Path:
    """Return the folder of a named network.

    Raises
    ------
    InputError
        No such name; the nearest is suggested.
    """
    for root in data_roots(SHIPPED):
        folder = root / "tntp" / name
        if name in names() and any(folder.glob("*_net.tntp*")):
            return folder
    raise unknown(name)


def unknown(name: str | Path) -> InputError:
    """Return the error for a name that leads nowhere: suggests the nearest one and says how to add data."""
    known = names()
    if str(name) in ELSEWHERE:
        message = "this network is not shipped"
    else:
        message = "there is no network or file of this name" + nearest(str(name), [*known, *ELSEWHERE])
    return InputError(
        message, field="network", found=str(name), expected=f"one of {', '.join(known)}, or a path; {where_to_look()}"
    )


def first_file(folder: Path, pattern: str) -> Path:
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


def read_named(
    name: str, toll_factor: float | None = None, distance_factor: float | None = None, zero_capacity: float | None = None
) -> RoadNetwork:
    """Read a named network with its coordinates where there are any; factors left out are those known for it.

    Raises
    ------
    InputError
        No such name, or anything in its files that cannot be used.
    """
    folder = folder_of(name)
    known = _FACTORS.get(name, (None, None))
    network = read_tntp_net(
        first_file(folder, "*_net.tntp*"),
        name=name,
        toll_factor=known[0] if toll_factor is None else toll_factor,
        distance_factor=known[1] if distance_factor is None else distance_factor,
        zero_capacity=zero_capacity,
    )
    return _with_coordinates(network, folder)


def _with_coordinates(network: RoadNetwork, folder: Path) -> RoadNetwork:
    for path in sorted(folder.glob("*_node.tntp*")):
        return read_tntp_nodes(path, geographic=network.name in _GEOGRAPHIC).attach(network)
    for path in sorted(folder.glob("*_nodes.geojson*")):
        return read_geojson_nodes(path).attach(network)
    return network
