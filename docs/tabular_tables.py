"""Tables of what was measured of private synthetic tables on Adult."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from markdown_tables import cell, duration, measured_table

Row = dict[str, Any]

_NAMES = {
    "secret": "the secret table itself",
    "noisy answers": "the noisy answers",
    "independent": "independent columns",
    "private-gsd": "`private-gsd`",
    "stopped at noise": "`private-gsd`, `noise = 1`",
    "adaptive": "`private-gsd`, 14 rounds",
    "blind": "`genetic`, 10 s",
    "relaxed": "relaxed gradient",
    "mbi": "graphical model (mbi), 1,000 steps",
    "mbi, 300 steps": "graphical model (mbi), 300 steps",
}  # in this order


def errors_table(rows: list[Row], task: str) -> str:
    """Tabulate medians over seeds of one task of `benchmarks/private_gsd`."""
    table = []
    triples = any("three_way" in row for row in rows if row["task"] == task) and task != "three-way"
    for epsilon, method, found in _groups(rows, task):
        cells = [cell(_median(found, name), ".5f") for name in ("mean_error", "largest_error")]
        if triples:
            cells.append(cell(_median(found, "three_way"), ".3f"))
        table.append((epsilon, _NAMES[method], str(len(found)), *cells, duration(_median(found, "seconds"))))
    columns = ["epsilon", "", "seeds", "mean error", "largest error"]
    return measured_table([*columns, *(["three columns"] if triples else []), "time"], table)


def held_out_table(rows: list[Row]) -> str:
    """Tabulate how well a classifier does on rows that were held out, by what it learned from."""
    table = [
        (epsilon, _NAMES[method], str(len(found)), cell(_median(found, "auc"), ".3f"))
        for epsilon, method, found in _groups(rows, "held out")
    ]
    return measured_table(("epsilon", "learned from", "seeds", "area under the curve"), table)


def summary(rows: list[Row]) -> str:
    """Say in a line what was measured of the search."""
    texts = []
    for task in ("marginals", "half-spaces"):
        groups = {(epsilon, method): found for epsilon, method, found in _groups(rows, task)}
        ours, noisy = (groups.get(("0.23", method)) for method in ("private-gsd", "noisy answers"))
        if ours and noisy:
            share = _required(ours, "mean_error") / _required(noisy, "mean_error")
            texts.append(f"{task} {share:.2f} times the error of the noisy answers in {duration(_median(ours, 'seconds'))}")
    return f"Adult at epsilon 0.23: {'; '.join(texts)}" if texts else ""


def _groups(rows: list[Row], task: str) -> list[tuple[str, str, list[Row]]]:
    """Return the runs of a task by epsilon and method, in order."""
    epsilons = sorted({row["epsilon"] for row in rows if row["task"] == task}, key=float)
    groups = []
    for epsilon in epsilons:
        for method in _NAMES:
            found = [row for row in rows if (row["task"], row["epsilon"], row["method"]) == (task, epsilon, method)]
            if found:
                groups.append((epsilon, method, found))
    return groups


def _median(rows: Sequence[Row], name: str) -> float | None:
    values = [row[name] for row in rows if name in row]
    return statistics.median(values) if values else None


def _required(rows: Sequence[Row], name: str) -> float:
    return statistics.median(row[name] for row in rows)
