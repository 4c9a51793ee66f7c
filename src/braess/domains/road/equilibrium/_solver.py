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
    PackedBushes,
    Work,
    make_labels,
    make_work,
)
from braess.domains.road.equilibrium._newton import newton
from braess.domains.road.equilibrium._shift import shift
from braess.domains.road.equilibrium._start import start
from braess.domains.road.equilibrium._users import Task, Users, curve_for
from braess.kernels import kernel, lean

REACHED, STALLED, EXHAUSTED, UNREACHABLE = 0, 1, 2, 3

# Sweeps over all bushes in each iteration, and Newton steps after them.
SWEEPS, _STEPS = 3, 2
# Accuracy of Newton steps: coarse down to this gap.
_COARSE, _FINE = 3e-2, 1e-3
_SETTLED = 1e-5
# Progress has stalled when this many iterations have not brought the gap below this share of the best before them.
_PATIENCE = 40
_PROGRESS = 0.9


@lean
def _sweep(task: Task, bushes: Bushes, first: int, last: int, work: Work, weight: float) -> None:
    """Shift flow in every bush of some rows in turn, each at the costs that those before it leave."""
    users = task.users
    for user in range(users.start.size - 1):
        own = curve_for(task.curve, users, user)
        if users.start.size > 2:
            price_all(own, work.links)
        for row in range(max(first, users.start[user]), min(last, users.start[user + 1])):
            bush = view(bushes, row)
            if bush.merge.size > 0:
                label(bush, work.links.cost, work.labels)
                shift(bush, own, work.links, work.labels, work.scratch.path, weight)


@kernel
def settle(task: Task, bushes: Bushes, work: Work, sweeps: int, gap: float, target: float) -> None:
    """Move flow within the bushes as they are: in sweeps over them, then by Newton steps over all together.

    ``gap`` is that before, 0 where it is thought to be small; ``target`` is that asked for.
    """
    accuracy = _COARSE if gap > _SETTLED else _FINE
    add_flows(bushes, work.links)
    price_all(curve_for(task.curve, task.users, 0), work.links)
    for _ in range(sweeps):
        _sweep(task, bushes, 0, task.graph.origin.size, work, 1.0)
    for _ in range(_STEPS):
        newton(bushes, task.curve, task.users, work.links, work.scratch.queue, accuracy, target)


@lean
def relative_gap(task: Task, bushes: Bushes, flow: Floats, merit: Floats) -> float:
    """Return the detours of all trips over what their paths cost."""
    users = task.users
    total = 0.0
    for user in range(users.start.size - 1):
        own = curve_for(task.curve, users, user)
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
def unchanged(users: Users, old: Bushes, was_open: Bools, same: bool) -> bool:
    """Whether earlier bushes carry the very trips, over links that are all open still and no more."""
    kept: bool = same and old.link.size > 0 and (was_open == users.open).all()
    return kept


@kernel
def solve(
    task: Task, old: Bushes, was_open: Bools, same: bool, target: float, most: int, trim: bool
) -> tuple[int, Floats, PackedBushes, Floats]:
    """Solve for the flows at which no used path costs more than the shortest.

    Parameters
    ----------
    task
        What is to be solved.
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
    work, rows = make_work(task.graph), task.graph.origin.size
    flow, merit, history = work.links.flow, np.zeros(rows), np.zeros(most)
    if unchanged(task.users, old, was_open, same):
        bushes = repacked(old, GROWTH)
    else:
        add_flows(old, work.links)
        bushes, possible = start(task, old, was_open, same, 0, rows, 1.0, work)
        if not possible:
            return UNREACHABLE, flow, packed(bushes), history[:0]
    status, done, growth = EXHAUSTED, 0, GROWTH
    if old.link.size > 0:
        settle(task, bushes, work, 0, 0.0, target)
    while status == EXHAUSTED and done < most:
        add_flows(bushes, work.links)
        fit = improve(task, bushes, 0, rows, work, merit)
        history[done] = relative_gap(task, bushes, flow, merit)
        done += 1
        status = verdict(history, done, target)
        if not fit:
            growth *= 2.0
            bushes = repacked(bushes, growth)
        if status == EXHAUSTED and done < most:
            settle(task, bushes, work, SWEEPS, history[done - 1], target)
    return status, flow, packed(repacked(bushes, 0.0) if trim else bushes), history[:done]


@kernel
def moved(bushes: Bushes, growth: float) -> PackedBushes:
    """Return what `repacked` does as a plain tuple."""
    return packed(repacked(bushes, growth))


@kernel
def begin(
    task: Task, old: Bushes, was_open: Bools, same: bool, first: int, last: int, flow: Floats, weight: float
) -> tuple[PackedBushes, bool]:
    """Return what `start` does with some rows, at given link flows ``[links]``."""
    work = make_work(task.graph)
    work.links.flow[:] = flow
    bushes, possible = start(task, old, was_open, same, first, last, weight, work)
    return packed(bushes), possible


@kernel
def flows(task: Task, bushes: Bushes) -> Floats:
    """Return the link flows ``[links]``."""
    work = make_work(task.graph)
    add_flows(bushes, work.links)
    return work.links.flow


@kernel
def improve_part(task: Task, bushes: Bushes, first: int, last: int, flow: Floats, merit: Floats) -> bool:
    """Do what `improve` does with the rows of one thread, at given link flows ``[links]``."""
    work = make_work(task.graph)
    work.links.flow[:] = flow
    return improve(task, bushes, first, last, work, merit)


@kernel
def sweep_part(task: Task, bushes: Bushes, first: int, last: int, flow: Floats, weight: float) -> None:
    """Sweep once over the rows of one thread, from given link flows ``[links]``; ``weight`` as in `shift`."""
    work = make_work(task.graph)
    work.links.flow[:] = flow
    price_all(curve_for(task.curve, task.users, 0), work.links)
    _sweep(task, bushes, first, last, work, weight)


@kernel
def move(task: Task, bushes: Bushes, sweeps: int, gap: float, target: float) -> Floats:
    """Do what `settle` does; return the link flows ``[links]``."""
    work = make_work(task.graph)
    settle(task, bushes, work, sweeps, gap, target)
    add_flows(bushes, work.links)
    return work.links.flow


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
        own = Curve(
            curve.kind,
            free[at],
            rise[at],
            inverse_capacity[at],
            curve.base,
            curve.power,
            tilt[at],
            curve.gap,
            curve.kinked,
        )
        found, flow, _, history = solve(Task(graph, own, users, trips), old, was_open, same, target, most, False)
        status[at] = found
        flows[at] = flow
        if history.size > 0:
            gaps[at] = history.min()
    return status, flows, gaps
