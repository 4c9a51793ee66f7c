"""One solve on several threads: each improves the bushes of its own origins; one, which sees all flows, moves them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._bushes import GROWTH
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats, Int64s, PackedBushes
from braess.domains.road.equilibrium._users import Task


def solve_on_threads(
    task: Task, old: Bushes, was_open: Bools, same: bool, target: float, most: int, trim: bool, threads: int
) -> tuple[int, Floats, PackedBushes, Floats]:
    """Solve as `_solver.solve` does, on so many threads.

    The first trees differ from those of one thread, since no thread sees the flows of the others, and the bushes follow
    from them: flows agree to the precision asked. With the same number of threads they are equal to the last bit.
    """
    rows = task.graph.origin.size
    history = np.zeros(most)
    with ThreadPoolExecutor(threads, thread_name_prefix="equilibrium") as pool:
        if _solver.unchanged(task.users, old, was_open, same):
            bushes = Bushes(*_solver.moved(old, GROWTH))
        else:
            bounds = np.linspace(0, rows, threads + 1).astype(np.int64)
            begun = [
                pool.submit(_solver.begin, task, old, was_open, same, first, last) for first, last in pairwise(bounds.tolist())
            ]
            parts = [one.result() for one in begun]
            if not all(possible for _, possible in parts):
                return _solver.UNREACHABLE, np.zeros(task.graph.tail.size), parts[0][0], history[:0]
            bushes = _joined([Bushes(*part) for part, _ in parts])
        return _iterate(pool, threads, task, bushes, old.link.size > 0, target, trim, history)


def _iterate(
    pool: ThreadPoolExecutor,
    threads: int,
    task: Task,
    bushes: Bushes,
    warm: bool,
    target: float,
    trim: bool,
    history: Floats,
) -> tuple[int, Floats, PackedBushes, Floats]:
    flow = _solver.flows(task, bushes)
    sweeps, steps = _solver.pace(warm)
    if warm:
        flow = _solver.move(task, bushes, 0, steps, 0.0)
    growth, merit = GROWTH, np.zeros(task.graph.origin.size)
    status, done = _solver.EXHAUSTED, 0
    while status == _solver.EXHAUSTED and done < history.size:
        pending: list[Future[bool]] = [
            pool.submit(_solver.improve_part, task, bushes, first, last, flow, merit)
            for first, last in _shares(bushes, threads)
        ]
        fits = [one.result() for one in pending]
        history[done] = _solver.relative_gap(task, bushes, flow, merit)
        done += 1
        status = _solver.verdict(history, done, target)
        if not all(fits):
            growth *= 2.0
            bushes = Bushes(*_solver.moved(bushes, growth))
        if status == _solver.EXHAUSTED and done < history.size:
            flow = _solver.move(task, bushes, sweeps, steps, history[done - 1])
    return status, flow, _solver.moved(bushes, 0.0) if trim else (*bushes,), history[:done]


def _shares(bushes: Bushes, threads: int) -> list[tuple[int, int]]:
    """Part the rows so that each thread has about as many nodes."""
    wanted = np.linspace(0, bushes.node_start[-1], threads + 1)[1:-1]
    bounds = [0, *np.searchsorted(bushes.node_start, wanted).tolist(), bushes.merge_count.size]
    return list(pairwise(bounds))


def _joined(parts: list[Bushes]) -> Bushes:
    """Put bushes one behind the other."""

    def starts(name: str) -> Int64s:
        sizes = np.concatenate([np.diff(getattr(part, name)) for part in parts])
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))

    def gathered(name: str, start: str) -> Any:
        return np.concatenate([getattr(part, name)[: getattr(part, start)[-1]] for part in parts])

    return Bushes(
        node_start=starts("node_start"),
        link_start=starts("link_start"),
        merge_start=starts("merge_start"),
        merge_count=np.concatenate([part.merge_count for part in parts]),
        node=gathered("node", "node_start"),
        end=gathered("end", "node_start"),
        link=gathered("link", "link_start"),
        tail=gathered("tail", "link_start"),
        flow=gathered("flow", "link_start"),
        merge=gathered("merge", "merge_start"),
    )
