"""Time against the gap asked for: ours, TAP-B's and AequilibraE's where they are at hand."""

from __future__ import annotations

import statistics
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from peer_aequilibrae import shared
from peer_aequilibrae import solve as solve_aequilibrae
from peer_tap_b import NETWORKS as TAP_B_NETWORKS
from peer_tap_b import tap_b_seconds
from timing import timed

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, verify
from braess.errors import InputError

GAPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12)
REPEATS = 5
_PEER_REPEATS = 3
_ENOUGH = 30.0  # seconds spent on one gap after which AequilibraE is not asked for a smaller one


def measure_curve(name: str, tap_b: Path | None) -> dict[str, Any]:
    """Solve one network to each gap."""
    assignment = Assignment(*load(name))
    ours, theirs = [], []
    for gap in GAPS:
        reached = assignment.solve(relative_gap=gap).relative_gap
        taken, taken_there = [], []
        for _ in range(REPEATS):
            taken.append(timed(assignment, relative_gap=gap))
            if tap_b is not None and name in TAP_B_NETWORKS:
                taken_there.append(tap_b_seconds(tap_b, name, gap))
        ours.append({"gap": gap, "reached": reached, "seconds": statistics.median(taken)})
        if taken_there:
            theirs.append({"gap": gap, "seconds": statistics.median(taken_there)})
    return {"network": name, "braess": ours, "tap_b": theirs, "aequilibrae": _aequilibrae(name)}


def _aequilibrae(name: str) -> list[dict[str, Any]]:
    """Ask AequilibraE for one gap after the other, until one takes long or is not reached."""
    if find_spec("aequilibrae") is None:
        return []
    network, demand = load(name)
    try:
        network = shared(network)
    except InputError:
        return []
    points: list[dict[str, Any]] = []
    for gap in GAPS:
        answers = [solve_aequilibrae(network, demand, gap)]
        while len(answers) < _PEER_REPEATS and sum(answer.seconds for answer in answers) < _ENOUGH:
            answers.append(solve_aequilibrae(network, demand, gap))
        last = answers[-1]
        points.append(
            {
                "gap": gap,
                "reached": verify(network, demand, last.flow).relative_gap,
                "own_gap": last.own_gap,
                "iterations": last.iterations,
                "seconds": statistics.median(answer.seconds for answer in answers),
                "cpu_seconds": statistics.median(answer.cpu_seconds for answer in answers),
            }
        )
        if last.own_gap > gap or sum(answer.seconds for answer in answers) >= _ENOUGH:
            break
    return points
