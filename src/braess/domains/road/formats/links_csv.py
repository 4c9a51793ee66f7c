"""Links as comma-separated text, with results beside the attributes of the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from braess.domains.road.formats._table import write_table
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError

_ATTRIBUTES = ("capacity", "free_flow_time", "b", "power", "length", "toll", "speed", "link_type")


def write_links_csv(network: RoadNetwork, path: str | Path, extra: Mapping[str, ArrayLike] | None = None) -> None:
    """Write one row for each link; numbers read back exactly.

    Parameters
    ----------
    network
        The network.
    path
        Where to; folders are made as needed.
    extra
        Further columns, each ``[links]``, as ``{"flow": …, "volume_capacity": …}``.

    Raises
    ------
    InputError
        A further column has the wrong length or a name already in use.
    """
    write_table(path, link_columns(network, extra))


def link_columns(network: RoadNetwork, extra: Mapping[str, ArrayLike] | None) -> dict[str, list[Any]]:
    """Return index from 0, labels of the end nodes, attributes and further columns of the links as plain lists.

    Raises
    ------
    InputError
        A further column has the wrong length or a name already in use.
    """
    columns: dict[str, list[Any]] = {
        "link": list(range(network.links)),
        "from_node": network.node_ids[network.tail].tolist(),
        "to_node": network.node_ids[network.head].tolist(),
    }
    columns |= {name: getattr(network, name).tolist() for name in _ATTRIBUTES}
    for name, values in (extra or {}).items():
        array = np.asarray(values)
        if name in columns:
            raise InputError("the name is taken by a column of the network", field=name)
        if array.shape != (network.links,):
            raise InputError(
                "array does not match the number of links", field=name, found=array.shape, expected=f"({network.links},)"
            )
        columns[name] = array.tolist()
    return columns
