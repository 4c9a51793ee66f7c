"""From nothing to 1e-10: time on one thread, beside TAP-B where it is at hand, and the published flows."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road import load, published_flows
from braess.domains.road.equilibrium import Assignment
from braess.errors import InputError

GAP = 1e-10
GAPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12)
REPEATS = 9
_TAP_B = {"sioux-falls": "SiouxFalls", "anaheim": "Anaheim", "chicago-sketch": "ChicagoSketch"}


def timed(assignment: Assignment, **settings: Any) -> float:
    """Return the seconds of one solve."""
    began = time.perf_counter()
    assignment.solve(**settings)
    return time.perf_counter() - began


def _tap_b(folder: Path, name: str) -> float:
    """Return the seconds TAP-B's solver takes, reading and writing of files excluded."""
    done = subprocess.run(
        [str(folder / "tap"), f"run/{_TAP_B[name]}.txt"], cwd=folder, capture_output=True, text=True, check=True
    )
    found = re.search(r"SOLVER SECONDS ([0-9.]+)", done.stdout)
    if found is None:
        raise SystemExit(f"{folder / 'tap'} prints no line SOLVER SECONDS")
    return float(found.group(1))


def measure(name: str, tap_b: Path | None) -> dict[str, Any]:
    """Solve one network again and again, in turn with TAP-B."""
    network, demand = load(name)
    assignment = Assignment(network, demand)
    solved = assignment.solve(relative_gap=GAP)
    peer = tap_b is not None and name in _TAP_B
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(timed(assignment, relative_gap=GAP))
        if tap_b is not None and peer:
            theirs.append(_tap_b(tap_b, name))
    row: dict[str, Any] = {
        "network": name,
        "zones": network.zones,
        "nodes": network.nodes,
        "links": network.links,
        "relative_gap": solved.relative_gap,
        "iterations": solved.iterations,
        "total_travel_time": solved.total_travel_time,
        "beckmann": solved.beckmann,
        "seconds": statistics.median(ours),
        "tap_b_seconds": statistics.median(theirs) if theirs else None,
        "tap_b_ratio": statistics.median(theirs) / statistics.median(ours) if theirs else None,
        "state_bytes": solved.state.nbytes,
        "seconds_by_gap": {
            f"{gap:.0e}": statistics.median(timed(assignment, relative_gap=gap) for _ in range(5)) for gap in GAPS
        },
        "least_gap": assignment.solve(relative_gap=1e-14).relative_gap,
    }
    return row | _against_published(name, network, solved.flow)


def _against_published(name: str, network: Any, flow: Any) -> dict[str, Any]:
    try:
        published = published_flows(name)
    except InputError:
        return {"largest_difference": None, "largest_relative_difference": None, "published_total_travel_time": None}
    difference = float(np.abs(flow - published).max())
    return {
        "largest_difference": difference,
        "largest_relative_difference": difference / float(published.max()),
        "published_total_travel_time": float(published @ network.travel_time(published)),
    }
