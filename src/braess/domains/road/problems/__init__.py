"""The road problems: lanes to add or swap, links to build, capacity to buy, tolls to set."""

from braess.domains.road.problems.base import RoadProblem
from braess.domains.road.problems.capacity_expansion import CapacityExpansion
from braess.domains.road.problems.lane_addition import LaneAddition
from braess.domains.road.problems.lane_swap import LaneSwap
from braess.domains.road.problems.levers import Levers
from braess.domains.road.problems.link_addition import LinkAddition
from braess.domains.road.problems.selection import SelectionProblem
from braess.domains.road.problems.toll_design import TollDesign

__all__ = [
    "CapacityExpansion",
    "LaneAddition",
    "LaneSwap",
    "Levers",
    "LinkAddition",
    "RoadProblem",
    "SelectionProblem",
    "TollDesign",
]
