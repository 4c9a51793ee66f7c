"""Finds the record that a RUN argument means, and the study in it."""

from __future__ import annotations

from pathlib import Path

from braess.errors import InputError

RECORD = "record.sqlite"
REPORT = "report.html"


def store_of(run: str) -> Path | str:
    """Return the store of a run: a URL as it is, the record in a folder, or a file.

    Raises
    ------
    InputError
        There is no record at that place.
    """
    if "://" in run:
        return run
    path = Path(run)
    record = path / RECORD if path.is_dir() else path
    if not record.is_file():
        raise InputError(
            "there is no record of a run", file=record, field="RUN", expected=f"a folder with {RECORD}, its path, or a URL"
        )
    return record


def folder_of(run: str) -> Path:
    """Return the folder where files about a run go: its own, that of its file, or the current one for a URL."""
    if "://" in run:
        return Path()
    path = Path(run)
    return path if path.is_dir() else path.parent
