"""A store that came from somebody else is shown or refused in plain words; nothing in it is executed, nothing changed."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from braess.errors import BraessError, StoreError
from braess.report import export_csv, export_json, write_report
from braess.search.random import Random
from braess.study import Budget, Study, list_studies, open_result
from braess.testing import Knapsack

HOSTILE = '"><script>alert(1)</script>[red]{x}$\\frac{'


def study(store: Path | str, evaluations: int = 20, **options: Any) -> Study:
    return Study(Knapsack(), Random(), budget=Budget(evaluations=evaluations), store=store, progress="off", **options)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of a finished study."""
    path = tmp_path_factory.mktemp("sound") / "record.sqlite"
    study(path).run()
    return path


@pytest.fixture
def record(sound: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy to do harm to."""
    path = tmp_path / "record.sqlite"
    shutil.copy(sound, path)
    yield path
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.endswith(("-wal", "-shm", "-journal"))] == []


def alter(path: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql, values)
        connection.commit()


def test_database_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    """A wrong path must not turn somebody's database into a record: not one byte of it may change."""
    path = tmp_path / "bookmarks.sqlite"
    alter(path, "CREATE TABLE study (mine TEXT)")
    before = digest(path)
    for use in (study(path).run, study(path).resume, lambda: open_result(path), lambda: list_studies(path)):
        with pytest.raises(StoreError, match="not a record of braess"):
            use()
    assert digest(path) == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content",
    [b"", b"name = 'study'\n", b"SQLite format 3\x00", b"SQLite format 3\x00" + bytes(range(256)) * 40, pickle.dumps(1)],
)
def test_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """Text, nothing, half a header and noise are all answered with a `StoreError`, and stay as they are."""
    path = tmp_path / "record.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        open_result(path)
    if content:
        with pytest.raises(StoreError):
            study(path).run()
        assert path.read_bytes() == content


def test_truncated_anywhere(sound: Path, tmp_path: Path) -> None:
    """A copy that broke off half-way is damaged, or whole but for pages that hold nothing: never silently less."""
    whole, expected = sound.read_bytes(), open_result(sound)
    path = tmp_path / "record.sqlite"
    refused = 0
    for size in range(0, len(whole), 1536):
        path.write_bytes(whole[:size])
        try:
            assert open_result(path).designs.hashes() == expected.designs.hashes()
        except BraessError:
            refused += 1
    assert refused > len(whole) / 1536 / 2


def test_overwritten_anywhere(sound: Path, tmp_path: Path) -> None:
    """Bad sectors: whatever is overwritten, the answer is a result or an error of ours."""
    whole = sound.read_bytes()
    path = tmp_path / "record.sqlite"
    for place in range(100, len(whole) - 64, 997):
        path.write_bytes(whole[:place] + b"\xff" * 64 + whole[place + 64 :])
        try:
            open_result(path).summary()
        except BraessError:
            continue


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TRIGGER t AFTER INSERT ON evaluation BEGIN DELETE FROM study; END",
        "CREATE VIEW extra AS SELECT load_extension('x')",
        "ALTER TABLE evaluation RENAME TO e; CREATE VIEW evaluation AS "
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT x AS study_id, x AS position FROM r",
        "DROP TABLE claim; CREATE VIRTUAL TABLE claim USING fts5(study_id)",
        "ALTER TABLE evaluation ADD COLUMN more GENERATED ALWAYS AS (zeroblob(1000000000))",
        "DROP TABLE artifact",
    ],
    ids=["trigger", "view", "endless view", "virtual table", "computed column", "missing table"],
)
def test_tables_that_would_run_something(record: Path, script: str) -> None:
    """Views, triggers and computed columns are programs: such a file is refused before its tables are touched."""
    with closing(sqlite3.connect(record)) as connection:
        connection.executescript(script)
    before = digest(record)
    for use in (lambda: open_result(record), lambda: list_studies(record), study(record, 40).resume):
        with pytest.raises(StoreError, match="not plain tables"):
            use()
    assert digest(record) == before


class Bomb:
    """Says that it was run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("bomb-went-off"),))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        *(("study", column, pickle.dumps(Bomb())) for column in ("problem", "search", "space", "objectives", "budget")),
        *(("evaluation", column, pickle.dumps(Bomb())) for column in ("design", "objectives", "constraints")),
        *(("study", column, "[" * 100_000) for column in ("space", "objectives")),
        *(("study", column, "null") for column in ("space", "objectives", "constraints", "problem")),
        ("study", "objectives", "[]"),
        ("study", "objectives", '[{"name": "x", "sense": "sideways", "unit": ""}]'),
        ("study", "objectives", '[{"name": "a", "sense": "min", "unit": ""}, {"name": "b", "sense": "min", "unit": ""}]'),
        ("study", "status", "GRAND SUCCESS"),
        ("study", "created", "yesterday"),
        ("study", "seed", "nine"),
        ("study", "seed", "9" * 10_000),
        ("study", "batch", b"\x00"),
        ("study", "elapsed", "long"),
        ("evaluation", "design", b""),
        ("evaluation", "design", "text"),
        ("evaluation", "design", b"\x07" * 12),
        ("evaluation", "design", 2**60),
        ("evaluation", "objectives", 2**60),
        ("evaluation", "objectives", b"1234567"),
        ("evaluation", "seconds", "fast"),
        ("evaluation", "elapsed", b"\x80"),
    ],
)
def test_wrong_content(record: Path, table: str, column: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not of the kind that a column holds is refused as damaged, in few words; a pickle stays bytes."""
    monkeypatch.chdir(record.parent)
    alter(record, f"UPDATE {table} SET {column} = ?", value)
    with pytest.raises(StoreError, match="damaged") as caught:
        open_result(record)
    assert len(str(caught.value)) < 1000
    assert not Path("bomb-went-off").exists()


