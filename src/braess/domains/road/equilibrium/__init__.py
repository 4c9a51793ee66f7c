"""The road follower: drivers settle into user equilibrium, or are routed to the system optimum."""

from braess.domains.road.equilibrium.assignment import Assignment, assign, path_cost_spread
from braess.domains.road.equilibrium.first_best import marginal_cost_tolls
from braess.domains.road.equilibrium.many import Equilibria, assign_many
from braess.domains.road.equilibrium.pool import StatePool
from braess.domains.road.equilibrium.record import Equilibrium, Principle, State
from braess.domains.road.equilibrium.sensitivity import Change, Gradient, Sensitivity
from braess.domains.road.equilibrium.verify import Verification, verify

__all__ = [
    "Assignment",
    "Change",
    "Equilibria",
    "Equilibrium",
    "Gradient",
    "Principle",
    "Sensitivity",
    "State",
    "StatePool",
    "Verification",
    "assign",
    "assign_many",
    "marginal_cost_tolls",
    "path_cost_spread",
    "verify",
]
