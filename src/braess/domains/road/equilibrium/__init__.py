"""The road follower: drivers settle into user equilibrium, or are routed to the system optimum."""

from braess.domains.road.equilibrium.assignment import Assignment, assign, path_cost_spread
from braess.domains.road.equilibrium.classes import ClassAssignment, ClassEquilibrium, UserClass
from braess.domains.road.equilibrium.elastic import ElasticAssignment, ElasticEquilibrium
from braess.domains.road.equilibrium.first_best import marginal_cost_tolls
from braess.domains.road.equilibrium.many import Equilibria, assign_many
from braess.domains.road.equilibrium.paths import Path, Paths, path_flows
from braess.domains.road.equilibrium.pool import StatePool
from braess.domains.road.equilibrium.record import AnyState, CompactState, Equilibrium, Principle, State
from braess.domains.road.equilibrium.relaxation import CapacityRelaxation, Relaxed
from braess.domains.road.equilibrium.select_link import SelectLink, select_link
from braess.domains.road.equilibrium.sensitivity import Change, Gradient, Sensitivity
from braess.domains.road.equilibrium.skims import Skims, skims
from braess.domains.road.equilibrium.verify import Verification, verify

__all__ = [
    "AnyState",
    "Assignment",
    "CapacityRelaxation",
    "Change",
    "ClassAssignment",
    "ClassEquilibrium",
    "CompactState",
    "ElasticAssignment",
    "ElasticEquilibrium",
    "Equilibria",
    "Equilibrium",
    "Gradient",
    "Path",
    "Paths",
    "Principle",
    "Relaxed",
    "SelectLink",
    "Sensitivity",
    "Skims",
    "State",
    "StatePool",
    "UserClass",
    "Verification",
    "assign",
    "assign_many",
    "marginal_cost_tolls",
    "path_cost_spread",
    "path_flows",
    "select_link",
    "skims",
    "verify",
]
