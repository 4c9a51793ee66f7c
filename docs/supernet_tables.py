"""Tables of what was measured of supernets and of budgets."""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import Any

from markdown_tables import measured_table, memory

Row = dict[str, Any]

_METHODS = {
    "median cell": "the median cell",
    "darts": "`darts`",
    "darts, second order": "`darts`, second order",
    "rarts": "`rarts`",
    "rarts, jacobi": "`rarts`, `jacobi`",
    "pc-darts": "`pc-darts`, one in two channels",
    "fbnet": "`fbnet`, no price",
    "proxylessnas": "`proxylessnas`, no price",
    "darts-pt": "`darts-pt`",
    "darts-pt, fixed": "`darts-pt`, logits fixed",
    "gm": "`gm`",
    "gm, random": "`gm`, parted at random",
    "few-shot": "`gm`, one part for each option",
}
_COSTED = {
    "fbnet": "`fbnet`, budget",
    "proxylessnas": "`proxylessnas`, budget",
    "proxylessnas, reinforce": "`proxylessnas`, score function, budget",
    "proxylessnas, soft 0.03": "`proxylessnas`, soft price of 0.03",
    "proxylessnas, soft 0.1": "`proxylessnas`, soft price of 0.1",
    "proxylessnas, soft 0.3": "`proxylessnas`, soft price of 0.3",
    "darts": "`darts`, no price",
}


def supernets_table(rows: list[Row], space: str) -> str:
    """Tabulate what each method found in one space."""
    table = []
    for method, name in _METHODS.items():
        runs = [row for row in rows if row["space"] == space and row["method"] == method]
        if runs and "tau" not in runs[0]:  # no search
            table.append((name, "", f"{runs[0]['regret']:.2f}", f"{runs[0]['rank']:,}", *[""] * 5))
        elif runs:
            regrets = [row["regret"] for row in runs]
            cells = (
                f"{statistics.mean(regrets):.2f} ± {_deviation(regrets):.2f}",
                f"{statistics.median(row['rank'] for row in runs):,.0f}",
                f"{statistics.mean(row['best_part'] for row in runs):.2f}",
                f"{statistics.mean(row['skips'] for row in runs):.1f}",
                f"{statistics.mean(row['tau'] for row in runs):+.2f}",
                f"{statistics.median(row['seconds'] for row in runs):.0f} s",
                memory(statistics.median(row["saved_bytes"] for row in runs)),
            )
            table.append((name, str(len(runs)), *cells))
    columns = (
        "search",
        "seeds",
        "error above the least",
        "rank",
        "best part",
        "copies",
        "tau",
        "core",
        "kept for the way back",
    )
    return measured_table(columns, table)


def budgets_table(rows: list[Row]) -> str:
    """Tabulate how far from the best within a budget each method ended, over all budgets and seeds."""
    table = []
    for method, name in _COSTED.items():
        cells = [_gaps([row for row in rows if row["table"] == one and row["method"] == method]) for one in _TABLES]
        runs = [row for row in rows if row["method"] == method]
        if runs:
            asked = f"{statistics.mean(row['evaluations'] for row in runs):.0f}"
            kept = f"{100 * statistics.mean(row['within'] for row in runs):.0f} %"
            table.append((name, str(len(runs)), *cells, kept, asked))
    columns = ("search", "runs", *(f"gap, {one}" for one in _TABLES.values()), "asked for within it", "designs asked for")
    return measured_table(columns, table)


def budget_summaries(rows: list[Row]) -> dict[str, str]:
    """Return a line for each search with a price, by its name."""
    found = {}
    for method in ("fbnet", "proxylessnas"):
        runs = [row for row in rows if row["method"] == method]
        if runs:
            near = sum(row["gap"] is not None and row["gap"] <= _NEAR for row in runs)
            found[method] = f"hard budgets on measured tables: within {_NEAR} points of the best in {near} of {len(runs)} runs"
    return found


_TABLES = {"nas-bench-macro": "NAS-Bench-Macro, FLOPs", "nas-bench-201": "NAS-Bench-201, latencies"}
_NEAR = 0.3  # points of accuracy


def single_path_table(rows: list[Row]) -> str:
    """Tabulate what superkernels and a mixture found at each price, and how much worse random designs of that cost were."""
    table = []
    for strength in sorted({row["strength"] for row in rows}):
        runs = [row for row in rows if row["strength"] == strength]
        cells = []
        for kind in ("single", "mixture"):
            costs = [row[kind]["flops"] / 1e6 for row in runs]
            seconds = statistics.median(row[kind]["seconds"] for row in runs)
            cells += [_spread(costs, ".2f"), _spread([row[kind]["error"] for row in runs], ".2f"), f"{seconds:.0f} s"]
        drawn = [
            statistics.mean(one["error"] for one in row["random"]) - row["single"]["error"] for row in runs if row["random"]
        ]
        table.append((f"{strength:g}", str(len(runs)), *cells, _spread(drawn, "+.2f")))
    both = [f"{name}{unit}" for name in ("", "`fbnet`: ") for unit in ("million FLOPs", "error in %", "core")]
    return measured_table(("price", "seeds", *both, "random − it"), table)


def single_path_summary(rows: list[Row]) -> dict[str, str]:
    """Say in a line what was measured of superkernels."""
    seeds = sorted({row["seed"] for row in rows})
    falling = sum(_falls([row["single"]["flops"] for row in rows if row["seed"] == seed]) for seed in seeds)
    if not rows:
        return {}
    ratio = statistics.median(row["mixture"]["seconds"] / row["single"]["seconds"] for row in rows)
    weights = rows[0]["parameters"]["mixture"] / rows[0]["parameters"]["single"]
    text = (
        f"chains of six layers: a mixture of all options takes {ratio:.1f} times as long and has {weights:.1f} times the "
        f"weights; a higher price never gives a dearer design in {falling} of {len(seeds)} seeds"
    )
    return {"single-path-nas": text}


def _falls(costs: list[float]) -> bool:
    return all(later <= earlier for earlier, later in pairwise(costs))


def _spread(values: list[float], form: str) -> str:
    return f"{statistics.mean(values):{form}} ± {_deviation(values):.2f}" if values else ""


def _gaps(runs: list[Row]) -> str:
    """Return the mean gap of those that found anything, and how many are near."""
    gaps = [row["gap"] for row in runs if row["gap"] is not None]
    if not gaps:
        return "" if not runs else "nothing within it"
    near = sum(gap <= _NEAR for gap in gaps)
    return f"{statistics.mean(gaps):.2f}, {near} of {len(runs)} within {_NEAR}"


def _deviation(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
