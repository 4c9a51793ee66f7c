"""Tables of what was measured of searches that generate designs."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from markdown_tables import measured_table

NEAR_OPTIMUM = 2.45  # of the mixture, whose optimum is 2.5
_OURS = "pgvae"
_GRID = ("order-preserving", "perfect, power 16", "perfect, power 96", "uniform")

Row = dict[str, Any]


def mixture_table(rows: list[Row], by: str, head: Callable[[Any], str]) -> str:
    """Tabulate in how many runs of `benchmarks/pgvae` each method found the mixture's optimum.

    Parameters
    ----------
    rows
        Of the result file.
    by
        What the columns tell apart, a key of the rows.
    head
        What stands above a column.
    """
    rows = [row for row in rows if row["landscape"] == "mixture"]
    values = sorted({row[by] for row in rows})
    table = []
    for method in _methods(rows):
        runs = [row for row in rows if row["method"] == method]
        parts = [[row for row in runs if row[by] == value] for value in values]
        table.append((_named(method), *map(_found, parts), f"**{_found(runs)}**"))
    return measured_table(("", *map(head, values), "all"), table)


def sequences_table(rows: list[Row]) -> str:
    """Tabulate the medians of each method on GB1."""
    rows = [row for row in rows if row["landscape"] == "gb1"]
    table = []
    for ratio in sorted({row["ratio"] for row in rows}):
        runs = [row for row in rows if row["ratio"] == ratio]
        for method in _methods(runs):
            some = [row for row in runs if row["method"] == method]
            cells = (
                f"{_median(row['training'] for row in some):.3f}",
                f"{_median(row['best_after'][0] for row in some):.3f}",
                f"{_median(row['best_after'][-1] for row in some):.3f}",
                f"{_median(row['hits'] for row in some):,.0f}",
                f"{_median(row['distance'] for row in some):.0f}",
            )
            table.append((str(round(1000 * ratio)), _named(method), str(len(some)), *cells))
    columns = (
        "good designs known",
        "",
        "seeds",
        "best of these",
        "after 100 queries",
        "after 1,000",
        "hits",
        "residues new",
    )
    return measured_table(columns, table) + "\n\n" + _ahead(rows)


def _ahead(rows: list[Row]) -> str:
    """Say which methods end higher than ours on GB1, for each number of good designs known."""
    parts = []
    for ratio in sorted({row["ratio"] for row in rows}):
        ends = {
            method: _median(row["best_after"][-1] for row in rows if (row["method"], row["ratio"]) == (method, ratio))
            for method in _methods([row for row in rows if row["ratio"] == ratio])
        }
        higher = [_named(method) for method in ends if _OURS in ends and ends[method] > ends[_OURS]]
        parts.append(f"with {round(1000 * ratio)} good designs known {', '.join(higher) or 'none'}")
    return f"Higher than `{_OURS}` in the end: {'; '.join(parts)}."


def grid_table(rows: list[Row]) -> str:
    """Tabulate what networks and perfect samplers draw on the grids of `benchmarks/gflownet`."""
    methods = [name for name in _GRID if any(row["method"] == name for row in rows)]
    table = []
    for pair in dict.fromkeys(row["pair"] for row in rows):
        cells = []
        for method in methods:
            some = [row for row in rows if (row["pair"], row["method"]) == (pair, method)]
            mass, covered = (_median(row[key] for row in some) if some else None for key in ("mass", "covered"))
            cells.append("" if mass is None else f"{100 * mass:.0f}%, {covered:.0f}")
        counts = [row["cells"] for row in rows if row["pair"] == pair]
        table.append((pair, str(counts[0]), *cells))
    return measured_table(("landscapes", "cells", *(f"{name}: mass, covered" for name in methods)), table)


def preferences_table(rows: list[Row]) -> str:
    """Tabulate how near the network for all preferences comes to what it should draw."""
    table = []
    for pair in dict.fromkeys(row["pair"] for row in rows):
        some = [row for row in rows if row["pair"] == pair and "total_variation" in row]
        if some:
            figures = (f"{_median(row[key] for row in some):.3f}" for key in ("total_variation", "fit"))
            table.append((pair, str(len(some)), *figures))
    return measured_table(("landscapes", "seeds", "total variation", "fit"), table)


def binding_table(rows: list[Row]) -> str:
    """Tabulate what searches find of the fronts of `benchmarks/gflownet/binding.py`."""
    table = []
    for pair in dict.fromkeys(row["pair"] for row in rows):
        for method in dict.fromkeys(row["method"] for row in rows):
            some = [row for row in rows if (row["pair"], row["method"]) == (pair, method)]
            if some:
                found = f"{_median(row['front_found'] for row in some):.0f} of {some[0]['front']}"
                volume, apart, seconds = (
                    _median(row[key] for row in some) for key in ("hypervolume", "edit_distance", "seconds")
                )
                figures = (f"{100 * volume:.1f}%", found, f"{apart:.2f}", f"{seconds:.0f} s")
                name = method if " " in method else f"`{method}`"
                table.append((pair, name, str(len(some)), *figures))
    return measured_table(("factors", "", "seeds", "volume", "front found", "letters apart", "time"), table)


def cells_table(rows: list[Row]) -> str:
    """Tabulate how near searches come to the best cell in `benchmarks/gflownet/cells.py`."""
    data = list(dict.fromkeys(row["data"] for row in rows))
    after = list(rows[0]["short"]) if rows else []
    table = []
    for method in dict.fromkeys(row["method"] for row in rows):
        runs = [[row for row in rows if (row["data"], row["method"]) == (name, method)] for name in data]
        short = (f"{statistics.fmean(row['short'][n] for row in some):.2f}" for some in runs for n in after)
        found = f"{sum(row['short'][after[-1]] == 0.0 for some in runs for row in some)} of {sum(map(len, runs))}"
        seconds = _median(row["seconds"] for some in runs for row in some)
        table.append((f"`{method}`", *short, found, f"{seconds:.1f} s"))
    columns = (f"{name}: after {n}" if n == after[0] else n for name in data for n in after)
    return measured_table(("", *columns, "best cell found", "time"), table)


def gflownet_summaries(grid: list[Row], binding: list[Row]) -> dict[str, str]:
    """Say of each search in one line what `benchmarks/gflownet` found."""
    found: dict[str, list[str]] = {}
    ordered = [row["mass"] for row in grid if row["method"] == "order-preserving"]
    perfect = [row["mass"] for row in grid if row["method"] == "perfect, power 16"]
    if ordered and perfect:
        text = f"median {100 * _median(ordered):.0f}% of draws on the exact front of a grid (a perfect sampler of preferences: "
        found["op-gfn"] = [f"{text}{100 * _median(perfect):.0f}%)"]
    for method in ("mogfn", "op-gfn"):
        volumes = [row["hypervolume"] for row in binding if row["method"] == method]
        if volumes:
            text = f"binding, 5,000 evaluations: {100 * _median(volumes):.1f}% of the front's hypervolume"
            found.setdefault(method, []).append(text)
    return {name: ", ".join(parts) for name, parts in found.items()}


def generating_summaries(rows: list[Row]) -> dict[str, str]:
    """Say of each search in one line what `benchmarks/pgvae` found."""
    found: dict[str, list[str]] = {_OURS: [], "weighted-vae": []}
    mixed = [row for row in rows if row["landscape"] == "mixture"]
    for name, parts in found.items():
        best = max(_weighted(mixed), key=lambda method: _share(mixed, method), default=None) if name != _OURS else _OURS
        if best is not None and mixed:
            parts.append(f"a far optimum in {_found([row for row in mixed if row['method'] == best])} runs{_said(name, best)}")
    rarest = min((row["ratio"] for row in rows if row["landscape"] == "gb1"), default=None)
    sequences = [row for row in rows if row["landscape"] == "gb1" and row["ratio"] == rarest]
    for name, parts in found.items():
        methods = [_OURS] * bool(sequences) if name == _OURS else _weighted(sequences)
        medians = {m: _median(row["best_after"][-1] for row in sequences if row["method"] == m) for m in methods}
        best = max(medians, key=lambda method: medians[method], default=None)
        if best is not None:
            parts.append(f"median {medians[best]:.2f} of GB1's maximum after 1,000 queries{_said(name, best)}")
    return {name: ", ".join(parts) for name, parts in found.items() if parts}


def _said(name: str, best: str) -> str:
    return "" if name == best else f" ({best})"


def _weighted(rows: list[Row]) -> list[str]:
    return [method for method in _methods(rows) if method not in (_OURS, "none", "mutation only")]


def _share(rows: list[Row], method: str) -> float:
    some = [row for row in rows if row["method"] == method]
    return sum(_is_found(row) for row in some) / len(some)


def _is_found(row: Row) -> bool:
    return bool(row["best_after"][-1] >= NEAR_OPTIMUM)


def _found(rows: list[Row]) -> str:
    return f"{sum(map(_is_found, rows))} of {len(rows)}" if rows else ""


def _methods(rows: list[Row]) -> list[str]:
    """Return the methods, ours first, the weighted ones in order, then others."""
    others = ("none", "mutation only")
    return sorted({row["method"] for row in rows}, key=lambda method: (method != _OURS, method in others, method))


def _named(method: str) -> str:
    return {"none": "no weights", _OURS: f"`{_OURS}`", "mutation only": "mutation only"}.get(method, f"`{method}`")


def _median(values: Any) -> float:
    return float(statistics.median(values))
