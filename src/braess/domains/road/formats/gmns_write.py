"""Writing GMNS: node.csv, link.csv, config.csv and demand.csv, which read back as the same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._table import write_table
from braess.domains.road.formats.csv_demand import write_csv_demand
from braess.domains.road.formats.gmns import GEOGRAPHIC_CRS
from braess.domains.road.network import Demand, RoadNetwork
from braess.errors import InputError

_VERSION = "0.97"  # of the specification


def write_gmns(network: RoadNetwork, folder: str | Path, demand: Demand | None = None) -> None:
    """Write a network, and its demand where given, as GMNS tables.

    What GMNS has no field for is kept in further columns, which the specification allows: ``free_flow_time``,
    ``vdf_alpha``, ``vdf_beta`` and ``link_type`` of links, ``through`` of nodes, the factors of the generalised cost in
    config.csv. Zones are numbered from 1. Every link is directed and has one lane of the full capacity.

    Parameters
    ----------
    network, demand
        What to write.
    folder
        Where to; made as needed. Files of the same names are replaced.

    Raises
    ------
    InputError
        The network has repeated node labels or two zones at a node, which GMNS cannot express.
    """
    folder = Path(folder)
    for values, field in ((network.node_ids, "node_ids"), (network.zone_nodes, "zone_nodes")):
        if np.unique(values).size != values.size:
            raise InputError("GMNS cannot express repeated entries", field=field, expected="each once")
    write_table(folder / "config.csv", {key: [value] for key, value in _config(network).items()})
    write_table(folder / "node.csv", _nodes(network))
    write_table(folder / "link.csv", _links(network))
    if demand is not None:
        write_csv_demand(demand, folder / "demand.csv", gmns=True)


def _config(network: RoadNetwork) -> dict[str, Any]:
    return {
        "dataset_name": network.name,
        "crs": GEOGRAPHIC_CRS if network.geographic else "",
        "version_number": _VERSION,
        "id_type": "integer",
        "toll_factor": float(network.toll_factor),
        "distance_factor": float(network.distance_factor),
    }


def _nodes(network: RoadNetwork) -> dict[str, list[Any]]:
    zone: list[Any] = [""] * network.nodes
    for number, node in enumerate(network.zone_nodes.tolist(), start=1):
        zone[node] = number
    unknown = [""] * network.nodes
    x, y = (unknown, unknown) if network.coordinates is None else network.coordinates.T.tolist()
    return {
        "node_id": network.node_ids.tolist(),
        "x_coord": x,
        "y_coord": y,
        "zone_id": zone,
        "through": network.through.astype(int).tolist(),
    }


def _links(network: RoadNetwork) -> dict[str, list[Any]]:
    ones = [1] * network.links
    return {
        "link_id": list(range(1, network.links + 1)),
        "from_node_id": network.node_ids[network.tail].tolist(),
        "to_node_id": network.node_ids[network.head].tolist(),
        "directed": ones,
        "length": network.length.tolist(),
        "capacity": network.capacity.tolist(),
        "free_speed": network.speed.tolist(),
        "lanes": ones,
        "toll": network.toll.tolist(),
        "free_flow_time": network.free_flow_time.tolist(),
        "vdf_alpha": network.b.tolist(),
        "vdf_beta": network.power.tolist(),
        "link_type": network.link_type.tolist(),
    }
