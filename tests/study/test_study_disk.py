"""Full disks, read-only media, wrong paths: a clear sentence, and what was recorded stays readable."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sittings import Sitting, facts, recorded, without_rights

from braess.errors import StoreError
from braess.search.random import Random
from braess.study import Budget, Study, list_studies, open_result
from braess.testing import Knapsack


def study(store: Path | str, evaluations: int = 300, **options: Any) -> Study:
    settings: dict[str, Any] = {"batch": 20, "progress": "off"} | options
    return Study(Knapsack(size=40), Random(block=20), budget=Budget(evaluations=evaluations), store=store, **settings)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes after each batch."""
    monkeypatch.setattr("braess.study.store.writing._PATIENCE", 0.0)


def run_script(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python in another process, which may set limits for itself."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


LIMITED = """
    import resource, signal, sys
    from braess.errors import StoreError
    from braess.search.random import Random
    from braess.study import Budget, Study
    from braess.study.store import writing
    from braess.testing import Knapsack
    writing._PATIENCE = 0.0
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    budget = Budget(evaluations=3000)
    try:
        Study(Knapsack(size=40), Random(block=20), budget=budget, store=sys.argv[1], batch=20, progress="off").run()
    except StoreError as error:
        print(error)
        sys.exit(3)
"""


@pytest.mark.parametrize("limit", [2_000, 30_000, 60_000, 120_000, 250_000])
def test_full_disk(tmp_path: Path, limit: int) -> None:
    """When no file can grow any more the study must say so at once, and every committed row must be there."""
    store = tmp_path / "record.sqlite"
    found = run_script(LIMITED, store, limit)
    assert found.returncode == 3, found.stderr
    assert "what was recorded before is safe" in found.stdout
    assert found.stdout.count("\n") == 1
    whole = study(None, 3000).run()  # type: ignore[arg-type]
    if limit > 60_000:
        shown = open_result(store)
        kept = len(shown.evaluations)
        assert 0 < kept < 3000
        assert shown.designs.hashes() == whole.designs.hashes()[:kept]
        assert facts(study(store, 3000).resume()) == facts(whole)


def test_full_disk_inside_sqlite(tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way a disk is full: SQLite itself is told that the database must not grow; room lets the study go on."""
    store = tmp_path / "record.sqlite"
    study(store, 20).run()
    prepare = "braess.study.store.connect._prepare"
    from braess.study.store import connect

    original = connect._prepare

    def bounded(connection: sqlite3.Connection, record: object) -> None:
        original(connection, record)
        connection.execute("PRAGMA max_page_count = 20")

    with monkeypatch.context() as patch:
        patch.setattr(prepare, bounded)
        with pytest.raises(StoreError, match="there is no space left; what was recorded before is safe"):
            study(store, 2000).resume()
    shown = open_result(store)
    assert 20 < len(shown.evaluations) < 2000
    assert facts(study(store, 2000).resume()) == facts(study(None, 2000).run())  # type: ignore[arg-type]


@pytest.mark.parametrize("way", ["missing folder", "folder", "file as folder", "null byte"])
def test_places_where_no_record_can_be(tmp_path: Path, way: str) -> None:
    """A wrong path is the commonest mistake of all: one sentence that names it."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    place = {
        "missing folder": tmp_path / "no" / "record.sqlite",
        "folder": tmp_path,
        "file as folder": tmp_path / "file" / "record.sqlite",
        "null byte": str(tmp_path) + "/re\0cord",
    }[way]
    for use in (study(place).run, study(place).resume, lambda: open_result(place), lambda: list_studies(place)):
        with pytest.raises(StoreError) as caught:
            use()
        assert str(caught.value).startswith("the record ")
        assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only record is refused for writing in so many words; shown even to administrators by a connection so opened."""
    store = tmp_path / "record.sqlite"
    study(store, 40).run()
    original = sqlite3.connect

    def read_only(place: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        return original(f"file:{place}?mode=ro", *arguments, uri=True, **options)

    with monkeypatch.context() as patch:
        patch.setattr("braess.study.store.connect.sqlite3.connect", read_only)
        with pytest.raises(StoreError, match="it cannot be written: the file or its folder is read-only"):
            study(store, 80).resume()
    assert len(open_result(store).evaluations) == 40


def shown(store: Path) -> int:
    return len(open_result(store).evaluations)


def resumed(store: Path) -> str:
    return study(store, 80).resume().status.name


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for folder in Path(name).iterdir():
            folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions of files are POSIX's")
def test_read_only_folder(open_folder: Path) -> None:
    """Records are shown from read-only media as they are: at rest, killed, copied with their log, and while one writes."""
    rest, killed, copied, live = (open_folder / name / "record.sqlite" for name in ("rest", "killed", "copied", "live"))
    for place in (rest, killed, copied, live):
        place.parent.mkdir()
    study(rest, 40).run()
    process = Sitting(live.parent, evaluations=20_000, pause=0.001).start()
    while len(recorded(live, "killed") or {}) < 50:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGSTOP)
    for part in ("", "-wal", "-shm"):
        shutil.copy(f"{live}{part}", f"{killed}{part}")
        if part != "-shm":
            shutil.copy(f"{live}{part}", f"{copied}{part}")
    before = len(recorded(live, "killed") or {})
    os.kill(process.pid, signal.SIGCONT)
    listed = _close_folders(rest, killed, copied, live)
    assert without_rights(shown, live) >= before
    assert without_rights(shown, rest) == 40
    assert [without_rights(shown, place) for place in (killed, copied)] == [before, before]
    assert "it cannot be written: the file or its folder is read-only" in without_rights(resumed, rest)
    process.kill()
    process.join()
    assert without_rights(shown, live) >= before
    assert listed == [sorted(path.name for path in place.parent.iterdir()) for place in (rest, killed, copied, live)]


def _close_folders(*places: Path) -> list[list[str]]:
    for place in places:
        for path in place.parent.iterdir():
            path.chmod(0o444)
        place.parent.chmod(0o555)
    return [sorted(path.name for path in place.parent.iterdir()) for place in places]
