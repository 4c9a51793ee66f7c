"""Tables of what was measured of neural architectures."""

from __future__ import annotations

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
