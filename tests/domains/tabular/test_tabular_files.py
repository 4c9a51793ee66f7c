"""Tables and domains as files: round trips, and mistakes answered with file, line and column."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import PEOPLE, people

from braess.domains.tabular import Category, Number, TableDomain, Whole, domain_of, read_domain, read_table, write_table
from braess.errors import InputError


def test_round_trip(tmp_path: Path) -> None:
    """What is written must be read as the same cells, numbers to the last bit, compressed too."""
    table = people(50)
    path = write_table(table, tmp_path / "trips.csv")
    (tmp_path / "domain.json").write_text(json.dumps(PEOPLE.describe()))
    (tmp_path / "trips.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    domain = read_domain(tmp_path / "domain.json")
    assert domain == PEOPLE
    for name in ("trips.csv", "trips.csv.gz"):
        assert np.array_equal(read_table(tmp_path / name, domain).cells, table.cells)


def test_columns_in_any_order_and_more_than_needed(tmp_path: Path) -> None:
    """The header says what is what; columns that are not in the domain are not read."""
    (tmp_path / "t.csv").write_text("note,b,a\nx,2,no\ny,0,yes\n")
    table = read_table(tmp_path / "t.csv", TableDomain((Category("a", ("yes", "no")), Whole("b", 0, 2))))
    assert table.cells.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert table.columns() == {"a": ["no", "yes"], "b": [2, 0]}


def test_all_forms_of_a_domain() -> None:
    """A number of codes as elsewhere, values, and both kinds of ranges."""
    found = domain_of(
        {"code": 3, "mode": ["car", "bus"], "hour": {"low": 0, "high": 23, "whole": True}, "km": {"low": 0, "high": 5}}
    )
    assert found.columns == (
        Whole("code", 0, 2),
        Category("mode", ("car", "bus")),
        Whole("hour", 0, 23),
        Number("km", 0.0, 5.0),
    )


@pytest.mark.parametrize(
    ("text", "line", "field", "found"),
    [
        ("mode,hour,km\ncar,3,1.5\nbus,24,1\n", 3, "hour", "24"),
        ("mode,hour,km\ncar,3,1.5\nbus,2.5,1\n", 3, "hour", "2.5"),
        ("mode,hour,km\ntram,3,1.5\n", 2, "mode", "tram"),
        ("mode,hour,km\ncar,3,\n", 2, "km", ""),
        ("mode,hour,km\ncar,3,far\n", 2, "km", "far"),
        ("mode,hour,km\ncar,3,nan\n", 2, "km", "nan"),
        ("mode,hour,km\ncar,3,1\n\ncar,3,1\n", 3, "mode", None),
        ("mode,hour,km\ncar,3\n", 2, "km", None),
        ("mode,hour\ncar,3\n", 1, "km", "mode, hour"),
        ("mode,hour,km\n", 2, None, None),
        ("", 1, None, None),
        ("mode,hour,km\ncar,3,1\ncar,3,1,9\n", 3, None, None),
    ],
)
def test_mistakes_in_tables(text: str, line: int, field: str | None, found: str | None, tmp_path: Path) -> None:
    """The message must lead to the cell: file, line, column, what was found."""
    path = tmp_path / "trips.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_table(path, PEOPLE)
    assert (error.value.file, error.value.line) == (str(path), line)
    assert error.value.field == field
    if found is not None:
        assert error.value.found == found


@pytest.mark.parametrize(
    "description",
    [
        [1, 2],
        {},
        {"a": 0},
        {"a": True},
        {"a": "wide"},
        {"a": []},
        {"a": ["x", "x"]},
        {"a": {"low": 0}},
        {"a": {"low": 3, "high": 1, "whole": True}},
        {"a": {"low": 0.5, "high": 1, "whole": True}},
        {"a": {"low": 0, "high": 1, "step": 1}},
        {"a": {"low": 1, "high": 1}},
        {"a.b": 3},
    ],
)
def test_mistakes_in_domains(description: Any, tmp_path: Path) -> None:
    path = tmp_path / "domain.json"
    path.write_text(json.dumps(description))
    with pytest.raises(InputError) as error:
        read_domain(path)
    assert error.value.file == str(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "domain.json").write_text('{\n "a": 3,\n}')
    with pytest.raises(InputError, match=r"domain.json:3: not JSON"):
        read_domain(tmp_path / "domain.json")
    (tmp_path / "broken.csv.gz").write_bytes(b"no gzip")
    (tmp_path / "broken.csv").write_bytes(b"mode,hour,km\n\xff,1,1\n")
    for name in ("broken.csv.gz", "broken.csv", "absent.csv"):
        with pytest.raises(InputError, match=name):
            read_table(tmp_path / name, PEOPLE)
    with pytest.raises(InputError, match="absent"):
        read_domain(tmp_path / "absent.json")
