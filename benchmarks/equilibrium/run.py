"""Solves every known network to 1e-10 and compares link flows and totals with the published ones."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import load, names, published_flows
from braess.domains.road.equilibrium import Assignment
from braess.errors import InputError
from results import write_result

REPEATS = 5
GAP = 1e-10


def measure(name: str) -> dict[str, Any]:
    network, demand = load(name)
    assignment = Assignment(network, demand)
    assignment.solve(relative_gap=GAP)
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        solved = assignment.solve(relative_gap=GAP)
        seconds.append(time.perf_counter() - began)
    row: dict[str, Any] = {
        "network": name,
        "zones": network.zones,
        "nodes": network.nodes,
        "links": network.links,
        "relative_gap": solved.relative_gap,
        "iterations": solved.iterations,
        "total_travel_time": solved.total_travel_time,
        "beckmann": solved.beckmann,
        "seconds": statistics.median(seconds),
    }
    try:
        published = published_flows(name)
    except InputError:
        return row | {"largest_difference": None, "largest_relative_difference": None, "published_total_travel_time": None}
    difference = float(np.abs(solved.flow - published).max())
    return row | {
        "largest_difference": difference,
        "largest_relative_difference": difference / float(published.max()),
        "published_total_travel_time": float(published @ network.travel_time(published)),
    }


def main() -> None:
    rows = []
    for name in names():
        rows.append(measure(name))
        print(rows[-1])
    compared = [row["largest_relative_difference"] for row in rows if row["largest_difference"] is not None]
    text = f"link flows of {len(compared)} networks within {max(compared):.0e} of the largest published flow"
    result = {"relative_gap_asked": GAP, "repeats": REPEATS, "networks": rows, "methods": {"equilibrium": text}}
    print(write_result(__file__, result))


if __name__ == "__main__":
    main()