@pytest.mark.parametrize(("table", "column"), [("study", "message"), ("study", "braess"), ("evaluation", "error")])
def test_wrong_text_is_shown_as_text(record: Path, table: str, column: str) -> None:
    """Where any text may stand, anything is shown as text."""
    alter(record, f"UPDATE {table} SET {column} = ?", pickle.dumps(Bomb()))
    result = open_result(record)
    assert all(isinstance(text, str) for text in (result.message, result.record.version))
    assert all(error is None or isinstance(error, str) for error in result.evaluations.errors)


@pytest.mark.parametrize(
    "space",
    [
        {"x": {"kind": "binary", "size": 10**15}},
        {"x": {"kind": "real", "low": 0, "high": 1, "size": 10**15}, "y": {"kind": "binary", "size": -(10**15)}},
        {"x": {"kind": "repeat", "low": 0, "high": 10**12, "space": {"y": {"kind": "binary", "size": None}}}},
        {"x": {"kind": "repeat", "low": 0, "high": 10**6, "space": {"y": {"kind": "binary", "size": None}}}},
        {"x": {"kind": "real", "low": 0, "high": 1, "size": float("inf")}},
        {"x": {"kind": "permutation", "size": "many"}},
        {"x": {"kind": "choice", "options": {"a": {"b": {"kind": "choice", "options": 3}}}}},
        {"x": {"kind": "os.system", "size": 1}},
        {"x.y": {"kind": "binary", "size": None}},
        {"x": ["kind"]},
    ],
)
def test_absurd_spaces(record: Path, space: dict[str, Any]) -> None:
    """A space of a few bytes must not claim all memory, nor bring a class of its own."""
    alter(record, "UPDATE study SET space = ?", json.dumps(space))
    with pytest.raises(StoreError, match="damaged"):
        open_result(record)


def test_values_that_are_no_numbers_count_as_failed(record: Path) -> None:
    """NaN and infinity are values of a float: such rows are kept, never the best, and the rest stays usable."""
    nan, infinity = bytes.fromhex("000000000000f87f"), bytes.fromhex("000000000000f0ff")
    alter(record, "UPDATE evaluation SET objectives = ? WHERE position % 2 = 0", nan)
    alter(record, "UPDATE evaluation SET objectives = ? WHERE position % 4 = 1", infinity)
    result = open_result(record)
    assert result.evaluations.failed.sum() == 15
    assert result.best is None or result.best % 4 == 3


def test_newer_layout_is_named(record: Path) -> None:
    """A record of a later braess must say so, not fail on a column."""
    alter(record, "UPDATE braess_record SET version = 2")
    for use in (lambda: open_result(record), study(record, 40).resume):
        with pytest.raises(StoreError, match="layout 2, this braess reads and writes layout 1"):
            use()


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    """Markup in names reaches the page and the exports as text: no element of a page is made of it."""
    path = tmp_path / "record.sqlite"
    problem = Knapsack()
    problem.name = HOSTILE
    result = Study(problem, Random(), budget=Budget(evaluations=9), store=path, progress="off").run()
    assert list_studies(path) == [HOSTILE]
    result = open_result(path, HOSTILE)
    page = write_report(result, tmp_path / "report.html", {}).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert export_csv(result, tmp_path / "x.csv").exists()
    assert json.loads(export_json(result, tmp_path / "x.json").read_text(encoding="utf-8"))["study"]["name"] == HOSTILE


@pytest.mark.parametrize(
    "place", ["nonsense://x", "http://[bad", "://", "postgresql+nothing://localhost/x", "sqlite:///missing.sqlite", "sqlite://"]
)
def test_wrong_urls(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL that leads nowhere is a `StoreError`, and looking for a record makes no file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError):
        open_result(place)
    assert list(tmp_path.iterdir()) == []


def test_passwords_stay_out_of_messages() -> None:
    """Messages end in logs and reports: the password of a URL must not be in them."""
    with pytest.raises(StoreError) as caught:
        open_result("postgresql://user:s3cret@localhost:1/x")
    assert "s3cret" not in str(caught.value)
