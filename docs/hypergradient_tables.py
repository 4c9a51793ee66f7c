"""Tables of what was measured of gradient methods for leader and follower."""

from __future__ import annotations

import statistics
from typing import Any

from markdown_tables import cell, duration, measured_table

Row = dict[str, Any]

_METHODS = {
    "darts-1": "`darts`, first order",
    "darts-2": "`darts`, second order, exact",
    "darts-2, differences": "`darts`, second order, differences",
    "rarts, 1": "`rarts`, penalty and coupling 1",
    "rarts, 10": "`rarts`, 10",
    "rarts, 100": "`rarts`, 100",
    "rarts": "`rarts`",
    "rarts, jacobi": "`rarts`, `jacobi`",
    "f2sa": "F2SA",
    "f2sa, 10": "F2SA, penalty 10",
    "f2sa, 100": "F2SA, penalty 100",
    "implicit": "implicit, 5 steps, conjugate gradients",
    "truncated": "truncated, 10 steps",
    "gradient": "`gradient`, closed form",
    "cma-es": "`cma-es`, closed form",
}


def excess_table(rows: list[Row]) -> str:
    """Tabulate excess and costs on each problem, at the learning rate with the least mean excess."""
    table = []
    for problem in ("ridge-penalties", "data-cleaning"):
        for method in _METHODS:
            best = best_rate(rows, problem, method)
            if best:
                reached = [_reached([row["reached"][i] for row in best]) for i in range(3)]
                excess, seconds = (statistics.median(row[name] for row in best) for name in ("excess", "seconds"))
                rate = f"{best[0]['rate']:g}" if best[0]["rate"] else ""
                found = (f"{max(excess, 0.0):.2%}", *reached, duration(seconds))
                table.append((problem, _METHODS[method], rate, str(len(best)), *found))
    columns = ("problem", "method", "leader's rate", "seeds", "excess at the end", "to 50%", "to 10%", "to 1%", "time")
    return measured_table(columns, table)


def best_rate(rows: list[Row], problem: str, method: str) -> list[Row]:
    """Return the runs of a method at the learning rate that is best on average; one that diverged counts as infinite."""
    groups: dict[float, list[Row]] = {}
    for row in rows:
        if (row["problem"], row["method"]) == (problem, method):
            groups.setdefault(row["rate"], []).append(row)

    def mean(group: list[Row]) -> tuple[int, float]:
        """Return how many runs are missing or diverged, and the mean of the others."""
        kept = [row["excess"] for row in group if row["excess"] is not None]
        return len(kept) - max(map(len, groups.values())), -statistics.fmean(kept) if kept else 0.0

    best = max(groups.values(), key=mean, default=[])
    return [row for row in best if row["excess"] is not None]


def _reached(costs: list[int | None]) -> str:
    """Write the median cost; that of a run that did not get there is infinite."""
    middle = statistics.median(float("inf") if cost is None else cost for cost in costs)
    return "" if middle == float("inf") else f"{middle:,.0f}"


def timing_table(rows: list[Row]) -> str:
    """Tabulate seconds of an epoch, and their share of second-order DARTS as published."""
    seconds = {
        method: statistics.median(row["seconds"] for row in rows if row["method"] == method)
        for method in _METHODS
        if any(row["method"] == method for row in rows)
    }
    exact, published = seconds.get("darts-2"), seconds.get("darts-2, differences")
    costs = {row["method"]: (row["gradients"] // row["steps"], row["products"] // row["steps"]) for row in rows}
    table = [
        (
            _METHODS[method],
            *map(str, costs[method]),
            duration(found),
            cell(found / published if published else None, ".2f"),
            cell(found / exact if exact else None, ".2f"),
        )
        for method, found in seconds.items()
    ]
    columns = ("method", "gradients a step", "products", "an epoch", "share of second order, differences", "share of exact")
    return measured_table(columns, table)


def hypergradient_summaries(rows: list[Row], timing: list[Row]) -> dict[str, str]:
    """Say in a line what was measured of each search."""
    texts = {}
    for search, method in (("darts", "darts-2"), ("rarts", "rarts, 1")):
        found = [best_rate(rows, problem, method) for problem in ("ridge-penalties", "data-cleaning")]
        if all(found):
            penalties, weights = (statistics.median(max(row["excess"], 0.0) for row in one) for one in found)
            order = "second order" if search == "darts" else "penalty and coupling 1"
            texts[search] = (
                f"3,000 gradients on problems in closed form, {order}: {penalties:.1%} of the excess error left with "
                f"penalties, {weights:.1%} with weights of rows"
            )
    seconds = {row["method"]: [one["seconds"] for one in timing if one["method"] == row["method"]] for row in timing}
    if "rarts" in texts and {"rarts", "darts-2, differences"} <= set(seconds):
        share = statistics.median(seconds["rarts"]) / statistics.median(seconds["darts-2, differences"])
        texts["rarts"] += f"; an epoch takes {share:.2f} times that of `darts` of second order"
    return texts
