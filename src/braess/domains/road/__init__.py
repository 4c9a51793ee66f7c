"""Road networks: drivers settle into user equilibrium on the roads that a design gives them."""

from braess.domains.road.formats.dndp import DesignInstance
from braess.domains.road.library import load, names
from braess.domains.road.network import Demand, RoadNetwork
from braess.domains.road.published import (
    LaneSwapScenario,
    load_design,
    load_lane_swap,
    published_flows,
    published_table,
)

__all__ = [
    "Demand",
    "DesignInstance",
    "LaneSwapScenario",
    "RoadNetwork",
    "load",
    "load_design",
    "load_lane_swap",
    "names",
    "published_flows",
    "published_table",
]
