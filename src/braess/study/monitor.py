"""What a search watched of itself while it ran, kept with the record: one number a generation, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from braess.errors import StoreError
from braess.problem import Artifact

NAME, MEDIA_TYPE = "monitor.json", "application/vnd.braess.monitor+json"
Watched = dict[str, NDArray[np.float64]]


def write_monitor(watched: Mapping[str, NDArray[np.float64]]) -> Artifact:
    """Write down what was watched."""
    text = json.dumps({name: values.tolist() for name, values in watched.items()}, allow_nan=False)
    return Artifact(NAME, MEDIA_TYPE, (text + "\n").encode())


def read_monitor(artifacts: Mapping[str, Artifact]) -> Watched:
    """Return what was watched, one array for each name; nothing where a search watches nothing.

    Raises
    ------
    StoreError
        The account is damaged.
    """
    if NAME not in artifacts:
        return {}
    try:
        found = json.loads(artifacts[NAME].data)
        watched = {str(name): np.array(values, dtype=np.float64) for name, values in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError(f"the record is damaged: {NAME} is no account of what was watched") from error
    if any(values.ndim != 1 for values in watched.values()):
        raise StoreError(f"the record is damaged: {NAME} is no account of what was watched")
    return watched


def brief(watched: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    """Return median and least of what was watched, by name; names without a number are left out."""
    return {
        name: {"median": float(np.median(values)), "least": float(values.min())}
        for name, values in watched.items()
        if len(values)
    }
