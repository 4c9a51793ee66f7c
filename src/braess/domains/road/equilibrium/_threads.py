"""One solve on several threads: each works on the bushes of its own origins, then one on all, which brings them together."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._bushes import GROWTH
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats, Int64s, PackedBushes
from braess.domains.road.equilibrium._users import Task

# Turns in which the first trees are built.
_TURNS = 8
# Of so many threads one shifts flow as if the others did not, of twice as many as if another did the same.
_ALIKE = 2


def solve_on_threads(
    task: Task, old: Bushes, was_open: Bools, same: bool, target: float, most: int, trim: bool, threads: int
) -> tuple[int, Floats, PackedBushes, Floats]:
    """Solve as `_solver.solve` does, on so many threads.

    No thread sees what the others do at the same time, so trees and shifts differ from those of one thread, and the bushes
    follow from them: flows agree to the precision asked. With the same number of threads they are equal to the last bit.
    """
    history = np.zeros(most)
    with ThreadPoolExecutor(threads, thread_name_prefix="equilibrium") as pool:
        if _solver.unchanged(task.users, old, was_open, same):
            bushes = Bushes(*_solver.moved(old, GROWTH))
        else:
            bushes, possible = _begin(pool, threads, task, old, was_open, same)
            if not possible:
                return _solver.UNREACHABLE, np.zeros(task.graph.tail.size), (*bushes,), history[:0]
        return _iterate(pool, threads, task, bushes, old.link.size > 0, target, trim, history)


def _begin(pool: ThreadPoolExecutor, threads: int, task: Task, old: Bushes, was_open: Bools, same: bool) -> tuple[Bushes, bool]:
    """Build the first bushes; from nothing in several turns, so that each thread soon sees the flows of the others."""
    cold = old.link.size == 0
    turns = _TURNS if cold else 1
    bounds = np.linspace(0, task.graph.origin.size, turns * threads + 1).astype(np.int64).tolist()
    parts: list[Bushes] = []
    flow = _solver.flows(task, old)
    for turn in range(0, turns * threads, threads):
        shares = pairwise(bounds[turn : turn + threads + 1])
        calls = [(_solver.begin, task, old, was_open, same, first, last, flow, float(threads)) for first, last in shares]
        for packed, possible in _all(pool, calls):
            parts.append(Bushes(*packed))
            if not possible:
                return parts[-1], False
            if cold:
                flow = flow + _solver.flows(task, parts[-1])
    return _joined(parts), True


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
    if warm:
        flow = _solver.move(task, bushes, 0, 0.0, target)
    growth, merit = GROWTH, np.zeros(task.graph.origin.size)
    status, done = _solver.EXHAUSTED, 0
    weight = max(1.0, threads / _ALIKE)
    while status == _solver.EXHAUSTED and done < history.size:
        shares = _shares(bushes, threads)
        fits = _all(pool, [(_solver.improve_part, task, bushes, first, last, flow, merit) for first, last in shares])
        history[done] = _solver.relative_gap(task, bushes, flow, merit)
        done += 1
        status = _solver.verdict(history, done, target)
        if not all(fits):
            growth *= 2.0
            bushes = Bushes(*_solver.moved(bushes, growth))
        if status == _solver.EXHAUSTED and done < history.size:
            _all(pool, [(_solver.sweep_part, task, bushes, first, last, flow, weight) for first, last in shares])
            flow = _solver.move(task, bushes, _solver.SWEEPS - 1, history[done - 1], target)
    return status, flow, _solver.moved(bushes, 0.0) if trim else (*bushes,), history[:done]


def _all(pool: ThreadPoolExecutor, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return what the calls, each a function and its arguments, return."""
    return [one.result() for one in [pool.submit(*call) for call in calls]]


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
