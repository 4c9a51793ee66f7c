"""Tables of what traces are worth: random graphs with and without them, and a day of tolls."""

from __future__ import annotations

import statistics
from typing import Any

from markdown_tables import cell, duration, gap, measured_table, significant

Row = dict[str, Any]
_NAMES = {
    "adjoint": "derivatives, Adam",
    "replay": "replays, Adam",
    "adjoint, line search": "derivatives, line search",
    "replay, line search": "replays, line search",
}
_MASKED = ("cma-es", "differential-evolution", "random")
_WAYS = {
    "adjoint": "derivatives",
    "replay": "differences of replays",
    "whole runs": "differences of whole runs",
    "structure": "independent parts",
    "masked": "`cma-es`, no trace",
}
_SHARE = 1e-3  # of the way from the worst start to the best known welfare that may be missing where it counts as reached


def graphs_table(result: Row) -> str:
    """Tabulate `benchmarks/trace/run.py`: values reached, and operator calls of masked searches for the same."""
    found, whole = result["summary"], len(result["rows"])
    rows = [("first values", f"{found['start']:.1e}", *("",) * 5), ("PyTorch's Adam", f"{found['torch']:.1e}", *("",) * 5)]
    for name, title in _NAMES.items():
        one = found[name]
        times = (f"{significant(one['masked'][method]['median'])} ×" for method in _MASKED)
        rows.append(
            (
                title,
                f"{one['value']:.1e}",
                gap(one["apart"]) if name.endswith(("adjoint", "replay")) else "",
                f"{one['as_good']} of {whole}",
                *times,
            )
        )
    masked = (f"`{method}` needs" for method in _MASKED)
    return measured_table(("", "value", "from PyTorch's at most", "as good", *masked), rows)


def sizes_table(result: Row) -> str:
    """Tabulate how many times the calls CMA-ES needs, by the number of parameters, and how often it is threefold."""
    rows = []
    for name, title in _NAMES.items():
        one = result["summary"][name]
        masked = one["masked"]["cma-es"]
        sizes = (f"{significant(times)} ×" for times in masked["by_parameters"].values())
        rows.append((title, *sizes, f"{masked['threefold']} of {one['gained']}"))
    sizes = result["summary"]["adjoint"]["masked"]["cma-es"]["by_parameters"]
    columns = (f"{size} parameter{'s' if size != '1' else ''}" for size in sizes)
    return measured_table(("", *columns, "three times or more"), rows)


def road_table(rows: list[Row]) -> str:
    """Tabulate `benchmarks/trace/road.py`."""
    table = []
    best = max((row["last"][2] for row in rows), default=0.0)
    worst = min((row["steps"][0][2] for row in rows), default=0.0)
    wanted = best - _SHARE * (best - worst)
    for method, title in _WAYS.items():
        here = [row for row in rows if row["method"] == method]
        if not here:
            continue
        reached = [
            next(((seconds, solved) for seconds, solved, welfare in row["steps"] if welfare >= wanted), None) for row in here
        ]
        there = [found for found in reached if found is not None]
        middle = (
            [statistics.median(parts) for parts in zip(*there, strict=True)] if 2 * len(there) > len(here) else [None, None]
        )
        # up to the last improvement, so that waiting for the end does not count
        seconds, solved = (
            statistics.median(row["last"][part] / max(1, row["improvements"]) for row in here) for part in (0, 1)
        )
        ends = statistics.median(row["last"][2] for row in here)
        counts = (f"{len(there)} of {len(here)}", duration(middle[0]), cell(middle[1], ",.0f"))
        table.append((title, duration(seconds), f"{solved:,.1f}", *counts, f"{ends:.5f}"))
    columns = (
        "",
        "an improvement",
        "its equilibria",
        "seeds that get there",
        "time to there",
        "equilibria to there",
        "welfare",
    )
    return measured_table(columns, table)
