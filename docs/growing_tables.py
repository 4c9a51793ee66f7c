"""Tables of what was measured of networks that grow."""

from __future__ import annotations

import statistics
from typing import Any

from markdown_tables import measured_table

_NOTHING = "from nothing"
_ANEW, _LITTLE = "weights anew", "little noise"
_METHODS = (
    "reinforce",
    "evolution",
    f"evolution, {_LITTLE}",
    f"evolution, {_ANEW}",
    "random growth",
    f"random growth, {_LITTLE}",
    f"random growth, {_ANEW}",
    f"{_NOTHING}, 2 epochs",
    f"{_NOTHING}, 8 epochs",
)
_MARKS = (20, 40, 80)  # epochs

Row = dict[str, Any]


def growing_table(rows: list[Row]) -> str:
    """Tabulate medians over seeds of each method of `benchmarks/growing`."""
    seconds = min((row["seconds"] for row in rows), default=0.0)
    table = []
    for method in _METHODS:
        runs = [row for row in rows if row["method"] == method]
        if not runs:
            continue
        marks = [_percent(_after(row, 0, mark) for row in runs) for mark in _MARKS]
        timely = _percent(_after(row, 1, seconds) for row in runs)
        tests = [_percent(row[name] for row in runs) for name in ("test_error", "anew_test_error")]
        size = f"{statistics.median(row['parameters'] for row in runs):,.0f}"
        table.append((method, str(len(runs)), *marks, timely, *tests, size))
    heads = [f"after {mark} epochs" for mark in _MARKS]
    tail = (f"after {seconds:.0f} s", "test error", "trained anew", "parameters")
    return measured_table(("", "seeds", *heads, *tail), table)


def growing_summaries(rows: list[Row]) -> dict[str, str]:
    """Say in a line what was measured, of the seeds for which all methods were run."""
    seeds = [seed for seed in sorted({row["seed"] for row in rows}) if len(_of(rows, seed)) == len(_METHODS)]
    if not seeds:
        return {}
    best = {method: statistics.median(_of(rows, seed)[method]["validation_error"] for seed in seeds) for method in _METHODS}
    nothing = min(best[method] for method in _METHODS if method.startswith(_NOTHING))
    text = (
        f"14 × 14 Fashion-MNIST, 80 epochs in all, {len(seeds)} {'seed' if len(seeds) == 1 else 'seeds'}, "
        "median of the best validation error: "
        f"agent {best['reinforce']:.1%}, hill climbing {best['evolution']:.1%}, random growth {best['random growth']:.1%}, "
        f"random networks from nothing {nothing:.1%}"
    )
    return {"eas": text}


def _of(rows: list[Row], seed: int) -> dict[str, Row]:
    return {row["method"]: row for row in rows if row["seed"] == seed}


def _after(row: Row, column: int, mark: float) -> float:
    """Return the best validation error after so many epochs (column 0) or seconds (1)."""
    return min((point[2] for point in row["curve"] if point[column] <= mark), default=1.0)


def _percent(values: Any) -> str:
    return f"{statistics.median(values):.1%}"
