"""What is to be solved (compiled), above all the user classes: who may use which links, what each pays besides time.

All classes share the flows and so the delays. The rows of trips and bushes are the origins of the first class, then those
of the second, and so on; everything that looks at costs goes class by class.
"""

from __future__ import annotations

from typing import NamedTuple

from braess.domains.road.equilibrium._curve import Curve
from braess.domains.road.equilibrium._kernel import Bools, Floats, Graph, Int64s
from braess.kernels import spliced


class Users(NamedTuple):
    """User classes."""

    start: Int64s
    """``[classes + 1]`` first row of each class."""
    free: Floats
    """``[classes, links]`` cost of an empty link."""
    open: Bools
    """``[classes, links]`` whether a link can be used."""


@spliced
def graph_for(graph: Graph, users: Users, user: int) -> Graph:
    """Return the topology with the links open that are open to one class."""
    return Graph(
        graph.tail,
        graph.head,
        graph.out_start,
        graph.out_link,
        graph.out_head,
        graph.through,
        users.open[user],
        graph.origin,
        graph.zone,
    )


@spliced
def curve_for(curve: Curve, users: Users, user: int) -> Curve:
    """Return the costs of one class."""
    return Curve(
        curve.kind,
        users.free[user],
        curve.rise,
        curve.inverse_capacity,
        curve.base,
        curve.power,
        curve.tilt,
        curve.gap,
        curve.kinked,
    )


class Task(NamedTuple):
    """What is to be solved."""

    graph: Graph
    curve: Curve
    users: Users
    trips: Floats
    """``[rows, zones]`` with zeros within a zone."""
