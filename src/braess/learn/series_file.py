"""Series of sensors in text files, as traffic benchmarks have them: one file of readings, one of weights between sensors."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from braess.errors import InputError
from braess.learn.series import Floats, Series


def read_series(readings: str | Path, weights: str | Path, *, day: int, first: int = 0) -> Series:
    """Read a series; files whose names end with ``.gz`` are unpacked.

    Parameters
    ----------
    readings
        Comma-separated: a line of names of sensors, then a line of readings for each step of time. Missing ones are empty, 0
        or ``nan``.
    weights
        Comma-separated, no line of names: ``[v, v]`` weights between the sensors, as `Series.adjacency`.
    day, first
        As in `Series`.

    Raises
    ------
    InputError
        There is no such file, a line has more or fewer numbers than there are sensors, something is no number, or as `Series`
        says.
    """
    lines = _lines(Path(readings))
    sensors = len(lines[0][1])
    values = _matrix(Path(readings), lines[1:], sensors)
    adjacency = _matrix(Path(weights), _lines(Path(weights)), sensors)
    if len(adjacency) != sensors:
        raise InputError("not one line for each sensor", file=weights, found=len(adjacency), expected=str(sensors))
    return Series.of(values, adjacency, day=day, first=first)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return the numbers of the lines that are not empty, and their fields."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            lines = [(number, fields) for number, fields in enumerate(csv.reader(file), start=1) if fields]
    except FileNotFoundError:
        raise InputError("there is no such file", file=path) from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"this is no text: {error}", file=path, expected="comma-separated numbers") from None
    if not lines:
        raise InputError("the file is empty", file=path, expected="comma-separated numbers")
    return lines


def _matrix(path: Path, lines: list[tuple[int, list[str]]], columns: int) -> Floats:
    """Return lines as numbers ``[lines, columns]``."""
    found = np.empty((len(lines), columns))
    for row, (number, fields) in enumerate(lines):
        if len(fields) != columns:
            message = "not one number for each sensor"
            raise InputError(message, file=path, line=number, found=len(fields), expected=str(columns))
        try:
            found[row] = [field or "nan" for field in fields]
        except ValueError:
            column = next(at for at, field in enumerate(fields) if not _is_number(field))
            message, where = "this is no number", f"column {column + 1}"
            raise InputError(message, file=path, line=number, field=where, found=fields[column]) from None
    return found


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True
