"""Road networks: drivers settle into user equilibrium on the roads that a design gives them."""

from braess.domains.road.formats.dndp import DesignInstance
from braess.domains.road.library import (
    LaneSwapScenario,
    load,
    load_design,
    load_lane_swap,
    names,
    published_flows,
    published_table,
)
from braess.domains.road.network import Demand, RoadNetwork

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
