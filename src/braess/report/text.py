"""Numbers, durations and designs as a reader wants them."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

from braess.problem import Objective
from braess.space import Designs, Leaf

LONGEST = 160  # characters of a design in one cell


def number(value: float) -> str:
    """Write a number with up to six significant digits, thousands separated; "n/a" where there is none."""
    value = float(value)
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e12:
        text = f"{value:.6g}"
    elif size >= 1e5 or value == int(value):
        text = f"{value:,.0f}"
    else:
        text = f"{value:,.{5 - math.floor(math.log10(size))}f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def quantity(value: float, unit: str) -> str:
    """Write a number with its unit."""
    return f"{number(value)} {unit}".rstrip()


def percent(share: float) -> str:
    """Write a share in percent with one decimal; where it is small, with four, and with two digits at least."""
    if math.isnan(share):
        return "n/a"
    digits = 1 if share == 0 or abs(share) >= 1e-3 else max(4, -math.floor(math.log10(abs(share))) - 1)
    return f"{100 * share:.{digits}f} %".replace("-", "−")


def change(before: float, after: float) -> str:
    """Write a change in percent of the value before; nothing where that cannot be said."""
    if before == 0 or not (math.isfinite(before) and math.isfinite(after)):
        return ""
    return f"{100 * (after - before) / abs(before):+.1f} %".replace("-", "−")


def seconds(value: float) -> str:
    """Write a duration."""
    if math.isnan(value):
        return "n/a"
    if value < 60:
        return f"{value:.3g} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(time: datetime) -> str:
    """Write a date and a time to the minute, in UTC where the time has a zone."""
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC" if time.tzinfo else f"{time:%Y-%m-%d %H:%M}"


def readable(name: str) -> str:
    """Write a name from a file or a program as words."""
    return name.replace("_", " ").replace("->", "→")


def heading(objective: Objective) -> str:
    """Name an objective with its unit and sense, as a column is headed."""
    unit = f", {objective.unit}" if objective.unit else ""
    return f"{readable(objective.name)}{unit} ({wish(objective)})"


def wish(objective: Objective) -> str:
    """Say the sense of an objective in a word that is no unit."""
    return "minimise" if objective.sense == "min" else "maximise"


def element_names(leaf: Leaf) -> list[str]:
    """Names of the elements of a vector variable: its labels, or their positions from 1 on."""
    return [readable(label) for label in leaf.variable.labels or map(str, range(1, leaf.variable.width + 1))]


def elements(designs: Designs, row: int) -> list[tuple[Leaf, list[tuple[str, str]], int]]:
    """List what one design decides, leaf by leaf.

    Returns
    -------
    For each leaf that the design decides: the leaf, the elements worth telling (name and value, the name empty for a
    scalar), and how many others stay as they are: not chosen, or at the variable's lowest or default value.
    """
    told = []
    values = designs.take([row]).rows()[0]
    for leaf in designs.space.leaves:
        if leaf.path not in values:
            continue
        value = values[leaf.path]
        if not isinstance(value, list):
            told.append((leaf, [("", plain(value))], 0))
            continue
        if leaf.variable.kind == "permutation":
            told.append((leaf, [("", " → ".join(plain(item) for item in value))], 0))
            continue
        default = leaf.variable.default()
        named = zip(element_names(leaf), value, designs[leaf.path][row], default, strict=True)
        moved = [(name, plain(item)) for name, item, stored, usual in named if stored != usual]
        told.append((leaf, moved, len(value) - len(moved)))
    return told


def brief(designs: Designs, row: int) -> str:
    """Write one design on one line, cut where it is long."""
    parts = []
    for leaf, moved, others in elements(designs, row):
        if leaf.variable.kind == "binary" and leaf.variable.size is not None:
            text = ", ".join(name for name, _ in moved) or "none"
        else:
            shown = ", ".join(f"{name} = {value}" if name else value for name, value in moved)
            text = shown or f"all {others} at their lowest"
        parts.append(f"{readable(leaf.path)}: {text}")
    line = "; ".join(parts)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def plain(value: Any) -> str:
    """Write one value of a design."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else str(value)
