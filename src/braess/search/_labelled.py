"""Designs that are known before a study begins, read from a table of comma-separated text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from braess.errors import InputError, nearest
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Bools, Floats
from braess.space import Binary, Categorical, Designs, Leaf

_WORDS = {"true": 1.0, "false": 0.0}


def read_labelled(path: Path, problem: Problem) -> tuple[Designs, Evaluations]:
    """Read designs with what they came to: one row each, as ``braess export`` writes them.

    The header names each decision as `Space.column_labels` does, the objectives and the constraints; other columns are not
    read. Categories are written as their options, binaries as 0 and 1 or ``True`` and ``False``; what a design does not
    decide is empty, and so is what came of an evaluation that failed. A design that was there before is left out.

    Raises
    ------
    InputError
        The file cannot be read, a column is missing, or a cell is no value of its variable; says in which line.
    """
    table = _Table.of(path)
    labels = problem.space.column_labels()
    measured = [*(one.name for one in problem.objectives), *(one.name for one in problem.constraints)]
    table.require([*labels, *measured])
    values = np.array([table.numbers(name, empty=np.nan) for name in measured]).reshape(len(measured), len(table.rows)).T
    designs = _designs(table, problem, labels)
    _, first = np.unique(np.array(designs.pack(), dtype=object), return_index=True)
    kept, m = np.sort(first), len(problem.objectives)
    return designs.take(kept), Evaluations.of(values[kept, :m], values[kept, m:])


def _designs(table: _Table, problem: Problem, labels: Sequence[str]) -> Designs:
    """Check each decision where it is made, and return the designs."""
    space = problem.space
    arrays: dict[str, Any] = {}
    for leaf in space.leaves:
        columns = [
            table.numbers(name, empty=empty, expected=leaf.variable.expected, read=_reader(leaf))
            for name, empty in zip(labels[leaf.columns], leaf.variable.default(), strict=True)
        ]
        arrays[leaf.path] = np.array(columns).T
    active = space.activity({path: array[:, 0] for path, array in arrays.items()}, len(table.rows))
    for leaf in space.leaves:
        values, names, decided = arrays[leaf.path], labels[leaf.columns], active[leaf.path]
        values[~decided] = leaf.variable.default()
        empty = np.array([[not cell for cell in table.cells(name)] for name in names]).any(axis=0)
        table.refuse_where(decided & empty, names, "the value is missing", leaf.variable.expected)
        table.refuse_where(leaf.variable.invalid(values), names, "impossible value", leaf.variable.expected)
    return space.unflatten(np.concatenate([arrays[leaf.path] for leaf in space.leaves], axis=1))


def _reader(leaf: Leaf) -> Callable[[str], float]:
    """Return what reads a cell of a variable; it raises ``KeyError`` or ``ValueError`` for what is none."""
    variable = leaf.variable
    if isinstance(variable, Categorical):
        return {str(option): float(index) for index, option in enumerate(variable.options)}.__getitem__
    if isinstance(variable, Binary):
        return lambda cell: _WORDS[cell.lower()] if cell.lower() in _WORDS else float(cell)
    return float


@dataclass(frozen=True)
class _Table:
    """Cells of a file, with the line on which each row ends."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    @classmethod
    def of(cls, path: Path) -> _Table:
        """Read the file."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", file=path, field="examples") from None
        except UnicodeDecodeError:
            raise InputError("is not text in UTF-8", file=path, field="examples") from None
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            header = [_plain(cell) for cell in next(reader, [])]
            cells = [(reader.line_num, row) for row in reader if any(row)]
        except csv.Error as error:
            raise InputError(f"not comma-separated text: {error}", file=path, line=reader.line_num) from None
        for line, row in cells:
            if len(row) != len(header):
                expected = f"{len(header)} as in the header"
                raise InputError("wrong number of values", file=path, line=line, found=len(row), expected=expected)
        if not cells:
            raise InputError("no labelled designs", file=path, expected="a header and at least one row")
        return cls(path, header, [[_plain(cell) for cell in row] for _, row in cells], [line for line, _ in cells])

    def require(self, names: Sequence[str]) -> None:
        """Refuse a table without one of these columns."""
        for name in names:
            if self.header.count(name) != 1:
                message = "the header names it twice" if name in self.header else f"no such column{nearest(name, self.header)}"
                found = ", ".join(self.header)
                raise InputError(message, file=self.path, line=1, field=name, found=found, expected="each column once")

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column."""
        at = self.header.index(name)
        return [row[at].strip() for row in self.rows]

    def numbers(
        self, name: str, *, empty: float, expected: str = "a finite number", read: Callable[[str], float] = float
    ) -> Floats:
        """Return a column as numbers, ``[n]``, with what stands for an empty cell."""
        values = np.empty(len(self.rows))
        for row, cell in enumerate(self.cells(name)):
            try:
                values[row] = read(cell) if cell else empty
            except (ValueError, KeyError):
                values[row] = np.nan
            if cell and not np.isfinite(values[row]):
                self._refuse(row, name, "impossible value", cell, expected)
        return values

    def refuse_where(self, wrong: Bools, names: Sequence[str], message: str, expected: str) -> None:
        """Refuse the first row that is marked in ``[n]``, for what it has in these columns."""
        for row in np.flatnonzero(wrong)[:1]:
            found = ", ".join(self.cells(name)[row] for name in names)
            self._refuse(int(row), ", ".join(names), message, found, expected)

    def _refuse(self, row: int, name: str, message: str, found: str | None, expected: str | None) -> None:
        raise InputError(message, file=self.path, line=self.lines[row], field=name, found=found, expected=expected)


def _plain(cell: str) -> str:
    """Take away the apostrophe that an export puts before what a spreadsheet would calculate."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") and len(cell) > 1 else cell
