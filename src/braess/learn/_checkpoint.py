"""Files from which an interrupted fit goes on: whole or not there, and refused where they are of another fit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from braess.errors import InputError


def write_checkpoint(path: Path, facts: dict[str, Any], state: dict[str, Any]) -> None:
    """Keep a state of tensors and numbers, with facts that tell the fit from others; the file before is replaced at once."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    torch.save({"facts": facts, "state": state}, unfinished)
    os.replace(unfinished, path)


def read_checkpoint(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the state that was kept; reading executes nothing.

    Raises
    ------
    InputError
        The file is no checkpoint, or one of another fit.
    """
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        same, state = kept["facts"] == facts, kept["state"]
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a file of torch
        raise InputError(f"this is no checkpoint: {error}", file=path) from None
    if not same:
        raise InputError(
            "the checkpoint is of another fit", file=path, expected="the same model, examples, recipe and seed, or no file"
        )
    found: dict[str, Any] = state
    return found
