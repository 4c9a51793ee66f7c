"""Published design instances, scenarios and results to compare with, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from braess.data_folder import data_roots, where_to_look
from braess.domains.road.catalogue import SHIPPED, first_file, folder_of, read_named
from braess.domains.road.formats.csv_demand import read_csv_demand
from braess.domains.road.formats.dndp import DesignInstance, read_design_instance
from braess.domains.road.formats.madadi2023 import as_published_madadi2023, read_lane_swap_pairs
from braess.domains.road.formats.tntp_flow import read_tntp_flows
from braess.domains.road.network import Demand, Floats, Ints, RoadNetwork
from braess.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

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

    network: RoadNetwork = field(repr=False)
    demand: Demand = field(repr=False)
    pairs: Ints = field(repr=False)


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
    known = {
        path.name.split(".")[0]: path for root in reversed(list(data_roots(SHIPPED))) for path in root.glob("dndp/*/*NDP*.txt*")
    }
    path = known.get(str(name), Path(name))
    if not path.exists():
        message = "there is no such design instance" + nearest(str(name), known)
        expected = f"{', '.join(sorted(known)[:_SHOWN])}, …, or a path; {where_to_look()}"
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
    road = as_published_madadi2023(read_named(network))
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
    return read_tntp_flows(first_file(folder_of(name), "*_flow.tntp*"), read_named(name)).volume


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
