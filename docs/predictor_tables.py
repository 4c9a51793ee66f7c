"""Tables of what was measured of searches with a predictor in the loop, and of random search for sparse networks."""

from __future__ import annotations

import math
import statistics
from typing import Any

from markdown_tables import cell, measured_table
from scipy.stats import t

Row = dict[str, Any]

_MARGIN = 0.5  # points of accuracy within which two ways are equivalent
_SHOWN = ("100", "150", "200", "300", "400", "500")  # measurements


def logs_table(rows: list[Row]) -> str:
    """Tabulate the hypervolume of published search logs along their measurements."""
    found = [row for row in rows if row["part"] == "log"]
    marks = list(found[0]["volumes"]) if found else []
    return measured_table(
        ("log", *marks), [(f"`{row['what']}`", *(f"{row['volumes'][mark]:,.0f}" for mark in marks)) for row in found]
    )


def predictors_table(rows: list[Row]) -> str:
    """Tabulate how well each predictor ranks networks of the logs that it has not seen."""
    found = [row for row in rows if row["part"] == "predictor"]
    table = []
    for what in dict.fromkeys(row["what"] for row in found):
        for size in sorted({row["size"] for row in found if row["what"] == what}):
            some = [row for row in found if (row["what"], row["size"]) == (what, size)]
            mean = {name: statistics.fmean(row[name] for row in some) for name in some[0] if name.startswith(("tau", "mape"))}
            forms = (("tau_accuracy", ".3f"), ("tau_macs", ".3f"), ("mape_accuracy", ".2f"), ("mape_macs", ".1f"))
            table.append((what, str(size), str(len(some)), *(f"{mean[name]:{form}}" for name, form in forms)))
    columns = (
        "predictor",
        "learned from",
        "splits",
        "tau of accuracy",
        "of multiply-adds",
        "accuracy wrong, %",
        "multiply-adds, %",
    )
    return measured_table(columns, table)


def searches_table(rows: list[Row]) -> str:
    """Tabulate the share of the exact hypervolume that searches of the table of cells miss."""
    found = _runs(rows)
    table = [
        (f"`{what}`", str(len(runs)), *(f"{100.0 * _mean(runs, mark):.2f}" for mark in _SHOWN)) for what, runs in found.items()
    ]
    return measured_table(("search", "seeds", *_SHOWN), table)


def claim(rows: list[Row]) -> str:
    """Say when the loop is where NSGA-II is after 400 measurements."""
    found = _runs(rows)
    loops, plain = ([what for what in found if what.startswith(kind)] for kind in ("linas", "nsga2"))
    if not loops or not plain:
        return "Not measured yet."
    parts = []
    for what in plain:
        goal = _mean(found[what], "400")
        marks = {loop: [int(mark) for mark in found[loop][0] if _mean(found[loop], mark) <= goal] for loop in loops}
        said = ", ".join(f"`{loop}` after {min(some) if some else 'more than 500'}" for loop, some in marks.items())
        parts.append(f"`{what}` misses {100.0 * goal:.2f} % after 400 measurements; as little: {said}.")
    return " ".join(parts)


def linas_summary(rows: list[Row]) -> str:
    """Say in a line what was measured of the loop."""
    seeds = min((len(runs) for runs in _runs(rows).values()), default=0)
    missed = ", ".join(f"`{what}` {100.0 * _mean(runs, '200'):.2f} %" for what, runs in _runs(rows).items())
    return f"NAS-Bench-201, accuracy and latency, {seeds} seeds at least: missing hypervolume after 200 measurements {missed}"


def sparse_table(rows: list[Row]) -> str:
    """Tabulate paired differences of chosen and random sub-networks with 95 % intervals, and the test of equivalence."""
    table = []
    groups = dict.fromkeys((row["part"], row["rescaled"], row["sparsity"]) for row in rows if row["part"] != "dense")
    for part, rescaled, sparsity in sorted(groups, key=lambda group: (group[0] == "oracle", group[1], group[2])):
        some = [row for row in rows if (row["part"], row["rescaled"], row["sparsity"]) == (part, rescaled, sparsity)]
        differences = [row["chosen"] - row["random"] for row in some]
        losses = [
            cell(statistics.fmean(row[name] for row in some) if name in some[0] else None, ".3f")
            for name in ("loss_chosen", "loss_random")
        ]
        name = {"selection": "initial loss", "oracle": "trained accuracy"}[part] + (", rescaled" if rescaled else "")
        figures = (f"{statistics.fmean(row['random'] for row in some):.2f}", *_interval(differences), _epochs(some))
        table.append((name, f"{100 * sparsity:g} %", str(len(some)), *losses, *figures))
    columns = (
        "chosen by",
        "sparsity",
        "seeds",
        "loss, chosen",
        "random",
        "accuracy of random, %",
        "chosen − random, points",
        "p",
        "epochs",
    )
    return measured_table(columns, table)


def _epochs(rows: list[Row]) -> str:
    """Return the mean epochs to the target of chosen and random networks, where both reached it."""
    found = [(row["epochs_chosen"], row["epochs_random"]) for row in rows if row.get("epochs_chosen") and row["epochs_random"]]
    return " / ".join(f"{statistics.fmean(ones):.1f}" for ones in zip(*found, strict=True)) if found else ""


def dense_line(rows: list[Row]) -> str:
    """Say what the whole network comes to."""
    dense = [row["dense"] for row in rows if row["part"] == "dense"]
    return f"The whole network comes to {statistics.fmean(dense):.2f} % ({len(dense)} seeds)." if dense else "Not measured yet."


def _runs(rows: list[Row]) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {}
    for row in rows:
        if row["part"] == "nas-bench-201":
            found.setdefault(row["what"], []).append(row["regrets"])
    return found


def _mean(runs: list[dict[str, float]], mark: str) -> float:
    return statistics.fmean(run[mark] for run in runs)


def _interval(differences: list[float]) -> tuple[str, str]:
    """Return the mean with its 95 % interval, and the larger p of the two one-sided t tests of being within the margin."""
    n, mean = len(differences), statistics.fmean(differences)
    if n < 2:
        return f"{mean:+.2f}", ""
    error = statistics.stdev(differences) / math.sqrt(n)
    p = max(t.sf((mean + _MARGIN) / error, n - 1), t.sf((_MARGIN - mean) / error, n - 1))
    return f"{mean:+.2f} ± {t.ppf(0.975, n - 1) * error:.2f}", f"{p:.4f}"
