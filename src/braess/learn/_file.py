"""The file of a fitted model: plain facts and the bytes of what was learned; reading one executes nothing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from braess.errors import InputError

_FORMAT = 1
_FACTS, _STATE = "model.json", "state"


def write_model(path: str | Path, facts: dict[str, Any], state: bytes) -> None:
    """Write a file; equal models are equal files."""
    with zipfile.ZipFile(path, "w") as file:
        for name, data in ((_FACTS, json.dumps({"format": _FORMAT} | facts).encode()), (_STATE, state)):
            file.writestr(zipfile.ZipInfo(name), data)  # without the time of day


def read_model(path: str | Path) -> tuple[dict[str, Any], bytes]:
    """Return what `write_model` was given.

    Raises
    ------
    InputError
        There is no such file, or it is no model.
    """
    try:
        with zipfile.ZipFile(path) as file:
            facts, state = json.loads(file.read(_FACTS)), file.read(_STATE)
    except FileNotFoundError:
        raise InputError("there is no such file", file=path) from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(f"this is no model: {error}", file=path, expected="what a model saved") from None
    if facts.get("format") != _FORMAT:
        raise InputError("this model is of another version of braess", file=path, field="format", found=facts.get("format"))
    return facts, state
