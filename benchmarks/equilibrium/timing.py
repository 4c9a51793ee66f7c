"""Clocks that the measurements share."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from braess.domains.road.equilibrium import Assignment


def timed(assignment: Assignment, **settings: Any) -> float:
    """Return the seconds of one solve."""
    began = time.perf_counter()
    assignment.solve(**settings)
    return time.perf_counter() - began


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    """Return the median seconds of so many runs."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
