"""Values of a trace as plain data that JSON holds and a reader can read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_LISTED = 16  # elements of an array that a report lists


def plain(value: Any) -> Any:
    """Return numbers, text, lists and dictionaries as they are, large arrays in a few figures, the rest by type."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist()) if value.size <= _LISTED else _figures(value)
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, Exception):
        return {"error": f"{type(value).__name__}: {value}"}
    return {"object": type(value).__name__}  # what it writes of itself may differ from run to run


def _figures(array: Any) -> dict[str, Any]:
    figures: dict[str, Any] = {"shape": list(array.shape), "first": [plain(part) for part in array.ravel()[:4]]}
    if array.dtype.kind in "iufb":
        figures |= {"least": plain(array.min()), "mean": plain(array.mean()), "most": plain(array.max())}
    return figures
