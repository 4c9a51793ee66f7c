"""What designs change on a road network: capacities, links that are there, tolls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from braess.domains.road.network import Bools, Floats


@dataclass(frozen=True, eq=False)
class Levers:
    """What ``n`` designs change, ``None`` where nothing.

    Parameters
    ----------
    capacity
        ``[n, links]`` capacities in place of the network's.
    open_links
        ``[n, links]`` false where a link does not exist.
    toll
        ``[n, links]`` tolls in place of the network's.
    """

    capacity: Floats | None = None
    open_links: Bools | None = None
    toll: Floats | None = None

    def columns(self) -> dict[str, Any]:
        """Return what changes by name, as the keywords of `Assignment.solve`, one design a row."""
        named = {"capacity": self.capacity, "open_links": self.open_links, "toll": self.toll}
        return {name: array for name, array in named.items() if array is not None}

    def row(self, i: int) -> dict[str, Any]:
        """Return one design's changes as the keywords of `Assignment.solve`."""
        return {name: array[i] for name, array in self.columns().items()}
