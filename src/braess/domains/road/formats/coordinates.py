"""Positions of nodes, which several formats keep apart from the network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from braess.domains.road.network import Floats, Ints, RoadNetwork
from braess.errors import InputError

_SHOWN = 5  # nodes named in an error


@dataclass(frozen=True, eq=False)
class NodeCoordinates:
    """Where nodes are.

    Parameters
    ----------
    node_ids
        ``[points]`` labels of the nodes, each once.
    xy
        ``[points, 2]`` x and y, or longitude and latitude where ``geographic``.
    geographic
        Whether ``xy`` are degrees.
    """

    node_ids: Ints
    xy: Floats
    geographic: bool = False

    def attach(self, network: RoadNetwork) -> RoadNetwork:
        """Return the network with these coordinates.

        Raises
        ------
        InputError
            A node of the network has no coordinates; the first few are named. Further points are left alone.
        """
        position = {int(label): at for at, label in enumerate(self.node_ids)}
        missing = [int(label) for label in network.node_ids if int(label) not in position]
        if missing:
            raise InputError(
                f"{len(missing)} of {network.nodes} nodes have no coordinates", field="coordinates", found=missing[:_SHOWN]
            )
        order = np.array([position[int(label)] for label in network.node_ids], dtype=np.int64)
        return replace(network, coordinates=self.xy[order], geographic=self.geographic)
