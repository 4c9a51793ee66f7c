"""Full disks, read-only files and missing folders end in a clear error; what is recorded stays readable."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from powerless import output

from braess.errors import StoreError
from braess.search.random import Random
from braess.study import Budget, Result, Status, Study, open_result
from braess.study.store import connect, writing
from braess.testing import Knapsack

linux = pytest.mark.skipif(sys.platform != "linux", reason="permissions are taken from root as Linux does it")


def study(store: Path | None, evaluations: int, **options: Any) -> Study:
    return Study(Knapsack(), Random(), budget=Budget(evaluations=evaluations), store=store, progress="off", **options)


def values(result: Result) -> bytes:
    return b"".join(result.designs.pack()) + result.evaluations.objectives.tobytes()


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A finished record alone in a folder."""
    path = tmp_path / "folder" / "record.sqlite"
    path.parent.mkdir()
    study(path, 20).run()
    return path


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record as a kill leaves it: part of it only in the log beside the file."""
    monkeypatch.setattr(writing, "_PATIENCE", 0.0)
    source, path = tmp_path / "source" / "record.sqlite", tmp_path / "folder" / "record.sqlite"
    source.parent.mkdir()
    path.parent.mkdir()

    def copy(_: Any) -> None:
        for name in ("record.sqlite", "record.sqlite-wal"):
            shutil.copy(source.with_name(name), path.with_name(name))

    study(source, 60, batch=20, callbacks=[copy]).run()
    assert path.with_name("record.sqlite-wal").stat().st_size > 0
    return path


@pytest.fixture
def read_only() -> Iterator[Any]:
    """Makes folders and all in them read-only until the test is over."""
    changed: list[Path] = []

    def make(folder: Path) -> None:
        for path in (*folder.iterdir(), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
            changed.append(path)

    yield make
    for path in reversed(changed):
        path.chmod(0o755)


@linux
def test_finished_record_in_a_read_only_folder(finished: Path, read_only: Any) -> None:
    """A record on a CD or a shared folder is shown without a trace, and cannot be run on."""
    read_only(finished.parent)
    script = "attempt(lambda: list_studies(store))\nattempt(lambda: len(open_result(store).designs))\nattempt(study(40).resume)"
    shown, count, refused = output(script, finished)
    assert (shown, count) == ("['knapsack']", "20")
    assert refused.startswith("StoreError")
    assert "read-only" in refused
    assert [path.name for path in finished.parent.iterdir()] == ["record.sqlite"]


@linux
def test_killed_record_in_a_read_only_folder(killed: Path, read_only: Any) -> None:
    """What only the log beside the file holds is recorded too: it must be shown where the log cannot be folded in."""
    read_only(killed.parent)
    script = "result = open_result(store)\nprint(len(result.designs), result.status.name)\nattempt(study(60, batch=20).resume)"
    shown, refused = output(script, killed)
    assert shown == "60 UNFINISHED"
    assert "StoreError" in refused


@linux
def test_read_only_file(finished: Path) -> None:
    """A file that may not be written is refused before anything is evaluated."""
    finished.chmod(0o444)
    (refused,) = output("attempt(study(40).resume)", finished)
    assert refused.startswith("StoreError")
    assert "read-only" in refused


@linux
def test_folder_that_may_not_be_written(tmp_path: Path, read_only: Any) -> None:
    """A new record in a folder without permission is refused at the start."""
    folder = tmp_path / "folder"
    folder.mkdir()
    read_only(folder)
    (refused,) = output("attempt(study(40).run)", folder / "record.sqlite")
    assert refused.startswith("StoreError")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    """A mistyped folder is named, not made."""
    with pytest.raises(StoreError, match="nowhere"):
        study(tmp_path / "nowhere" / "record.sqlite", 10).run()
    with pytest.raises(StoreError, match="cannot be opened"):
        study(tmp_path, 10).run()
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_a_killed_record_to_be_resumed(killed: Path) -> None:
    """Looking at a killed record must not cost what its log holds: it resumes to the uninterrupted end."""
    assert len(open_result(killed).designs) == 60
    result = study(killed, 100, batch=20).resume()
    assert result.status is Status.BUDGET_SPENT
    assert values(result) == values(study(None, 100, batch=20).run())


@linux
@pytest.mark.parametrize("room", [40_000, 150_000, 400_000])
def test_files_may_not_grow(tmp_path: Path, room: int) -> None:
    """A quota is a clear error; what was recorded stays, and with more room the study goes on to the same end."""
    path = tmp_path / "record.sqlite"
    script = "from braess.study.store import writing\nwriting._PATIENCE = 0.0\nattempt(study(6000).run)"
    (refused,) = output(script, path, file_size=room)
    assert refused.startswith("StoreError")
    assert "full" in refused
    if room > 100_000:
        _require_prefix(path)
        assert values(study(path, 6000).resume()) == values(study(None, 6000).run())


def test_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No space left is said as such, at whatever write it happens."""
    prepare = connect._prepare

    def cramped(connection: Any, record: Any) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA max_page_count=40")

    path = tmp_path / "record.sqlite"
    monkeypatch.setattr(writing, "_PATIENCE", 0.0)
    with monkeypatch.context() as cramp:
        cramp.setattr(connect, "_prepare", cramped)
        with pytest.raises(StoreError, match="no space left"):
            study(path, 3000).run()
    _require_prefix(path)
    assert values(study(path, 3000).resume()) == values(study(None, 3000).run())


def _require_prefix(path: Path) -> None:
    shown = open_result(path)
    assert len(shown.designs) > 0
    assert values(shown) == values(study(None, len(shown.designs)).run())
