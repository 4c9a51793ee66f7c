"""Tables of what was measured of neural architectures."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from markdown_tables import cell, measured_table


def additive_table(rows: list[dict[str, Any]]) -> str:
    """Tabulate how well sums over layers predict latencies, by device."""
    columns = ("space", "device", "r2", "error", "later", "drift")
    cells = [
        (
            row["table"],
            row["device"],
            f"{row['r2']:.3f} ± {row['r2_deviation']:.3f}",
            f"{row['relative_error']:.1%} ± {row['relative_error_deviation']:.1%}",
            cell(row.get("r2_later"), ".3f"),
            cell(row.get("drift"), "+.1%"),
        )
        for row in rows
    ]
    return measured_table(columns, cells)


def additivity_table(rows: list[dict[str, Any]]) -> str:
    """Tabulate how well sums over blocks predict measured times, by family: means over runs with standard deviations."""
    table = []
    for family in dict.fromkeys(row["family"] for row in rows):
        runs = [row for row in rows if row["family"] == family]
        found = {name: [row[name] for row in runs] for name in ("r2", "error", "bias", "spearman")}
        shares = (f"{statistics.mean(found[name]):{form}}" for name, form in (("error", ".1%"), ("bias", "+.1%")))
        ranks = (f"{statistics.mean(found[name]):.2f} ± {statistics.stdev(found[name]):.2f}" for name in ("r2", "spearman"))
        table.append((family, str(len(runs)), *ranks, *shares))
    return measured_table(("family", "runs", "r2", "rank correlation", "error", "bias"), table)


_SEARCHED = ("nas-bench-201, cifar10", "nas-bench-201, imagenet16-120", "nas-bench-macro", "blocks", "ladders")
_UNITS = {"nas-bench-201, cifar10": ".2f", "nas-bench-201, imagenet16-120": ".2f", "nas-bench-macro": ".3f"}
_TREE_METHODS = (
    "random",
    "random, over designs",
    "mcts",
    "mcts, halved",
    "smbo",
    "smbo, n-grams",
    "regularised-evolution",
    "local",
)


def tree_search_table(rows: list[dict[str, Any]], methods: Sequence[str] | None = None) -> str:
    """Tabulate what searches over successive choices found: means and standard errors after 64 and 200 queries."""
    found = {(row["method"], row["problem"]): row for row in rows}
    names = methods if methods is not None else sorted({method for method, _ in found}, key=_place)
    table = []
    for method in names:
        kept = [found.get((method, problem)) for problem in _SEARCHED]
        if any(kept):
            name, _, rest = method.partition(", ")
            table.append((f"`{name}`{', ' if rest else ''}{rest}", *(_reached(row) for row in kept)))
    best = tuple(_optimum([row for row in rows if row["problem"] == problem]) for problem in _SEARCHED)
    return measured_table(("", *_SEARCHED), [*table, ("the best there is", *best)] if table else [])


def tree_search_page_table(rows: list[dict[str, Any]]) -> str:
    """Tabulate the methods with their defaults alone."""
    return tree_search_table(rows, _TREE_METHODS)


def tree_search_summaries(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Say in a line for each search what was measured of it on cells for CIFAR-10."""
    on_cells = {row["method"]: row for row in rows if row["problem"] == _SEARCHED[0]}
    chance = on_cells.get("random")
    if chance is None:
        return {}
    return {
        method: f"NAS-Bench-201, CIFAR-10, {row['seeds']} seeds: {row['mean_64']:.2f}% after 64 and {row['mean_200']:.2f}% "
        f"after 200 queries (`random`: {chance['mean_64']:.2f}% and {chance['mean_200']:.2f}%; best {row['optimum']:.2f}%)"
        for method, row in on_cells.items()
        if method in ("mcts", "smbo", "regularised-evolution")
    }


def programs_table(rows: list[dict[str, Any]]) -> str:
    """Tabulate the least validation error after 8, 16 and all networks, and the test error of the best: means, deviations."""
    table = []
    for method in dict.fromkeys(row["method"] for row in rows):
        runs = [row for row in rows if row["method"] == method]
        marks = [[min(row["errors"][:mark]) for row in runs] for mark in _NETWORKS]
        cells = [_spread(values) for values in (*marks, [row["test_error"] for row in runs])]
        table.append((f"`{method.partition(', ')[0]}`{', halved' if 'halved' in method else ''}", str(len(runs)), *cells))
    return measured_table(("", "seeds", *(f"after {mark}" for mark in _NETWORKS), "test error of the best"), table)


_NETWORKS = (8, 16, 24)


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.2f} ± {statistics.stdev(values) if len(values) > 1 else 0.0:.2f}"


def _place(method: str) -> tuple[int, str]:
    """Return where a method stands: after the one that it is a variant of."""
    starts = [i for i, name in enumerate(_TREE_METHODS) if method.startswith(name)]
    return max(starts, default=len(_TREE_METHODS)), method


def _reached(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    form = _UNITS.get(row["problem"], ".3f")
    return "; ".join(f"{row[f'mean_{queries}']:{form}} ± {row[f'error_{queries}']:{form}}" for queries in (64, 200))


def _optimum(rows: list[dict[str, Any]]) -> str:
    return f"{rows[0]['optimum']:{_UNITS.get(rows[0]['problem'], '.3f')}}" if rows else ""
