"""What a search predicted beside what it solved, kept with the record: how much, with which model, how far off."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from braess.errors import StoreError
from braess.problem import Artifact
from braess.search.capabilities import Predictions

NAME, MEDIA_TYPE = "predictions.json", "application/vnd.braess.predictions+json"
_NUMBERS = ("predicted", "solved", "error", "corrected_error", "covered")


def write_predictions(predictions: Predictions) -> Artifact:
    """Write down what was predicted."""
    return Artifact(NAME, MEDIA_TYPE, (json.dumps(_finite(asdict(predictions)), indent=2) + "\n").encode())


def read_predictions(artifacts: Mapping[str, Artifact]) -> dict[str, Any] | None:
    """Return what was predicted, by the names of `Predictions`, ``None`` where nothing was.

    Raises
    ------
    StoreError
        The account is damaged.
    """
    if NAME not in artifacts:
        return None
    try:
        facts: dict[str, Any] = json.loads(artifacts[NAME].data)
        numbers = [facts[name] for name in _NUMBERS]
        right = all(number is None or isinstance(number, int | float) for number in numbers)
        right = right and isinstance(facts["model"]["model"], str) and isinstance(facts["model"]["seconds"], int | float)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record is damaged: {NAME} says nothing of predictions") from error
    if not right:
        raise StoreError(f"the record is damaged: {NAME} says nothing of predictions")
    return facts


def _finite(data: Any) -> Any:
    """Replace what JSON cannot hold by null."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    return None if isinstance(data, float) and not math.isfinite(data) else data
