"""Results as plain tables and plain data for other programs."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from braess.study.result import Result

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet calculate the content of a cell
VERSION = 1


def export_csv(result: Result, path: str | Path) -> Path:
    """Write one row for each evaluation, in the order in which they were made.

    Columns: ``position``, ``elapsed`` (seconds), ``seconds``, ``exact``, ``feasible``, ``error``, one for each objective and
    constraint by name, and one for each decision as `Space.column_labels` names it (empty where the design does not
    decide it). Texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    target = Path(path)
    evaluations = result.evaluations
    feasible, decisions = evaluations.feasible, _decisions(result)
    names = [*(o.name for o in result.objectives), *(c.name for c in result.constraints), *result.space.column_labels()]
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["position", "elapsed", "seconds", "exact", "feasible", "error", *map(_inert, names)])
        for i in range(len(evaluations)):
            facts = [i, float(result.elapsed[i]), float(evaluations.seconds[i]), bool(evaluations.exact[i])]
            outcome = [bool(feasible[i]), evaluations.errors[i] or ""]
            measured = [*evaluations.objectives[i].tolist(), *evaluations.constraints[i].tolist()]
            writer.writerow([_inert(cell) for cell in (*facts, *outcome, *measured, *decisions[i])])
    return target


def export_json(result: Result, path: str | Path) -> Path:
    """Write the result as JSON.

    Members: ``version`` of this layout; ``study`` (name, created, version, seed, batch, problem, search, budget, study_file);
    ``status`` (name, message); ``objectives`` and ``constraints`` (name, unit, and sense of objectives); ``best`` (index
    of an evaluation or null); ``front`` (indices); ``gap`` (or null); ``exact_share``; ``seconds`` spent;
    ``evaluations``, a list with
    ``elapsed``, ``seconds``, ``exact``, ``feasible``, ``error``, ``objectives``, ``constraints`` and ``design`` (path to
    value). NaN and infinities are null.
    """
    target = Path(path)
    record, evaluations = result.record, result.evaluations
    feasible, rows = evaluations.feasible, result.designs.rows()
    study = {
        name: getattr(record, name)
        for name in ("name", "version", "seed", "batch", "problem", "search", "budget", "study_file")
    }
    document = {
        "version": VERSION,
        "study": {**study, "created": record.created.isoformat()},
        "status": {"name": result.status.name.lower(), "message": result.message},
        "objectives": [{"name": o.name, "sense": o.sense, "unit": o.unit} for o in result.objectives],
        "constraints": [{"name": c.name, "unit": c.unit} for c in result.constraints],
        "best": None if result.best is None else int(result.best),
        "front": [int(row) for row in result.front],
        "gap": result.gap,
        "exact_share": float(result.exact_share),
        "seconds": float(result.spent),
        "evaluations": [
            {
                "elapsed": float(result.elapsed[i]),
                "seconds": float(evaluations.seconds[i]),
                "exact": bool(evaluations.exact[i]),
                "feasible": bool(feasible[i]),
                "error": evaluations.errors[i],
                "objectives": evaluations.objectives[i].tolist(),
                "constraints": evaluations.constraints[i].tolist(),
                "design": rows[i],
            }
            for i in range(len(evaluations))
        ],
    }
    text = json.dumps(_finite(document), indent=1, ensure_ascii=False, allow_nan=False, default=str)
    target.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return target


def _decisions(result: Result) -> list[list[Any]]:
    """Values ``[n][width]`` that people read, in the order of the column labels."""
    table = []
    for row in result.designs.rows():
        cells: list[Any] = []
        for leaf in result.space.leaves:
            value = row.get(leaf.path)
            if value is None:
                cells += [""] * leaf.variable.width
            elif leaf.variable.size is None:
                cells.append(value)
            else:
                cells += value
        table.append(cells)
    return table


def _inert(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    if isinstance(cell, float) and math.isnan(cell):
        return ""
    return cell


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
