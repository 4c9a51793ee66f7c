"""What everything that is read off an equilibrium needs first: the right network, the right trips."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats, Graph
from braess.domains.road.equilibrium._topology import fingerprint
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import Equilibrium
from braess.domains.road.network import Demand
from braess.errors import InputError


def graph_at(assignment: Assignment, equilibrium: Equilibrium) -> Graph:
    """Return the topology with the links that were open.

    Raises
    ------
    InputError
        The equilibrium belongs to another network.
    """
    if equilibrium.state.topology != assignment.topology:
        raise InputError("the equilibrium belongs to another network", field="equilibrium", expected="one of this assignment")
    return assignment.graph_with(equilibrium.variant.open_links)


def trips_at(assignment: Assignment, equilibrium: Equilibrium, demand: Demand | None) -> Floats:
    """Return the trips ``[zones, zones]`` that the equilibrium carries, without those within a zone.

    Raises
    ------
    InputError
        It was solved with other trips than those of the assignment, or than those given.
    """
    trips: Floats = (assignment.demand if demand is None else demand).matrix.copy()
    np.fill_diagonal(trips, 0.0)
    if equilibrium.state.trips != fingerprint(trips):
        raise InputError(
            "the equilibrium was solved with other trips", field="demand", expected="the demand it was solved with"
        )
    return trips
