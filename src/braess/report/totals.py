"""Before and after: the quantities of the whole network that an artifact states, whatever its domain.

An artifact whose media type ends in ``json`` may have a member ``braess`` with a list ``totals`` of objects with
``name``, ``unit``, ``before`` and ``after``. Nothing in it is trusted: what does not fit is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from braess.problem import Artifact

_LARGEST = 64 * 2**20  # bytes
_LONGEST = 80  # characters of a name or a unit
_MOST = 12  # more totals are no summary
_HUGE = 1e300  # beyond it sums overflow; NaN is not below it either


@dataclass(frozen=True)
class Total:
    """A quantity of the whole network before and after the best design."""

    name: str
    unit: str
    before: float
    after: float


def read_totals(artifacts: Iterable[Artifact]) -> list[Total]:
    """Return what the first artifact with totals states."""
    for artifact in artifacts:
        if artifact.media_type.endswith("json") and len(artifact.data) <= _LARGEST:
            found = [total for total in map(_total, _entries(artifact.data)) if total is not None]
            if found:
                return found
    return []


def _entries(data: bytes) -> list[Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return []
    braess = document.get("braess") if isinstance(document, dict) else None
    entries = braess.get("totals") if isinstance(braess, dict) else None
    return entries[:_MOST] if isinstance(entries, list) else []


def _total(entry: Any) -> Total | None:
    if not isinstance(entry, dict):
        return None
    name, unit = entry.get("name"), entry.get("unit")
    before, after = _number(entry.get("before")), _number(entry.get("after"))
    if not (isinstance(name, str) and isinstance(unit, str)) or before is None or after is None:
        return None
    return Total(name[:_LONGEST], unit[:_LONGEST], before, after)


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE:
        return float(value)
    return None
