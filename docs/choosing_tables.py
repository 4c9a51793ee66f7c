"""Tables of the guide to searches: ranks of all searches on all problems, by evaluations and by seconds."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from markdown_tables import measured_table
from scipy.stats import rankdata

Row = dict[str, Any]
Ranks = dict[str, dict[str, float]]  # problem to search to mean rank

BY = {"evaluations": "value_after_evaluations", "seconds": "value_after_seconds"}
_SHOWN, _MOST = 3, 5  # searches named for a kind of problem; so many where some are as good as the last


def ranks_by(rows: Iterable[Row], budget: str) -> Ranks:
    """Return the mean rank of each search on each problem over the seeds that all of them have; 1 is best, equals share theirs.

    What found nothing feasible is last.
    """
    values: dict[str, dict[str, dict[int, float]]] = {}
    for row in rows:
        value = row.get(BY[budget])
        found = values.setdefault(row["problem"], {}).setdefault(row["search"], {})
        found[row["seed"]] = float("inf") if value is None else value
    ranks: Ranks = {}
    for problem, searches in values.items():
        seeds = sorted(set.intersection(*(set(found) for found in searches.values())))
        if seeds:
            table = np.array([[found[seed] for seed in seeds] for found in searches.values()])
            ranks[problem] = dict(zip(searches, rankdata(table, axis=0).mean(axis=1).tolist(), strict=True))
    return ranks


def ranks_table(rows: list[Row], budget: str) -> str:
    """Tabulate the mean ranks of searches against problems, best searches first."""
    ranks = ranks_by(rows, budget)
    names = list(ranks)
    searches = {search for name in names for search in ranks[name]}
    order = sorted(searches, key=lambda search: (_relative(ranks, names, search), search))
    table = [
        (f"`{search}`", *(f"{ranks[name][search]:.1f}" if search in ranks[name] else "" for name in names)) for search in order
    ]
    return measured_table(("search", *(f"{name} ({len(ranks[name])})" for name in names)), table)


def guide_table(rows: list[Row]) -> str:
    """Name the best searches for each kind of problem, by evaluations and by seconds."""
    kinds = {row["problem"]: row["kind"] for row in rows}
    ranks = {budget: ranks_by(rows, budget) for budget in BY}
    table = []
    for kind in dict.fromkeys(kinds.values()):
        names = [name for name, one in kinds.items() if one == kind and name in ranks["evaluations"]]
        if names:
            table.append((kind, ", ".join(names), *(_best(ranks[budget], names) for budget in BY)))
    return measured_table(("designs of", "tried on", "evaluations are dear", "seconds are"), table)


def measured_with(rows: list[Row]) -> str:
    """Say how many runs there are, and which searches had not asked for all evaluations in a minute."""
    if not rows:
        return "Not measured yet."
    late = sorted({row["search"] for row in rows if 0 < row["evaluations"] < 200 and row["seconds_for_evaluations"] >= 60.0})
    seeds = Counter((row["problem"], row["search"]) for row in rows)
    fewest, most = min(seeds.values()), max(seeds.values())
    slow = f" Not all evaluations within a minute, somewhere: {', '.join(f'`{name}`' for name in late)}." if late else ""
    return f"{len(rows):,} runs, {most if fewest == most else f'{fewest} to {most}'} seeds for each search and problem.{slow}"


def _best(ranks: Ranks, names: list[str]) -> str:
    """Name the best searches; where more than these are as good as the last of them, say how many."""
    searches = set.intersection(*(set(ranks[name]) for name in names if name in ranks))
    shares = {search: round(_relative(ranks, names, search), 9) for search in searches}
    order = sorted(searches, key=lambda search: (shares[search], search))
    last = shares[order[:_SHOWN][-1]]
    alike = [search for search in order if shares[search] == last]
    better = [f"`{search}`" for search in order if shares[search] < last]
    named = len(better) + len(alike) <= _MOST
    return ", ".join([*better, *(f"`{search}`" for search in alike)] if named else [*better, f"{len(alike)} alike"])


def _relative(ranks: Ranks, names: list[str], search: str) -> float:
    """Return the mean rank of a search as a share of how many there are, over the problems that it can handle."""
    return statistics.mean(ranks[name][search] / len(ranks[name]) for name in names if search in ranks[name])
