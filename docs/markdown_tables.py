"""Cells and tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

EMPTY = "Not measured yet."


def markdown_table(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a Markdown table; bars in cells are escaped."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def measured_table(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table, or that there is nothing to write."""
    return markdown_table(columns, rows) if rows else EMPTY


def cell(value: float | None, form: str) -> str:
    """Write a number by a format; what was not measured stays empty."""
    return "" if value is None else format(value, form)


def duration(seconds: float | None) -> str:
    """Write seconds with three digits and a unit that suits them."""
    return _scaled(seconds, (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)))


def memory(count: float | None) -> str:
    """Write bytes with three digits and a unit that suits them."""
    return _scaled(count, (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1.0)))


def _scaled(value: float | None, units: Sequence[tuple[str, float]]) -> str:
    if value is None:
        return ""
    for name, size in units:
        if value >= 0.9995 * size:
            return f"{significant(value / size)} {name}"
    name, size = units[-1]
    return f"{significant(value / size)} {name}"


def significant(value: float) -> str:
    """Write a number with three digits, thousands apart, without exponent."""
    rounded = float(f"{value:.3g}")
    whole = len(f"{abs(rounded):.0f}") if abs(rounded) >= 1 else 1
    return f"{rounded:,.{max(0, 3 - whole)}f}"


def gap(value: float | None) -> str:
    """Write a relative gap; one that cannot be told from nothing is 0."""
    return "" if value is None else "0" if value == 0 else f"{value:.0e}"


def ratio(of: float | None, to: float | None) -> float | None:
    """Divide what was measured by what was measured."""
    return None if of is None or to is None or to == 0 else of / to


def rows_of(part: dict[str, Any], key: str = "rows") -> list[dict[str, Any]]:
    """Return the rows of a part of a result file; none where it was not measured."""
    found: list[dict[str, Any]] = part.get(key) or []
    return found
