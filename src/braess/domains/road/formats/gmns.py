"""Reading GMNS, the General Modeling Network Specification: a folder with node.csv, link.csv and perhaps demand.csv.

Source: Zephyr Foundation, https://github.com/zephyr-data-specs/GMNS (link, node and config schema). The specification has
no table of trips; the columns of demand.csv are those of the Path4GMNS family of tools.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._findings import FindingsOfFiles
from braess.domains.road.formats._table import Table, read_table
from braess.domains.road.formats.csv_demand import scan_demand
from braess.domains.road.network import Bools, Demand, Floats, Ints, RoadNetwork
from braess.errors import InputError

GEOGRAPHIC_CRS = "EPSG:4326"
_LENGTHS = {"m": 1.0, "meter": 1.0, "metre": 1.0, "km": 1000.0, "kilometer": 1000.0, "kilometre": 1000.0}
_LENGTHS |= {"mi": 1609.344, "mile": 1609.344, "ft": 0.3048, "foot": 0.3048, "feet": 0.3048}  # metres
_SPEEDS = {"kmh": 1000.0, "km/h": 1000.0, "kph": 1000.0, "mph": 1609.344, "mi/h": 1609.344}  # metres per hour
_SPEEDS |= {"m/s": 3600.0, "mps": 3600.0}
_MINUTES = 60.0  # per hour
_B, _POWER = 0.15, 4.0  # the usual BPR coefficients, for files without them
_ALIASES = {
    "free_flow_time": ("free_flow_time", "vdf_fftt", "vdf_fftt1"),
    "vdf_alpha": ("vdf_alpha", "vdf_alpha1"),
    "vdf_beta": ("vdf_beta", "vdf_beta1"),
}
_TRUE, _FALSE = frozenset({"true", "1", "t", "yes", "1.0"}), frozenset({"false", "0", "f", "no", "0.0"})


@dataclass(frozen=True, eq=False)
class _Nodes:
    ids: Ints
    coordinates: Floats | None
    zone_ids: list[int]
    zone_nodes: Ints
    through: Bools


def read_gmns(folder: str | Path, *, demand: str | Path | None = None) -> tuple[RoadNetwork, Demand | None]:
    """Read a GMNS network and, where there is one, its demand.

    As the specification says, ``capacity`` is per lane and is multiplied by ``lanes`` (1 where missing); a link that is
    not ``directed`` becomes two, the second in the opposite direction right after the first. ``free_flow_time``
    (minutes) is taken where given, otherwise it is ``length / free_speed``: in minutes if ``free_speed`` is in length
    units per hour, or if config.csv names both units. ``vdf_alpha`` and ``vdf_beta`` default to 0.15 and 4. Nodes
    without ``zone_id`` (or with 0) belong to no zone; without such a column every node is a zone. Zones are in the order
    of their labels.

    Parameters
    ----------
    folder
        The folder with ``node.csv``, ``link.csv`` and perhaps ``config.csv``.
    demand
        The trips; ``demand.csv`` in the folder, if there is one, where left out.

    Returns
    -------
    Network, and demand or ``None``.

    Raises
    ------
    InputError
        Anything in the files that cannot be used, with file, line and field.
    """
    files = FindingsOfFiles()
    result = scan_gmns(folder, files, demand)
    for findings in files.every:
        findings.result(True)
    if result is None:
        raise InputError("nothing could be read", file=folder)
    return result


def scan_gmns(
    folder: str | Path, files: FindingsOfFiles, demand: str | Path | None = None
) -> tuple[RoadNetwork, Demand | None] | None:
    """Read as `read_gmns` does, leaving the defects of each file in ``files``."""
    folder = Path(folder)
    config = _config(folder / "config.csv", files)
    node_path, link_path = folder / "node.csv", folder / "link.csv"
    nodes = scan_gmns_nodes(read_table(node_path, files.of(node_path)))
    links = read_table(link_path, files.of(link_path))
    columns = scan_gmns_links(links, None if nodes is None else nodes.ids, _speed_factor(config))
    if columns is None or nodes is None:
        return None
    try:
        network = RoadNetwork(
            name=config.get("dataset_name") or folder.resolve().name,
            node_ids=nodes.ids,
            zone_nodes=nodes.zone_nodes,
            through=nodes.through,
            coordinates=nodes.coordinates,
            geographic=nodes.coordinates is not None and config.get("crs", "").strip().upper() == GEOGRAPHIC_CRS,
            toll_factor=float(config.get("toll_factor") or 0.0),
            distance_factor=float(config.get("distance_factor") or 0.0),
            **columns,
        )
    except InputError as error:
        links.findings.add(error.message, field=error.field, found=error.found, expected=error.expected)
        return None
    trips_path = folder / "demand.csv" if demand is None else Path(demand)
    if demand is None and not trips_path.exists():
        return network, None
    return network, scan_demand(trips_path, files.of(trips_path), nodes.zone_ids)


def _config(path: Path, files: FindingsOfFiles) -> dict[str, str]:
    """Return the single row of config.csv, empty where there is none."""
    if not path.exists():
        return {}
    table = read_table(path, files.of(path))
    for column in ("toll_factor", "distance_factor"):
        if column in table.columns:
            table.numbers(column, 0.0)
    if table.findings.problems or not table.rows:
        return {}
    return {name: cells[0] for name, cells in table.columns.items()}


def _speed_factor(config: dict[str, str]) -> float:
    """Return minutes per (length unit / speed unit)."""
    length = config.get("long_length", "").strip().lower()
    metres = _LENGTHS.get(length, _LENGTHS.get(length.removesuffix("s")))
    speed = _SPEEDS.get(config.get("speed", "").strip().lower())
    return _MINUTES if metres is None or speed is None else _MINUTES * metres / speed


def scan_gmns_nodes(table: Table) -> _Nodes | None:
    """Read the nodes, leaving defects in the findings of the table."""
    table.refuse_missing(["node_id", "x_coord", "y_coord"])
    if table.findings.problems:
        return None
    ids = table.whole("node_id")
    table.refuse_repeated("node_id", ids.tolist())
    known = table.has("x_coord") or table.has("y_coord")
    coordinates = np.column_stack([table.numbers("x_coord"), table.numbers("y_coord")]) if known else None
    zone_of = table.whole("zone_id", 0.0) if "zone_id" in table.columns else ids
    at = np.flatnonzero(zone_of) if "zone_id" in table.columns else np.arange(table.rows)
    zones = zone_of[at].tolist()
    first: dict[int, int] = {}
    for row, zone in zip(at.tolist(), zones, strict=True):
        if first.setdefault(zone, row) != row:
            table.refuse(row, "zone_id", "the zone has two nodes", "one node for each zone")
    through = _booleans(table, "through", True)
    if not zones:
        table.findings.add("no node belongs to a zone", field="zone_id", expected="a zone label at some nodes")
    if table.findings.problems:
        return None
    order = np.argsort(zone_of[at], kind="stable")
    return _Nodes(ids, coordinates, [zones[k] for k in order], at[order], through)


def scan_gmns_links(table: Table, node_ids: Ints | None, minutes: float) -> dict[str, Any] | None:
    """Read the links as the arrays of a network, leaving defects in the findings of the table.

    Parameters
    ----------
    table
        The content of link.csv.
    node_ids
        ``[nodes]`` labels of the nodes, or ``None`` where they are not known.
    minutes
        What to multiply ``length / free_speed`` by.
    """
    table.refuse_missing(["link_id", "from_node_id", "to_node_id", "capacity"])
    if table.findings.problems:
        return None
    table.refuse_repeated("link_id", [cell.strip() for cell in table.columns["link_id"]])
    tail, head = (_ends(table, column, node_ids) for column in ("from_node_id", "to_node_id"))
    lanes = table.numbers("lanes", 1.0)
    table.refuse_where("lanes", lanes <= 0, "the link has no lanes", "a positive number")
    capacity = table.numbers("capacity")
    table.refuse_where("capacity", capacity <= 0, "no capacity", "a positive number (per lane)")
    columns = {
        "tail": tail,
        "head": head,
        "capacity": capacity * lanes,
        "free_flow_time": _free_flow_time(table, minutes),
        "b": _at_least_zero(table, _alias(table, "vdf_alpha"), _B),
        "power": _at_least_zero(table, _alias(table, "vdf_beta"), _POWER),
        "length": _at_least_zero(table, "length", 0.0),
        "toll": table.numbers("toll", 0.0),
        "speed": _at_least_zero(table, "free_speed", 0.0),
        "link_type": table.whole("link_type", 0.0),
    }
    if "directed" not in table.columns:
        table.findings.warn("there is no column directed: every link is taken as one-way")
    directed = _booleans(table, "directed", True)
    if table.findings.problems:
        return None
    copies = np.where(directed, 1, 2)
    columns = {key: np.repeat(values, copies) for key, values in columns.items()}
    second = np.cumsum(copies)[~directed] - 1
    tails, heads = columns["tail"], columns["head"]
    tails[second], heads[second] = heads[second], tails[second]
    return columns


def _ends(table: Table, column: str, node_ids: Ints | None) -> Ints:
    """Return node indices ``[rows]``, -1 where the node is not known."""
    labels = table.whole(column)
    if node_ids is None:
        return labels
    index = {label: at for at, label in enumerate(node_ids.tolist())}
    found = np.array([index.get(label, -1) for label in labels.tolist()], dtype=np.int64)
    table.refuse_where(column, found < 0, "there is no such node", "a node_id of node.csv")
    return found


def _free_flow_time(table: Table, minutes: float) -> Floats:
    name = _alias(table, "free_flow_time")
    if table.has(name):
        return _at_least_zero(table, name, None)
    if "length" not in table.columns or "free_speed" not in table.columns:
        table.refuse_missing(["free_flow_time"])
        return np.zeros(table.rows)
    speed = table.numbers("free_speed")
    table.refuse_where("free_speed", speed <= 0, "no speed", "a positive number, or a column free_flow_time")
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = table.numbers("length") / speed * minutes
    return result


def _at_least_zero(table: Table, column: str, default: float | None) -> Floats:
    values = table.numbers(column, default)
    table.refuse_where(column, values < 0, "negative value", "a number of at least 0")
    return values


def _alias(table: Table, column: str) -> str:
    return next((name for name in _ALIASES[column] if table.has(name)), column)


def _booleans(table: Table, column: str, default: bool) -> Bools:
    values = np.full(table.rows, default)
    for row, cell in enumerate(table.columns.get(column, ())):
        word = cell.strip().lower()
        if word in _TRUE or word in _FALSE:
            values[row] = word in _TRUE
        elif word:
            table.refuse(row, column, "neither true nor false", "true or false")
    return values
