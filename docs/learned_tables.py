"""Tables of what was measured of learned followers: searches with predictions, network sizes, forecasts."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

from markdown_tables import cell, measured_table

_METHODS = ("random", "genetic", "local", "gradient", "gin-ga", "hybrid")
_NEARLY = 1e-4  # precision of the published equilibria, relative
_FIRST, _LAST = 10, 300  # seconds
_NETWORKS = {"none": "network without virtual nodes"} | {
    name: f"network with 4 virtual nodes, {name}" for name in ("semi-adaptive", "adaptive", "fixed")
}
_BLOCKS = 4

Row = dict[str, Any]


def hybrid_table(rows: list[Row]) -> str:
    """Tabulate `benchmarks/hybrid` by method."""
    best: dict[Any, float] = {}
    for row in rows:
        best[_scenario(row)] = min(best.get(_scenario(row), row["published"]), row["total_travel_time"])
    table = []
    for method in _METHODS:
        runs = [row for row in rows if row["method"] == method]
        if not runs:
            continue
        gaps = [row["gap_to_published"] for row in runs]
        behind = [row["total_travel_time"] / best[_scenario(row)] - 1.0 for row in runs]
        learning = [row["learning_seconds"] for row in runs if "learning_seconds" in row]
        table.append(
            (
                f"`{method}`" if method != "gin-ga" else "GIN-GA as published",
                f"{len({_scenario(row) for row in runs})}, {len(runs)}",
                f"{_mean_of_scenarios(runs, gaps):+.3%}",
                f"{max(gaps):+.3%}",
                f"{sum(gap <= _NEARLY for gap in gaps)} of {len(gaps)}",
                f"{_mean_of_scenarios(runs, behind):.3%}",
                f"{statistics.median(learning):,.0f} s" if learning else "",
            )
        )
    columns = ("search", "scenarios, runs", "mean", "worst", "at or below", "mean to the best known", "learning, besides")
    return measured_table(columns, table)


def _mean_of_scenarios(rows: list[Row], figures: list[float]) -> float:
    """Return the mean of one figure for each row, every scenario counting alike whatever the number of its seeds."""
    found: dict[Any, list[float]] = {}
    for row, figure in zip(rows, figures, strict=True):
        found.setdefault(_scenario(row), []).append(figure)
    return statistics.mean(map(statistics.mean, found.values()))


def hybrid_scenarios_table(rows: list[Row]) -> str:
    """Tabulate the mean gap of each method on each network and problem."""
    table = []
    for variant, network in dict.fromkeys((row["variant"], row["network"]) for row in rows):
        here = [row for row in rows if (row["variant"], row["network"]) == (variant, network)]
        means = (_mean(row["gap_to_published"] for row in here if row["method"] == method) for method in _METHODS)
        table.append((variant, network, *(cell(mean, "+.3%") for mean in means)))
    return measured_table(("problem", "network", *(f"`{method}`" for method in _METHODS)), table)


def scale_table(rows: list[Row]) -> str:
    """Tabulate how far searches were from the best that any found, after some seconds, on networks of growing size."""
    times = sorted({int(time) for row in rows for time in row["best_after"] if _FIRST <= int(time) <= _LAST})
    table = []
    for network in sorted({row["network"] for row in rows}, key=lambda name: _nodes(rows, name)):
        here = [row for row in rows if row["network"] == network]
        best = min(row["total_travel_time"] for row in here)
        for method in dict.fromkeys(row["method"] for row in here):
            runs = [row for row in here if row["method"] == method]
            found = (_mean(row["best_after"][str(time)] for row in runs if str(time) in row["best_after"]) for time in times)
            learning = _mean(row["learning_seconds"] for row in runs if "learning_seconds" in row)
            gaps = (cell(None if value is None else max(value / best - 1.0, 0.0), ".3%") for value in found)
            table.append((f"{network}, {_nodes(rows, network)} nodes", f"`{method}`", *gaps, cell(learning, ",.0f")))
    return measured_table(("network", "search", *(f"{time} s" for time in times), "learning, s"), table)


def forecasts_table(rows: list[Row]) -> str:
    """Tabulate the errors of forecasts of `benchmarks/virtual_nodes`, means and standard deviations over seeds."""
    table = []
    for model in dict.fromkeys(row["model"] for row in rows if row["task"] == "traffic"):
        runs = [row for row in rows if (row["task"], row["model"]) == ("traffic", model)]
        cells = []
        for minutes in runs[0]["mae"]:
            errors = [row["mae"][minutes] for row in runs]
            spread = f" ± {statistics.stdev(errors):.2f}" if len(errors) > 1 else ""
            cells.append(f"{statistics.mean(errors):.2f}{spread}")
        seconds = _mean(row["seconds"] for row in runs if "seconds" in row)
        table.append((_NETWORKS.get(model, model), *cells, cell(seconds, ",.0f")))
    return measured_table(("forecast", *(f"{minutes} min" for minutes in (15, 30, 60, 120, 180)), "learned, s"), table)


def known_answers_table(rows: list[Row]) -> str:
    """Tabulate the errors where the answer is known, of each seed."""
    known = [row for row in rows if row["task"] != "traffic"]
    table = []
    for task, model in dict.fromkeys((row["task"], row["model"]) for row in known):
        errors = [f"{row['error']:.2f}" for row in known if (row["task"], row["model"]) == (task, model)]
        table.append((task, model, ", ".join(errors)))
    return measured_table(("task", "network", "error, share of the variance, by seed"), table)


def sensitivity_table(rows: list[Row]) -> str:
    """Tabulate how much features depend on readings out of reach, block by block, and how far forecasts of sensors differ."""
    measured = [row for row in rows if "sensitivity" in row]
    table = []
    for task, model in dict.fromkeys((row["task"], row["model"]) for row in measured):
        runs = [row for row in measured if (row["task"], row["model"]) == (task, model)]
        blocks = [statistics.mean(found) for found in zip(*(row["sensitivity"] for row in runs), strict=True)]
        after = [*(f"{value:.2g}" for value in blocks), ""][:_BLOCKS]
        spread = _mean(row["spread"] for row in runs if "spread" in row)
        table.append((task, _NETWORKS.get(model, model), *after, cell(spread, ".2f")))
    columns = (*(f"after block {at + 1}" for at in range(_BLOCKS)), "spread across sensors")
    return measured_table(("task", "network", *columns), table)


def _scenario(row: Row) -> tuple[Any, ...]:
    return row["variant"], row["network"], row["share"], row["step"]


def _nodes(rows: list[Row], network: str) -> int:
    return next(int(row["nodes"]) for row in rows if row["network"] == network)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.mean(found) if found else None
