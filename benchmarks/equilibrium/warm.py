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

GAP = 1e-8
NETWORKS = ("sioux-falls", "anaheim")
CHANGES = (("capacity +10 %", 1.1), ("capacity -10 %", 0.9), ("capacity +50 %", 1.5), ("capacity -50 %", 0.5), ("closed", 0.0))
REPEATS = 3
BATCH_GAPS = (1e-4, 1e-6, 1e-8)
SEED = 0


def measure_one(name: str) -> list[dict[str, Any]]:
    """Change each link in turn; solve from the unchanged network's state and from nothing, one after the other."""
    assignment = Assignment(*load(name))
    links = assignment.network.links
    state = assignment.solve(relative_gap=1e-10).state
    rows = []
    for label, factor in CHANGES:
        warm, cold = [], []
        for link in range(links):
            capacity, is_open = assignment.network.capacity.copy(), np.ones(links, dtype=np.bool_)
            if factor > 0:
                capacity[link] *= factor
            else:
                is_open[link] = False
            changes = {"capacity": capacity, "open_links": is_open, "relative_gap": GAP}
            try:
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


def measure_batch(name: str, count: int) -> list[dict[str, Any]]:
    """Solve designs that each enlarge or shrink one link, from the unchanged network's state."""
    assignment = Assignment(*load(name))
    rng = np.random.default_rng(SEED)
    capacity = np.tile(assignment.network.capacity, (count, 1))
    capacity[np.arange(count), rng.integers(0, assignment.network.links, count)] *= rng.choice([0.75, 1.25, 1.5], count)
    state = assignment.solve(relative_gap=1e-10).state
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
