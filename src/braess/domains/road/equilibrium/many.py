"""Many equilibria at once: the same trips on many variants of a network, on threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from braess.domains.road.equilibrium._kernel import Bools, Floats
from braess.domains.road.equilibrium._variant import Variant, beckmann, outcome_of, variant_of
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import AnyState, CompactState, State
from braess.domains.road.network import RoadNetwork
from braess.errors import BraessError, InputError

_CHUNKS = 4  # parts of the work for each thread


@dataclass(frozen=True, eq=False)
class Equilibria:
    """Equilibria of ``n`` designs; the rows of a design that failed are not-a-number.

    Parameters
    ----------
    flow, time, cost
        ``[n, links]`` as in `Equilibrium`.
    relative_gap, beckmann, total_travel_time, total_cost
        ``[n]`` as in `Equilibrium`.
    error
        ``[n]`` why a design has no equilibrium, ``None`` for those that have.
    """

    flow: Floats = field(repr=False)
    time: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    relative_gap: Floats
    beckmann: Floats
    total_travel_time: Floats
    total_cost: Floats
    error: tuple[BraessError | None, ...]

    def __len__(self) -> int:
        """Return the number of designs."""
        return len(self.error)


def assign_many(
    assignment: Assignment,
    capacity: Floats | None = None,
    *,
    free_flow_time: Floats | None = None,
    toll: Floats | None = None,
    open_links: Bools | None = None,
    start: AnyState | Sequence[AnyState | None] | None = None,
    relative_gap: float = 1e-6,
    max_iterations: int = 500,
    threads: int = 2,
) -> Equilibria:
    """Solve the equilibria of many designs, each as `Assignment.solve` would.

    The result does not depend on the number of threads, nor that of one design on which others are in the batch.

    Parameters
    ----------
    assignment
        Network and trips.
    capacity, free_flow_time, toll, open_links
        ``[n, links]`` as in `Assignment.solve`, one design a row; at least one must be given.
    start
        AnyState all solves start from, or one for each design.
    relative_gap, max_iterations
        As in `Assignment.solve`.
    threads
        How many designs are solved at the same time.

    Raises
    ------
    InputError
        Nothing was given, arrays disagree about the number of designs, or values are impossible. A design whose trips
        have no open path, or that does not converge, is no error of the batch: see ``error`` of the result.
    """
    named = {"capacity": capacity, "free_flow_time": free_flow_time, "toll": toll, "open_links": open_links}
    given = {name: np.asarray(array) for name, array in named.items() if array is not None}
    count = _count(given, start, assignment.network.links)
    if threads < 1:
        raise InputError("no threads", field="threads", found=threads, expected="at least 1")
    starts = [start] * count if start is None or isinstance(start, State | CompactState) else list(start)
    rows = [variant_of(assignment.network, **{name: array[i] for name, array in given.items()}) for i in range(count)]
    chunks = _chunks(starts, threads)

    def answer(chunk: list[int]) -> list[tuple[Floats, float] | BraessError]:
        return assignment.solve_rows([rows[i] for i in chunk], starts[chunk[0]], relative_gap, max_iterations)

    with ThreadPoolExecutor(threads, thread_name_prefix="assign") as pool:
        answers = dict(zip(chain.from_iterable(chunks), chain.from_iterable(pool.map(answer, chunks)), strict=True))
    return _gathered(assignment.network, rows, [answers[i] for i in range(count)])


def _chunks(starts: Sequence[AnyState | None], threads: int) -> list[list[int]]:
    """Part the designs into chunks of one start each, several a thread so that all threads end at about the same time."""
    groups: dict[int, list[int]] = {}
    for i, start in enumerate(starts):
        groups.setdefault(id(start), []).append(i)
    size = max(1, -(-len(starts) // (_CHUNKS * threads)))
    return [group[at : at + size] for group in groups.values() for at in range(0, len(group), size)]


def _count(given: dict[str, Any], start: AnyState | Sequence[AnyState | None] | None, links: int) -> int:
    if not given:
        raise InputError("nothing to solve for", field="capacity", found=None, expected="an array [n, links]")
    for name, array in given.items():
        if array.ndim != 2 or array.shape[1] != links:
            raise InputError("not one row of links per design", field=name, found=array.shape, expected=f"[n, {links}]")
    counts = {name: len(array) for name, array in given.items()}
    if not (start is None or isinstance(start, State | CompactState)):
        counts["start"] = len(start)
    if len(set(counts.values())) > 1:
        raise InputError("arrays disagree about the number of designs", field=", ".join(counts), found=tuple(counts.values()))
    return next(iter(counts.values()))


def _gathered(
    network: RoadNetwork, rows: Sequence[Variant], answers: Sequence[tuple[Floats, float] | BraessError]
) -> Equilibria:
    nothing = np.full(network.links, np.nan), np.nan
    solved = [nothing if isinstance(answer, BraessError) else answer for answer in answers]
    flow = np.array([row for row, _ in solved]).reshape(len(solved), network.links)
    outcomes = [outcome_of(network, variant, row) for variant, row in zip(rows, flow, strict=True)]
    times, costs = (np.array([getattr(one, name) for one in outcomes]).reshape(flow.shape) for name in ("time", "cost"))
    least = [beckmann(network, variant, row, one).sum() for variant, row, one in zip(rows, flow, outcomes, strict=True)]
    fixed = np.array([variant.fixed_cost for variant in rows]).reshape(flow.shape)
    total_travel_time = ((flow + network.preload) * times).sum(axis=1)
    return Equilibria(
        flow=flow,
        time=times,
        cost=costs,
        relative_gap=np.array([gap for _, gap in solved]),
        beckmann=np.array(least),
        total_travel_time=total_travel_time,
        total_cost=total_travel_time + (flow * fixed).sum(axis=1),
        error=tuple(answer if isinstance(answer, BraessError) else None for answer in answers),
    )
