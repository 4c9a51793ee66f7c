"""Tables with a header in comma-separated (or semicolon-separated) text, with the line of each row."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._text import read_text, to_number
from braess.domains.road.network import Bools, Floats, Ints
from braess.errors import nearest

_EXACT = 2.0**53  # whole numbers beyond are not exact as floats


@dataclass(frozen=True)
class Table:
    """The cells of a table by lower-case column name, and the line on which each row ends."""

    columns: dict[str, list[str]]
    lines: list[int]
    findings: Findings

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.lines)

    def has(self, column: str) -> bool:
        """Tell whether a column is there and not empty throughout."""
        return any(cell.strip() for cell in self.columns.get(column, ()))

    def numbers(self, column: str, default: float | None = None) -> Floats:
        """Return a column as ``[rows]``; where there is no value the default, or a problem where there is none."""
        cells = self.columns.get(column)
        if cells is None:
            if default is None:
                self.refuse_missing([column])
            return np.full(self.rows, math.nan if default is None else default)
        values = np.empty(self.rows)
        for row, cell in enumerate(cells):
            value = default if not cell.strip() else to_number(cell)
            if value is None or not math.isfinite(value):
                message = "not a number" if cell.strip() else "the value is missing"
                self.refuse(row, column, message, "a finite number")
                value = math.nan
            values[row] = value
        return values

    def whole(self, column: str, default: float | None = None) -> Ints:
        """Return a column of whole numbers as ``[rows]``, with -1 where the cell is a problem."""
        values = self.numbers(column, default)
        wrong = np.isfinite(values) & ((values != np.round(values)) | (np.abs(values) >= _EXACT))
        self.refuse_where(column, wrong, "not a whole number", "a whole number")
        return np.where(wrong | ~np.isfinite(values), -1, values).astype(np.int64)

    def refuse(self, row: int, column: str, message: str, expected: str) -> None:
        """Record a problem with a cell."""
        found = self.columns[column][row].strip() if column in self.columns else None
        self.findings.add(message, line=self.lines[row], field=column, found=found or None, expected=expected)

    def refuse_where(self, column: str, wrong: Bools, message: str, expected: str) -> None:
        """Record a problem for each row ``[rows]`` marked as wrong."""
        for row in np.flatnonzero(wrong):
            self.refuse(int(row), column, message, expected)

    def refuse_missing(self, columns: Iterable[str]) -> None:
        """Record a problem for each column that is not there."""
        for column in columns:
            if column not in self.columns:
                hint = nearest(column, self.columns)
                found = ", ".join(self.columns)
                self.findings.add("the column is missing" + hint, line=1, field=column, found=found)

    def refuse_repeated(self, column: str, values: Sequence[Any]) -> None:
        """Record a problem for each row whose value was there before."""
        seen: set[Any] = set()
        for row, value in enumerate(values):
            if value in seen:
                self.refuse(row, column, "is given twice", "each once")
            seen.add(value)


def read_table(path: str | Path, findings: Findings) -> Table:
    """Read a table; the separator is a semicolon where the header has no comma but a semicolon.

    Raises
    ------
    InputError
        The file cannot be read, a column is named twice, or a quotation does not end.
    """
    text = read_text(path, findings)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip().lower() for cell in cells]
            elif len(cells) != len(header):
                expected = f"{len(header)} as in the header"
                findings.add("wrong number of values", line=reader.line_num, found=len(cells), expected=expected)
            else:
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        findings.fail(f"not comma-separated text: {error}", line=reader.line_num)
    for name in header:
        if name and header.count(name) > 1:
            findings.fail("the header names a column twice", line=1, field=name, expected="each column once")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(header) if name}
    return Table(columns, lines, findings)


def write_table(path: str | Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write columns of equal length as comma-separated text; floats so that they read back exactly."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
