"""The tables of the page: the chosen design, its constraints, the front, the best evaluations, the failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from braess.report.html import Content, Markup, element, facts, join, table
from braess.report.text import brief, elements, heading, number, quantity, readable
from braess.space import Leaf

if TYPE_CHECKING:
    from braess.study.result import Result

BEST = 20  # evaluations in the table of the best
_FRONT = 60  # rows of the front's table
_LISTED = 200  # elements of one variable that are listed
_KINDS = 25  # different errors that are listed


def design_table(result: Result, row: int) -> Markup:
    """Show what one design decides, variable by variable."""
    return facts((readable(leaf.path), _decision(leaf, moved, others)) for leaf, moved, others in elements(result.designs, row))


def _decision(leaf: Leaf, moved: list[tuple[str, str]], others: int) -> Content:
    if len(moved) == 1 and not moved[0][0]:
        return moved[0][1]
    binary = leaf.variable.kind == "binary"
    width = len(moved) + others
    count = f"{len(moved)} of {width} chosen" if binary else f"{len(moved)} of {width} above their lowest value"
    shown = [element("li", name if binary else f"{name}: {value}") for name, value in moved[:_LISTED]]
    more = f" (the first {_LISTED} are listed)" if len(moved) > _LISTED else ""
    return join([element("span", count + more, class_="muted"), element("ul", *shown, class_="chosen") if shown else None])


def constraint_table(result: Result, row: int) -> Markup | None:
    """Show the constraints of one design and whether each is kept; nothing where the problem has none."""
    if not result.constraints:
        return None
    values = result.evaluations.constraints[row]
    rows: list[Sequence[Content]] = [
        (
            readable(constraint.name),
            quantity(value, constraint.unit),
            "kept" if value <= 0 else element("span", "broken", class_="bad"),
        )
        for constraint, value in zip(result.constraints, values, strict=True)
    ]
    heads = ("Constraint", "Value", "")
    return table(heads, rows, caption="Constraints at the design shown; at most 0 is feasible", numeric=(1,), row_heads=True)


def front_table(result: Result) -> Markup | None:
    """Show the Pareto front, sorted by the first objective; nothing where there is one objective."""
    if len(result.objectives) < 2 or not len(result.front):
        return None
    front = np.asarray(result.front, dtype=np.int64)
    front = front[np.argsort(result.evaluations.objectives[front, 0], kind="stable")]
    shown = front if len(front) <= _FRONT else front[np.linspace(0, len(front) - 1, _FRONT).round().astype(np.int64)]
    spread = "" if len(front) <= _FRONT else f", {_FRONT} spread evenly"
    return _evaluations(result, shown, f"Pareto front, {len(front)} designs{spread}")


def best_table(result: Result) -> Markup:
    """Show the best evaluations: feasible ones by objective, then the others by how far they are from feasible."""
    order = ranking(result)[:BEST]
    return _evaluations(result, order, f"The best {len(order)} of {len(result.evaluations):,} evaluations")


def ranking(result: Result) -> NDArray[np.int64]:
    """Rows ``[n]`` from best to worst, equal designs once; with several objectives the front comes first."""
    evaluations = result.evaluations
    sign = 1.0 if result.objectives[0].sense == "min" else -1.0
    value = np.where(np.isnan(evaluations.objectives[:, 0]), np.inf, sign * evaluations.objectives[:, 0])
    behind = np.ones(len(evaluations))
    if len(result.objectives) > 1:
        behind[np.asarray(result.front, dtype=np.int64)] = 0.0
    order = np.lexsort((value, behind, evaluations.violation, evaluations.failed))
    hashes = result.designs.hashes()
    first: dict[bytes, int] = {}
    for row in order.tolist():
        first.setdefault(hashes[row], row)
    return np.array(list(first.values()), dtype=np.int64)


def _evaluations(result: Result, rows: NDArray[np.int64], caption: str) -> Markup:
    evaluations = result.evaluations
    m = len(result.objectives)
    feasible, violation = evaluations.feasible, evaluations.violation
    cells: list[Sequence[Content]] = []
    for row in rows.tolist():
        kept = "yes" if feasible[row] else element("span", f"no, by {number(violation[row])}", class_="bad")
        values = [number(value) for value in evaluations.objectives[row]]
        cells.append((str(row), *values, kept, "solved" if evaluations.exact[row] else "predicted", brief(result.designs, row)))
    heads = ("Position", *(heading(objective) for objective in result.objectives), "Feasible", "Follower", "Design")
    return table(heads, cells, caption=caption, numeric=range(m + 1))


def failure_table(result: Result) -> Markup | None:
    """Group the failed evaluations by their error; nothing where none failed."""
    failed = result.evaluations.failed
    if not failed.any():
        return None
    errors = [
        error or "a value that is not finite" for error, bad in zip(result.evaluations.errors, failed, strict=True) if bad
    ]
    counts = Counter(errors)
    rows: list[Sequence[Content]] = [(f"{count:,}", error) for error, count in counts.most_common(_KINDS)]
    more = f", the {_KINDS} most frequent of {len(counts)} errors" if len(counts) > _KINDS else ""
    return table(("Times", "Error"), rows, caption=f"{len(errors):,} failed evaluations{more}", numeric=(0,))
