"""Road networks: drivers settle into user equilibrium on the roads that a design gives them.

The equilibrium and the problems are imported when first asked for, since they bring the compiler with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from braess.domains.road.delay import DelayFunction
from braess.domains.road.delay_settings import DelaySettings
from braess.domains.road.elastic_demand import ElasticDemand
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

if TYPE_CHECKING:
    from braess.domains.road.assignment_file import read_assignment
    from braess.domains.road.equilibrium import (
        Assignment,
        ClassAssignment,
        ElasticAssignment,
        Equilibrium,
        Sensitivity,
        StatePool,
        UserClass,
        assign,
        assign_many,
        marginal_cost_tolls,
        path_flows,
        select_link,
        skims,
    )
    from braess.domains.road.los_loop import load_los_loop
    from braess.domains.road.problems import CapacityExpansion, LaneAddition, LaneSwap, LinkAddition, TollDesign

_LATE = {
    "Assignment": "equilibrium",
    "Equilibrium": "equilibrium",
    "ClassAssignment": "equilibrium",
    "ElasticAssignment": "equilibrium",
    "Sensitivity": "equilibrium",
    "StatePool": "equilibrium",
    "UserClass": "equilibrium",
    "assign": "equilibrium",
    "assign_many": "equilibrium",
    "load_los_loop": "los_loop",
    "path_flows": "equilibrium",
    "read_assignment": "assignment_file",
    "select_link": "equilibrium",
    "skims": "equilibrium",
    "marginal_cost_tolls": "equilibrium",
    "CapacityExpansion": "problems",
    "LaneAddition": "problems",
    "LaneSwap": "problems",
    "LinkAddition": "problems",
    "TollDesign": "problems",
}


def __getattr__(name: str) -> Any:
    """Import what needs the compiler when it is first asked for."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)


__all__ = [
    "Assignment",
    "CapacityExpansion",
    "ClassAssignment",
    "DelayFunction",
    "DelaySettings",
    "Demand",
    "DesignInstance",
    "ElasticAssignment",
    "ElasticDemand",
    "Equilibrium",
    "LaneAddition",
    "LaneSwap",
    "LaneSwapScenario",
    "LinkAddition",
    "RoadNetwork",
    "Sensitivity",
    "StatePool",
    "TollDesign",
    "UserClass",
    "assign",
    "assign_many",
    "load",
    "load_design",
    "load_lane_swap",
    "load_los_loop",
    "marginal_cost_tolls",
    "names",
    "path_flows",
    "published_flows",
    "published_table",
    "read_assignment",
    "select_link",
    "skims",
]
