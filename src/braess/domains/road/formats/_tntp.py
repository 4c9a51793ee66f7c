"""What the TNTP file kinds share: metadata lines, comments, the header that names columns, rows of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings, shorten
from braess.domains.road.formats._text import read_lines, to_number
from braess.domains.road.network import Bools, Floats, Ints
from braess.errors import nearest

_METADATA = re.compile(r"\s*<([^<>]*)>(.*)$")
_END = "END OF METADATA"
_HEADER_NAMES = 3  # column names that a comment must hold to be a header (fewer when the layout has fewer columns)
MOST = 10_000_000  # nodes or links: a larger number in the metadata is a mistake, not a network
_EXACT = 2.0**53  # whole numbers beyond are not exact as floats
_LONGEST_NAME = 3  # words of the longest column name, ``free flow time``


@dataclass(frozen=True)
class Layout:
    """The columns of a kind of TNTP table.

    Parameters
    ----------
    names
        Spelling in a header (lower case, words joined by ``_``) to column name.
    default
        Order of the columns where there is no header.
    optional
        Columns that a header may lack and whose values may be missing: they become zero.
    whole
        Columns of whole numbers.
    """

    names: Mapping[str, str]
    default: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()


@dataclass
class Rows:
    """The rows of a TNTP table: ``text`` as found, ``values`` as numbers, ``lines`` where; ``bad`` ones hold defects."""

    lines: list[int] = field(default_factory=list)
    text: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)

    def array(self, column: str) -> Floats:
        """Return a column as ``[rows]``, zeros where the file does not have it."""
        return np.array(self.values.get(column, [0.0] * len(self.lines)), dtype=np.float64)

    def whole(self, column: str) -> Ints:
        """Return a column of whole numbers as ``[rows]``."""
        return self.array(column).astype(np.int64)

    def refuse(self, findings: Findings, column: str, wrong: Bools, message: str, expected: str) -> None:
        """Record a problem for each row ``[rows]`` whose value in a column is wrong."""
        for row in np.flatnonzero(wrong):
            if int(row) not in self.bad:
                found = self.text[column][row] if column in self.text else "nothing"
                findings.add(message, line=self.lines[row], field=column, found=found, expected=expected)


@dataclass(frozen=True)
class Sections:
    """A TNTP file cut in two: metadata (key to line and text) and body (line number and text)."""

    metadata: dict[str, tuple[int, str]]
    body: list[tuple[int, str]]

    def number(self, findings: Findings, key: str, default: float | None = None) -> float | None:
        """Return the number behind a metadata key; a missing key without default is a problem."""
        if key not in self.metadata:
            if default is None:
                findings.add("metadata is missing", field=f"<{key}>", expected=_suggest(key, self.metadata))
            return None if default is None else float(default)
        line, text = self.metadata[key]
        value = to_number(text)
        if value is None or not math.isfinite(value):
            findings.add("not a number", line=line, field=f"<{key}>", found=text, expected="a number")
            return None
        return value

    def count(
        self, findings: Findings, key: str, *, default: int | None = None, least: int = 1, most: int = MOST
    ) -> int | None:
        """Return the whole number from ``least`` to ``most`` behind a metadata key."""
        value = self.number(findings, key, default)
        if value is None:
            return None
        if not (value.is_integer() and least <= value <= most):
            line, text = self.metadata[key]
            expected = f"a whole number from {least} to {most}"
            findings.add("not a count", line=line, field=f"<{key}>", found=text, expected=expected)
            return None
        return int(value)


def split_sections(path: str | Path, findings: Findings, *, with_metadata: bool = True) -> Sections:
    """Read a TNTP file and cut it into metadata and body.

    Parameters
    ----------
    path, findings
        The file, and where its defects go.
    with_metadata
        Whether the kind of file must have metadata (net and trips) or may have none (node and flow).

    Raises
    ------
    InputError
        The file cannot be read or has no ``<END OF METADATA>``.
    """
    metadata: dict[str, tuple[int, str]] = {}
    lines = list(enumerate(read_lines(path, findings), start=1))
    for at, (line, text) in enumerate(lines):
        match = _METADATA.match(text)
        if match is None:
            continue
        key, value = " ".join(match[1].upper().split()), match[2].partition("~")[0].strip(" \t;")
        if key == _END:
            return Sections(metadata, lines[at + 1 :])
        if key in metadata:
            findings.add("metadata is given twice", line=line, field=f"<{key}>", found=value, expected="one value")
        metadata.setdefault(key, (line, value))
    if with_metadata or metadata:
        findings.fail("the file has no <END OF METADATA>: truncated, or not a TNTP file", field=f"<{_END}>")
    return Sections(metadata, lines)


def read_rows(body: list[tuple[int, str]], layout: Layout, findings: Findings) -> Rows:
    """Read the table in the body of a TNTP file, by its header where there is one.

    Parameters
    ----------
    body
        Line numbers and texts.
    layout
        The columns to look for. Further columns are left alone.
    findings
        Where defects go: values that are missing or no numbers, rows with too many or too few values.
    """
    columns: tuple[str, ...] | None = None
    rows = Rows(values={name: [] for name in layout.default}, text={name: [] for name in layout.default})
    for line, text in body:
        content, tilde, comment = text.partition("~")
        if not content.strip(" \t;"):
            if tilde and columns is None and not rows.lines:
                columns = _header(comment, layout, line, findings)
            continue
        if columns is None and not rows.lines and to_number(content.split()[0]) is None:
            columns = _header(content, layout, line, findings)
            if columns is not None:
                continue
        _read_row(content, line, columns or layout.default, layout, rows, findings)
    return rows


def _read_row(content: str, line: int, columns: tuple[str, ...], layout: Layout, rows: Rows, findings: Findings) -> None:
    row, _, rest = content.partition(";")
    if rest.strip(" \t;"):
        findings.add("text after the semicolon that ends the row", line=line, found=rest.strip(), expected="a new line")
        return
    cells = _cells(row, len(columns))
    least = max((at for at, name in enumerate(columns) if name in layout.default and name not in layout.optional), default=0)
    if not least < len(cells) <= len(columns):
        expected = f"{len(columns)} values: {', '.join(columns)}"
        findings.add(f"the row has {len(cells)} values", line=line, found=row.strip(), expected=expected)
        return
    cells += [""] * (len(columns) - len(cells))
    at = len(rows.lines)
    rows.lines.append(line)
    by_name = dict(zip(columns, cells, strict=True))
    for name in layout.default:
        cell = by_name.get(name, "")
        value = _value(cell, name, layout, line, findings)
        if value is None:
            rows.bad.add(at)
        rows.text[name].append(cell)
        rows.values[name].append(0.0 if value is None else value)


def _value(cell: str, name: str, layout: Layout, line: int, findings: Findings) -> float | None:
    if not cell:
        if name in layout.optional:
            return 0.0
        findings.add("the value is missing", line=line, field=name, expected="a number")
        return None
    value = to_number(cell)
    if value is None or not math.isfinite(value):
        findings.add("not a number", line=line, field=name, found=cell, expected="a finite number")
        return None
    if name in layout.whole and not (value.is_integer() and abs(value) < _EXACT):
        findings.add("not a whole number", line=line, field=name, found=cell, expected="a whole number")
        return None
    return value


def _cells(row: str, columns: int) -> list[str]:
    """Split a row at white space, or at tabs where that shows which values are missing."""
    words = [word for word in row.split() if word != ":"]
    if len(words) >= columns or "\t" not in row:
        return words
    cells = [cell.strip() for cell in row.rstrip().split("\t")]
    if cells and not cells[0]:
        cells = cells[1:]
    usable = len(words) < len(cells) <= columns and not any(" " in cell for cell in cells)
    return cells if usable else words


def _header(text: str, layout: Layout, line: int, findings: Findings) -> tuple[str, ...] | None:
    """Return the columns that a header names, or ``None`` where the text is no header."""
    text = re.sub(r"\([^)]*\)", " ", text.lower()).replace(";", " ").replace(":", " ").replace("~", " ")
    by_tabs = "\t" in text.strip()
    columns: list[str] = []
    for cell in text.split("\t"):
        found = _names(cell.split(), layout)
        if by_tabs:
            found = [name for name in found if not name.startswith("?")] or found[:1]
        columns += found
    known = [name for name in columns if not name.startswith("?")]
    if len(known) < min(_HEADER_NAMES, len(layout.default) - 1):
        return None
    for name in dict.fromkeys(known):
        if known.count(name) > 1:
            findings.fail("the header names a column twice", line=line, field=name, expected="each column once")
    for name in layout.default:
        if name not in known and name not in layout.optional:
            unknown = [name[1:] for name in columns if name.startswith("?")]
            hint = f" (unknown: {shorten(', '.join(map(repr, unknown)))})" if unknown else ""
            findings.fail("the header lacks a column" + hint, line=line, field=name, expected=", ".join(layout.default))
    return tuple(columns)


def _names(words: list[str], layout: Layout) -> list[str]:
    """Recognise column names of one to three words; a word of none becomes ``?word``."""
    found, at = [], 0
    while at < len(words):
        for size in range(_LONGEST_NAME, 0, -1):
            name = "_".join(words[at : at + size])
            if at + size <= len(words) and name in layout.names:
                found.append(layout.names[name])
                at += size
                break
        else:
            found.append("?" + words[at])
            at += 1
    return found


def _suggest(key: str, known: Mapping[str, object]) -> str:
    return f"<{key}> with a number{nearest(key, known)}"
