"""A road network as the kernels read it."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.equilibrium._kernel import Graph
from braess.domains.road.network import RoadNetwork


def graph_of(network: RoadNetwork, classes: int = 1) -> Graph:
    """Return the topology of a network for the kernels, all links open, with the origins of so many user classes."""
    order = np.argsort(network.tail, kind="stable")
    return Graph(
        tail=network.tail.astype(np.uint32),
        head=network.head.astype(np.uint32),
        out_start=np.searchsorted(network.tail[order], np.arange(network.nodes + 1)).astype(np.uint32),
        out_link=order.astype(np.uint32),
        out_head=network.head[order].astype(np.uint32),
        through=network.through.copy(),
        open=np.ones(network.links, np.bool_),
        origin=np.tile(network.zone_nodes, classes).astype(np.uint32),
        zone=network.zone_nodes.astype(np.uint32),
    )


def fingerprint(*arrays: NDArray[Any]) -> int:
    """Return a number that tells arrays apart."""
    digest = hashlib.blake2b(digest_size=8)
    for array in arrays:
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return int.from_bytes(digest.digest(), "little")
