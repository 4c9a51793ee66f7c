"""Which network a file means: its name, demand, volume-delay functions and preload, as study files and others write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from braess.domains.road.delay_settings import DelaySettings, with_delays
from braess.domains.road.formats import as_published_madadi2023, read_link_values
from braess.domains.road.library import load
from braess.domains.road.network import Demand, RoadNetwork
from braess.domains.road.units import Units
from braess.errors import InputError


@dataclass(frozen=True, kw_only=True)
class NetworkSource:
    """A network of the user's choice.

    Parameters
    ----------
    network
        Name of a known network, or path of a TNTP net file or GMNS folder.
    demand
        Path of the demand; left out: the one that belongs to the network.
    demand_multiplier
        What all trips are multiplied by.
    toll_factor
        Time per unit of toll in the generalised cost, in place of the network's.
    distance_factor
        Time per unit of length in the generalised cost, in place of the network's.
    reading
        ``as-found``, or ``madadi-2023`` for the changes that study makes before it uses a network.
    delay
        Another volume-delay function, on all links or on some; several tables are applied one after the other.
    preload
        Path of a csv file with the flow that is there whatever the trips do: ``init_node,term_node,flow``.
    """

    network: str
    demand: str | None = None
    demand_multiplier: float = 1.0
    toll_factor: float | None = None
    distance_factor: float | None = None
    reading: Literal["as-found", "madadi-2023"] = "as-found"
    delay: tuple[DelaySettings, ...] = ()
    preload: str | None = None

    def read(self, folder: Path, demand: str | None = None) -> tuple[RoadNetwork, Demand]:
        """Read the network and its demand, without the volume-delay functions and the preload.

        Parameters
        ----------
        folder
            Where relative paths start.
        demand
            Path of a demand in place of the settings' own.

        Raises
        ------
        InputError
            No such network or file, or anything in them or in these settings that cannot be used.
        """
        published = self.reading == "madadi-2023"
        trips = self.demand if demand is None else demand
        network, found = load(
            place(self.network, folder),
            None if trips is None else folder / trips,
            toll_factor=self.toll_factor,
            distance_factor=self.distance_factor,
            zero_capacity=1e-6 if published else None,
        )
        if not self.demand_multiplier > 0:
            raise InputError(
                "impossible factor", field="demand_multiplier", found=self.demand_multiplier, expected="more than 0"
            )
        return as_published_madadi2023(network) if published else network, found.scaled(self.demand_multiplier)

    def with_traffic(self, network: RoadNetwork, folder: Path, units: Units) -> RoadNetwork:
        """Return a network with these volume-delay functions, stated in these units, and this preload; raises as `read`."""
        network = with_delays(network, self.delay, units)
        if self.preload is None:
            return network
        return network.with_links(preload=read_link_values(folder / self.preload, network, "flow", least=0.0))


def place(name: str, folder: Path) -> str | Path:
    """Take a name that is a path from the file's folder as such, anything else as a known name."""
    path = folder / name
    return path if path.exists() else name
