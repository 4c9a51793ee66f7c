"""From a neighbour's state: one link changed, and many designs at once."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
from timing import timed

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, assign_many
from braess.errors import BraessError

START, GAP = 1e-10, 1e-8
NETWORKS = ("sioux-falls", "anaheim")
# What is done to a link, and what its capacity is multiplied by before and after; 0 where it is closed.
CHANGES = {
    "nothing": (1.0, 1.0),
    "capacity +10 %": (1.0, 1.1),
    "capacity -10 %": (1.0, 0.9),
    "capacity +50 %": (1.0, 1.5),
    "capacity -50 %": (1.0, 0.5),
    "closed": (1.0, 0.0),
    "opened": (0.0, 1.0),
}
REPEATS = 3
BATCH_GAPS = (1e-4, 1e-6, 1e-8)
SEED = 0


def measure_one(name: str) -> list[dict[str, Any]]:
    """Change each link in turn; solve from the state before the change and from nothing, one after the other."""
    assignment = Assignment(*load(name))
    rows = []
    for label, (before, after) in CHANGES.items():
        warm, cold = [], []
        for link in range(assignment.network.links):
            try:
                state = assignment.solve(**_changed(assignment, link, before), relative_gap=START).state
                changes = _changed(assignment, link, after) | {"relative_gap": GAP}
                pairs = [(timed(assignment, start=state, **changes), timed(assignment, **changes)) for _ in range(REPEATS)]
            except BraessError:  # trips are cut off without this link
                continue
            warm.append(statistics.median(one for one, _ in pairs))
            cold.append(statistics.median(other for _, other in pairs))
        rows.append(
            {
                "network": name,
                "change": label,
                "links": len(warm),
                "warm_seconds": statistics.median(warm),
                "cold_seconds": statistics.median(cold),
                "ratio": statistics.median(warm) / statistics.median(cold),
            }
        )
    return rows


def _changed(assignment: Assignment, link: int, factor: float) -> dict[str, Any]:
    """Return capacities and open links with the capacity of one link multiplied, or the link closed."""
    capacity, is_open = assignment.network.capacity.copy(), np.ones(assignment.network.links, dtype=np.bool_)
    if factor > 0:
        capacity[link] *= factor
    else:
        is_open[link] = False
    return {"capacity": capacity, "open_links": is_open}


def measure_batch(name: str, count: int) -> list[dict[str, Any]]:
    """Solve designs that each enlarge or shrink one link, from the unchanged network's state."""
    assignment = Assignment(*load(name))
    rng = np.random.default_rng(SEED)
    capacity = np.tile(assignment.network.capacity, (count, 1))
    capacity[np.arange(count), rng.integers(0, assignment.network.links, count)] *= rng.choice([0.75, 1.25, 1.5], count)
    state = assignment.solve(relative_gap=START).state
    rows = []
    for gap in BATCH_GAPS:
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(REPEATS):
            for threads in seconds:
                began = time.perf_counter()
                assign_many(assignment, capacity, start=state, relative_gap=gap, threads=threads)
                seconds[threads].append(time.perf_counter() - began)
        rate = {threads: count / statistics.median(taken) for threads, taken in seconds.items()}
        rows.append(
            {
                "network": name,
                "relative_gap": gap,
                "designs": count,
                "designs_per_second_one_thread": rate[1],
                "designs_per_second_two_threads": rate[2],
            }
        )
    return rows
