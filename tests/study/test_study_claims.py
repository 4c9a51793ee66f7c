"""Two processes and one store: one of them works on a study at a time, different studies go on side by side."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sittings import Sitting, facts, recorded

from braess.errors import InputError, StoreError
from braess.study import Status, list_studies, open_result
from braess.study.store import connect
from braess.study.tracker import Snapshot


def execute(store: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(store, timeout=30)
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def until_recorded(sitting: Sitting, rows: int) -> None:
    deadline = time.monotonic() + 30
    while len(recorded(sitting.store, sitting.name) or {}) < rows:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_second_process_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    """Two at work on one study would evaluate everything twice: the second must learn who is at it, the first nothing."""
    sitting = Sitting(tmp_path, evaluations=600)
    first = sitting.start()
    until_recorded(sitting, 20)
    for _ in range(3):
        with pytest.raises(StoreError, match=f"carried out by process {first.pid} on "):
            replace(sitting, evaluations=50).study().resume()
    with pytest.raises(InputError, match="already holds this study"):
        sitting.study().run()
    first.join(60)
    assert first.exitcode == 0
    found = open_result(sitting.store)
    assert facts(found) == facts(sitting.alone())
    assert found.record.budget["evaluations"] == 600


def test_two_threads_of_one_process(tmp_path: Path) -> None:
    """The same holds inside one process, where process numbers tell nothing."""
    sitting = Sitting(tmp_path, evaluations=60)
    seen: list[str] = []

    def meanwhile(_: Snapshot) -> None:
        with pytest.raises(StoreError, match=f"process {os.getpid()}"):
            sitting.study().resume()
        seen.append("refused")

    assert sitting.study(callbacks=[meanwhile]).run().status is Status.BUDGET_SPENT
    assert seen


@pytest.mark.parametrize("kind", ["dead", "another start", "silent host", "nonsense"])
def test_claim_of_the_dead_passes_on(tmp_path: Path, kind: str) -> None:
    """A machine that lost power leaves its claim: whoever comes next must be able to go on."""
    sitting = Sitting(tmp_path, evaluations=60)
    sitting.study().run()
    here = socket.gethostname()[:200]
    values: dict[str, tuple[object, ...]] = {
        "dead": ("x", here, 2**22 + 7, "123", time.time()),
        "another start": ("x", here, os.getppid(), "1", time.time()),  # the number was given to another process since
        "silent host": ("x", "elsewhere", 1, "1", time.time() - 3600.0),
        "nonsense": ("x", here, "pickle", b"\x80", "now"),
    }
    execute(sitting.store, "INSERT INTO claim VALUES (1, ?, ?, ?, ?, ?)", *values[kind])
    assert replace(sitting, evaluations=90).study().resume().status is Status.BUDGET_SPENT
    assert execute(sitting.store, "SELECT * FROM claim") == []


def test_claim_of_another_host_that_is_heard_of(tmp_path: Path) -> None:
    """What happens elsewhere cannot be looked at: as long as it writes, it works."""
    sitting = Sitting(tmp_path, evaluations=60)
    sitting.study().run()
    execute(sitting.store, "INSERT INTO claim VALUES (1, 'x', 'elsewhere', 1, '1', ?)", time.time() - 30.0)
    with pytest.raises(StoreError, match="process 1 on elsewhere"):
        sitting.study().resume()


def test_lost_claim_stops_the_writer(tmp_path: Path) -> None:
    """A process that slept through a takeover must not write one row more: the study is somebody else's now."""
    sitting = Sitting(tmp_path, evaluations=2000)
    process = sitting.start()
    until_recorded(sitting, 50)
    os.kill(process.pid, signal.SIGSTOP)
    execute(sitting.store, "UPDATE claim SET owner = 'thief', host = 'elsewhere', heartbeat = ?", time.time())
    rows = recorded(sitting.store, sitting.name)
    os.kill(process.pid, signal.SIGCONT)
    process.join(60)
    assert process.exitcode == 3
    assert "was taken over by another process" in (tmp_path / "error.txt").read_text(encoding="utf-8")
    assert recorded(sitting.store, sitting.name) == rows
    assert execute(sitting.store, "SELECT owner FROM claim") == [("thief",)]
    assert execute(sitting.store, "SELECT status FROM study") == [("UNFINISHED",)]


def test_two_studies_in_one_store(tmp_path: Path) -> None:
    """A comparison of methods writes to one record from several processes: every row of each must be there."""
    studies = [Sitting(tmp_path, search, evaluations=500, name=search) for search in ("random", "genetic", "local")]
    processes = [sitting.start() for sitting in studies]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sorted(list_studies(studies[0].store)) == ["genetic", "local", "random"]
    for sitting in studies:
        assert facts(open_result(sitting.store, sitting.name)) == facts(sitting.alone())


def test_a_store_that_others_begin_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two switch to a log at the same moment SQLite says at once that it is locked: that must not end a study."""
    pragma, refused = connect._pragma, iter([True, True])

    def locked(engine: Any, setting: str) -> None:
        if setting == "journal_mode=WAL" and next(refused, False):
            raise sqlite3.OperationalError("database is locked")
        pragma(engine, setting)

    monkeypatch.setattr(connect, "_pragma", locked)
    assert len(Sitting(tmp_path, evaluations=10, pause=0.0).go().designs) == 10
    assert next(refused, None) is None


def test_many_processes_begin_the_same_store(tmp_path: Path) -> None:
    """The very first moments are a race for making the tables: all but one name must get through, whoever is first."""
    for i in range(5):
        folder = tmp_path / str(i)
        folder.mkdir()
        sitting = Sitting(folder, evaluations=30, pause=0.0)
        processes = [sitting.start() for _ in range(3)]
        for process in processes:
            process.join(60)
        assert {process.exitcode for process in processes} <= {0, 3}
        assert facts(open_result(sitting.store)) == facts(sitting.alone())


def test_another_program_locks_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database browser with an open transaction must cause a wait, then a sentence that says so; never a loss."""
    sitting = Sitting(tmp_path, evaluations=60)
    sitting.study().run()
    browser = sqlite3.connect(sitting.store, check_same_thread=False, isolation_level=None)
    browser.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, browser.execute, ["COMMIT"]).start()
    larger = replace(sitting, evaluations=80)
    assert facts(larger.study().resume()) == facts(larger.alone())
    monkeypatch.setattr("braess.study.store.connect._PATIENCE", 0.1)
    browser.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program keeps it locked"):
        sitting.study().resume()
    assert len(open_result(sitting.store).evaluations) == 80
    browser.close()
