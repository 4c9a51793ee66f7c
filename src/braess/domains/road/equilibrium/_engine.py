"""Runs the compiled solver on one topology: from nothing or from an earlier state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._curve import Curve
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats, Graph
from braess.domains.road.equilibrium._topology import fingerprint, no_bushes
from braess.domains.road.equilibrium._users import Users
from braess.domains.road.equilibrium.record import State
from braess.errors import InputError


class Solved(NamedTuple):
    """What the compiled solver found."""

    status: int
    flow: Floats
    """``[links]``"""
    bushes: Bushes
    history: Floats
    """``[iterations]`` relative gaps."""


class Engine:
    """A topology on which the compiled solver runs, for one or several user classes.

    Parameters
    ----------
    graph
        The topology, with the origins of every class.
    classes
        Number of user classes.
    """

    def __init__(self, graph: Graph, classes: int = 1) -> None:
        self.graph = graph
        self.topology = fingerprint(graph.tail, graph.head, graph.through, graph.origin, graph.zone)
        self.nothing = no_bushes(graph.origin.size)
        self._start_of = np.arange(classes + 1) * (graph.origin.size // classes)
        self._all_open = np.ones((classes, graph.tail.size), np.bool_)

    def users(self, free: Floats, open_links: Bools) -> Users:
        """Return the user classes with costs of empty links and open links ``[classes, links]``."""
        return Users(self._start_of, free, open_links)

    def start_from(self, state: State | None, trips_made: int) -> tuple[Bushes, Bools, bool]:
        """Return bushes to start from, the links open then ``[classes, links]``, and whether the trips were these.

        Raises
        ------
        InputError
            The state was made on another topology.
        """
        if state is None:
            return self.nothing, self._all_open, False
        if state.topology != self.topology:
            raise InputError("the state was made on another topology", field="start")
        return state.bushes, state.open_links, state.trips == trips_made

    def solve(
        self,
        curve: Curve,
        users: Users,
        trips: Floats,
        start: State | None,
        *,
        trips_made: int,
        relative_gap: float,
        max_iterations: int,
    ) -> Solved:
        """Solve for trips ``[rows, zones]`` whose fingerprint is ``trips_made``."""
        old, was_open, same = self.start_from(start, trips_made)
        status, flow, packed, history = _solver.solve(
            self.graph, curve, users, trips, old, was_open, same, relative_gap, max_iterations
        )
        return Solved(status, flow, Bushes(*packed), history)
