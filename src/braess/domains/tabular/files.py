"""Tables as CSV files, domains as JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from braess.domains.tabular.columns import Category, Column, Floats, Number, Table, TableDomain, Whole, outside
from braess.errors import InputError
from braess.text_table import read_text_table

_EXPECTED = 'a number of codes, a list of values, or {"low": …, "high": …, "whole": true where it is}'
_BOUNDS = {"low", "high", "whole"}


def read_domain(path: str | Path) -> TableDomain:
    """Read a public domain: a JSON object with a member for each column, in order.

    A member is a whole number ``n`` (the codes 0 to n - 1), a list of values (categories as they are written), or an object
    with ``low`` and ``high`` and, for whole numbers, ``"whole": true``.

    Raises
    ------
    InputError
        The file cannot be read, is no such JSON, or a member is none of these; says which.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=path, line=error.lineno) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the file: {error}", file=path) from None
    try:
        return domain_of(found)
    except InputError as error:
        raise InputError(error.message, file=path, field=error.field, found=error.found, expected=error.expected) from None


def domain_of(description: Any) -> TableDomain:
    """Build a domain from what a domain file holds; raises as `read_domain` does."""
    if not isinstance(description, Mapping) or not description:
        raise InputError("not a domain", found=type(description).__name__, expected="an object with a member for each column")
    return TableDomain(tuple(_column(str(name), value) for name, value in description.items()))


def _column(name: str, value: Any) -> Column:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return Whole(name, 0, value - 1)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return Category(name, tuple(map(str, value)))
    if isinstance(value, dict) and {"low", "high"} <= value.keys() <= _BOUNDS:
        low, high, whole = value["low"], value["high"], value.get("whole", False)
        if whole is True and isinstance(low, int) and isinstance(high, int):
            return Whole(name, low, high)
        if whole is False and all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)):
            return Number(name, float(low), float(high))
    raise InputError("not a description of a column", field=name, found=value, expected=_EXPECTED)


def read_table(path: str | Path, domain: TableDomain) -> Table:
    """Read a table from a CSV file, compressed or not, with a header that names at least the columns of the domain.

    Raises
    ------
    InputError
        The file cannot be read, a column is missing, or a cell lies outside the domain; says on which line.
    """
    frame = read_text_table(path, domain.names)
    texts = frame[list(domain.names)]
    cells = np.column_stack([_cells(texts.iloc[:, at], column) for at, column in enumerate(domain)])
    bad = outside(cells, domain)
    if bad.any():
        row, at = (int(place) for place in np.argwhere(bad)[0])
        text, column = texts.iloc[row, at], domain.columns[at]
        found_text = None if not isinstance(text, str) else text
        message = "a cell is missing" if found_text is None else "a cell outside the domain"
        raise InputError(message, file=path, line=row + 2, field=column.name, found=found_text, expected=column.expected)
    return Table(domain, cells)


def _cells(texts: pd.Series[Any], column: Column) -> Floats:
    """Return ``[N]`` cells; not-a-number for text that is none of the column."""
    if isinstance(column, Category):
        codes = pd.Index(column.values).get_indexer(pd.Index(texts))
        return np.where(codes < 0, np.nan, codes.astype(np.float64))
    return np.asarray(pd.to_numeric(texts, errors="coerce"), dtype=np.float64)


def table_text(table: Table) -> str:
    """Return a table as the text of a CSV file."""
    stream = StringIO()
    pd.DataFrame(table.columns()).to_csv(stream, index=False, lineterminator="\n")
    return stream.getvalue()


def write_table(table: Table, path: str | Path) -> Path:
    """Write a table as a CSV file with a header, and return its path."""
    target = Path(path)
    target.write_text(table_text(table), encoding="utf-8", newline="\n")
    return target
