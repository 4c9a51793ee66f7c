"""The equilibrium solver (compiled): start bushes, then improve and equilibrate them in turn."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._bush import label
from braess.domains.road.equilibrium._bushes import GROWTH, add_flows, no_bushes, packed, repacked, view
from braess.domains.road.equilibrium._curve import Curve, price, price_all
from braess.domains.road.equilibrium._improve import improve
from braess.domains.road.equilibrium._kernel import (
    Bools,
    Bushes,
    Floats,
    Graph,
    Int32s,
    Labels,
    Links,
    PackedBushes,
    Scratch,
    kernel,
    make_labels,
    make_scratch,
)
from braess.domains.road.equilibrium._newton import newton
from braess.domains.road.equilibrium._shift import shift
from braess.domains.road.equilibrium._start import start
from braess.domains.road.equilibrium._users import Users, curve_for

REACHED, STALLED, EXHAUSTED, UNREACHABLE = 0, 1, 2, 3

# Sweeps over all bushes in each iteration and Newton steps after them: from nothing, and near the solution.
_FROM_NOTHING = (3, 1)
_FROM_NEARBY = (2, 2)
# Accuracy of Newton steps: coarse while the bushes still change much, down to this gap.
_COARSE, _FINE = 3e-2, 1e-3
_SETTLED = 1e-5
# Progress has stalled when this many iterations have not brought the gap below this share of the best before them.
_PATIENCE = 40
_PROGRESS = 0.9


@kernel
def _sweep(bushes: Bushes, curve: Curve, users: Users, links: Links, labels: Labels, scratch: Scratch) -> None:
    """Shift flow in every bush in turn, each at the costs that those before it leave."""
    for user in range(users.start.size - 1):
        own = curve_for(curve, users, user)
        if users.start.size > 2:
            price_all(own, links)
        for row in range(users.start[user], users.start[user + 1]):
            bush = view(bushes, row)
            if bush.merge.size > 0:
                label(bush, links.cost, labels)
                shift(bush, own, links, labels, scratch.path)


@kernel
def settle(
    bushes: Bushes,
    curve: Curve,
    users: Users,
    links: Links,
    labels: Labels,
    scratch: Scratch,
    sweeps: int,
    steps: int,
    accuracy: float,
) -> None:
    """Move flow within the bushes as they are: shifts in one bush after the other, then Newton steps over all of them."""
    add_flows(bushes, links)
    price_all(curve_for(curve, users, 0), links)
    for _ in range(sweeps):
        _sweep(bushes, curve, users, links, labels, scratch)
    for _ in range(steps):
        newton(bushes, curve, users, links, scratch.queue, accuracy)


@kernel
def pace(warm: bool) -> tuple[int, int]:
    """Return the numbers of sweeps and of Newton steps in each iteration of a solve."""
    return _FROM_NEARBY if warm else _FROM_NOTHING


@kernel
def accuracy_at(gap: float) -> float:
    """Return how accurately to solve for a Newton step."""
    return _COARSE if gap > _SETTLED else _FINE


@kernel
def relative_gap(curve: Curve, users: Users, bushes: Bushes, flow: Floats, merit: Floats) -> float:
    """Return the detours of all trips over what their paths cost."""
    total = 0.0
    for user in range(users.start.size - 1):
        own = curve_for(curve, users, user)
        if users.start.size == 2:
            for link in range(flow.size):
                total += flow[link] * price(own, link, flow[link])[0]
            continue
        for row in range(users.start[user], users.start[user + 1]):
            bush = view(bushes, row)
            for entry in range(bush.link.size):
                total += bush.flow[entry] * price(own, bush.link[entry], flow[bush.link[entry]])[0]
    return max(merit.sum(), 0.0) / total if total > 0.0 else 0.0


@kernel
def verdict(history: Floats, done: int, target: float) -> int:
    """Return how a solve stands after so many gaps."""
    if history[done - 1] <= target:
        return REACHED
    if done > _PATIENCE and history[done - _PATIENCE : done].min() > _PROGRESS * history[: done - _PATIENCE].min():
        return STALLED
    return EXHAUSTED


@kernel
def spread(bushes: Bushes, users: Users, cost: Floats, nodes: int) -> Floats:
    """Return, for each row, the largest excess of a used path's cost over the least in its bush.

    ``cost`` is ``[classes, links]``.
    """
    labels = make_labels(nodes)
    widest = np.zeros(bushes.node_start.size - 1)
    for user in range(users.start.size - 1):
        for row in range(users.start[user], users.start[user + 1]):
            bush = view(bushes, row)
            if bush.node.size > 0:
                label(bush, cost[user], labels)
                widest[row] = (labels.high[: bush.node.size] - labels.low[: bush.node.size]).max()
    return widest


@kernel
def nothing(rows: int) -> PackedBushes:
    """Return what a solve starts from that has no earlier state."""
    return packed(no_bushes(rows))


@kernel
def make_links(count: int) -> Links:
    """Allocate the records of so many links."""
    return Links(np.zeros(count), np.zeros(count), np.zeros(count))


@kernel
def unchanged(users: Users, old: Bushes, was_open: Bools, same: bool) -> bool:
    """Whether earlier bushes carry the very trips, over links that are all open still and no more."""
    kept: bool = same and old.link.size > 0 and (was_open == users.open).all()
    return kept


@kernel
def solve(
    graph: Graph,
    curve: Curve,
    users: Users,
    trips: Floats,
    old: Bushes,
    was_open: Bools,
    same: bool,
    target: float,
    most: int,
    trim: bool,
) -> tuple[int, Floats, PackedBushes, Floats]:
    """Solve for the flows at which no used path costs more than the shortest.

    Parameters
    ----------
    graph, curve, users
        Network, link costs and user classes.
    trips
        ``[rows, zones]`` with zeros within a zone.
    old
        Bushes to start from, or empty ones; never written to.
    was_open
        ``[classes, links]`` links that were open when ``old`` was made.
    same
        Whether the trips are those for which ``old`` was made.
    target
        Relative gap to reach.
    most
        Iterations (one change of the bushes' links each) to spend at most.
    trim
        Whether to return the bushes without room to grow, which takes a copy.

    Returns
    -------
    Status, link flows ``[links]``, bushes, relative gap of each iteration.
    """
    links, labels = make_links(graph.tail.size), make_labels(graph.through.size)
    scratch = make_scratch(graph.through.size, graph.tail.size)
    merit = np.zeros(graph.origin.size)
    history = np.zeros(most)
    rows = graph.origin.size
    if unchanged(users, old, was_open, same):
        bushes = repacked(old, GROWTH)
    else:
        bushes, possible = start(graph, curve, users, trips, old, was_open, same, 0, rows, links, labels, scratch)
        if not possible:
            return UNREACHABLE, links.flow, packed(bushes), history[:0]
    status = EXHAUSTED
    done = 0
    growth = GROWTH
    sweeps, steps = pace(old.link.size > 0)
    if old.link.size > 0:
        settle(bushes, curve, users, links, labels, scratch, 0, steps, _FINE)
    while status == EXHAUSTED and done < most:
        add_flows(bushes, links)
        fit = improve(graph, curve, users, trips, bushes, 0, rows, links, labels, scratch, merit)
        history[done] = relative_gap(curve, users, bushes, links.flow, merit)
        done += 1
        status = verdict(history, done, target)
        if not fit:
            growth *= 2.0
            bushes = repacked(bushes, growth)
        if status == EXHAUSTED and done < most:
            settle(bushes, curve, users, links, labels, scratch, sweeps, steps, accuracy_at(history[done - 1]))
    return status, links.flow, packed(repacked(bushes, 0.0) if trim else bushes), history[:done]


@kernel
def moved(bushes: Bushes, growth: float) -> PackedBushes:
    """Return what `repacked` does as a plain tuple."""
    return packed(repacked(bushes, growth))


@kernel
def begin(
    graph: Graph,
    curve: Curve,
    users: Users,
    trips: Floats,
    old: Bushes,
    was_open: Bools,
    same: bool,
    first: int,
    last: int,
) -> tuple[PackedBushes, bool]:
    """Return what `start` does with the rows of one thread."""
    links, labels = make_links(graph.tail.size), make_labels(graph.through.size)
    scratch = make_scratch(graph.through.size, graph.tail.size)
    bushes, possible = start(graph, curve, users, trips, old, was_open, same, first, last, links, labels, scratch)
    return packed(bushes), possible


@kernel
def flows(bushes: Bushes, count: int) -> Floats:
    """Return the link flows ``[links]``."""
    links = make_links(count)
    add_flows(bushes, links)
    return links.flow


@kernel
def improve_part(
    graph: Graph,
    curve: Curve,
    users: Users,
    trips: Floats,
    bushes: Bushes,
    first: int,
    last: int,
    flow: Floats,
    merit: Floats,
) -> bool:
    """Do what `improve` does with the rows of one thread, at given link flows ``[links]``."""
    links = Links(flow, np.empty(flow.size), np.empty(flow.size))
    labels, scratch = make_labels(graph.through.size), make_scratch(graph.through.size, flow.size)
    return improve(graph, curve, users, trips, bushes, first, last, links, labels, scratch, merit)


@kernel
def move(bushes: Bushes, curve: Curve, users: Users, graph: Graph, sweeps: int, steps: int, gap: float) -> Floats:
    """Do what `settle` does; return the link flows ``[links]``."""
    links, labels = make_links(graph.tail.size), make_labels(graph.through.size)
    settle(
        bushes, curve, users, links, labels, make_scratch(graph.through.size, graph.tail.size), sweeps, steps, accuracy_at(gap)
    )
    add_flows(bushes, links)
    return links.flow


@kernel
def solve_rows(
    graph: Graph,
    opens: Bools,
    free: Floats,
    rise: Floats,
    inverse_capacity: Floats,
    tilt: Floats,
    curve: Curve,
    trips: Floats,
    old: Bushes,
    was_open: Bools,
    same: bool,
    target: float,
    most: int,
) -> tuple[Int32s, Floats, Floats]:
    """Solve for one variant of link attributes ``[n, links]`` after the other, each from the same bushes.

    Returns
    -------
    Status ``[n]``, link flows ``[n, links]``, relative gap ``[n]``.
    """
    count, links = opens.shape
    status, flows, gaps = np.zeros(count, np.int32), np.zeros((count, links)), np.full(count, np.inf)
    start_of = np.array([0, graph.origin.size])
    for at in range(count):
        users = Users(start_of, free[at : at + 1], opens[at : at + 1])
        own = Curve(curve.kind, free[at], rise[at], inverse_capacity[at], curve.base, curve.power, tilt[at], curve.gap)
        found, flow, _, history = solve(graph, own, users, trips, old, was_open, same, target, most, False)
        status[at] = found
        flows[at] = flow
        if history.size > 0:
            gaps[at] = history.min()
    return status, flows, gaps
