"""Runs the compiled solver on one topology: from nothing or from an earlier state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._curve import Curve
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats, Graph
from braess.domains.road.equilibrium._threads import solve_on_threads
from braess.domains.road.equilibrium._topology import fingerprint
from braess.domains.road.equilibrium._users import Task, Users
from braess.domains.road.equilibrium.record import AnyState
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
        self.nothing = Bushes(*_solver.nothing(graph.origin.size))
        self._start_of = np.arange(classes + 1) * (graph.origin.size // classes)
        self._all_open = np.ones((classes, graph.tail.size), np.bool_)

    def users(self, free: Floats, open_links: Bools) -> Users:
        """Return the user classes with costs of empty links and open links ``[classes, links]``."""
        return Users(self._start_of, free, open_links)

    def start_from(self, state: AnyState | None, trips_made: int) -> tuple[Bushes, Bools, bool]:
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
        start: AnyState | None,
        *,
        trips_made: int,
        relative_gap: float,
        max_iterations: int,
        threads: int = 1,
        low_memory: bool = False,
    ) -> Solved:
        """Solve for trips ``[rows, zones]`` whose fingerprint is ``trips_made``.

        With ``low_memory`` the bushes found are still in the memory they were made in, with room to grow.

        Raises
        ------
        InputError
            A precision, a number of iterations or of threads that cannot be; the state was made on another topology.
        """
        if not relative_gap > 0:
            raise InputError("impossible precision", field="relative_gap", found=relative_gap, expected="more than 0")
        if max_iterations < 1:
            raise InputError("no iterations", field="max_iterations", found=max_iterations, expected="at least 1")
        if threads < 1:
            raise InputError("no threads", field="threads", found=threads, expected="at least 1")
        old, was_open, same = self.start_from(start, trips_made)
        task = Task(self.graph, curve, users, trips)
        trim = not low_memory
        if threads == 1:
            status, flow, packed, history = _solver.solve(task, old, was_open, same, relative_gap, max_iterations, trim)
        else:
            status, flow, packed, history = solve_on_threads(
                task, old, was_open, same, relative_gap, max_iterations, trim, threads
            )
        return Solved(status, flow, Bushes(*packed), history)
