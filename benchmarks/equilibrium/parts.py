"""The result file, part by part: a part that is measured anew replaces its old figures and leaves the others alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from results import stamp

PARTS = ("cold", "threads", "curves", "warm", "batch", "scale")


def write_part(path: Path, name: str, figures: dict[str, Any]) -> None:
    """Put the figures of one part into a result file, with the date, machine and versions they were measured with."""
    old = json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else {}
    merged = {**old, name: {**stamp(), **figures}}
    document = {"parts": {part: merged[part] for part in PARTS if part in merged}, "methods": in_words(merged)}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def in_words(parts: dict[str, Any]) -> dict[str, str]:
    """Say in one line what was measured; nothing where nothing was compared."""
    rows = parts.get("cold", {}).get("rows", [])
    differences = [row["largest_relative_difference"] for row in rows if row["largest_relative_difference"] is not None]
    ratios = [row["tap_b_ratio"] for row in rows if row["tap_b_ratio"] is not None]
    said = []
    if differences:
        said.append(f"link flows of {len(differences)} networks within {max(differences):.0e} of the largest published flow")
    if ratios:
        said.append(f"{min(ratios):.1f} to {max(ratios):.1f} times as fast as TAP-B on one thread")
    return {"equilibrium": "; ".join(said)} if said else {}
