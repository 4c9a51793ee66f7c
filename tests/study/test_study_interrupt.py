"""Ctrl-C and SIGTERM end a study with the result so far, whatever it is doing, and it can be resumed."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from sittings import Sitting, facts, recorded

from braess.errors import StoreError
from braess.problem import Evaluations, Problem
from braess.search import Running
from braess.search.random import Random
from braess.space import Designs
from braess.study import Budget, Status, Study, open_result
from braess.study.interrupts import Interrupts
from braess.study.store import Session
from braess.testing import Knapsack


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("search", "workers"), [("genetic", 1), ("local", 2)])
def test_signals_end_with_the_result_so_far(tmp_path: Path, search: str, workers: int, number: int) -> None:
    """At whatever moment it comes, a signal must leave all that was evaluated, and a study that goes on as if nothing was."""
    sitting = Sitting(tmp_path, search, workers, evaluations=1000)
    rng = np.random.default_rng(number)
    for _ in range(4):
        before = len(sitting.traces())
        process = sitting.start()
        while len(sitting.traces()) == before:  # a signal before the study begins is none of its business
            assert process.is_alive()
            process.join(0.005)
        process.join(rng.uniform(0.0, 0.15))
        os.kill(process.pid, number)
        process.join(60)
        assert process.exitcode == 0
        shown = open_result(sitting.store)
        assert shown.status is Status.INTERRUPTED
        if workers == 1:  # what several threads are still at when the signal comes is not waited for twice
            assert len(set(sitting.traces()) - set(shown.designs.hashes())) <= 30
    last = sitting.start()
    last.join(60)
    assert facts(open_result(sitting.store)) == facts(sitting.alone())


def study(store: Path | None, **options: object) -> Study:
    return Study(Knapsack(), Random(block=32), budget=Budget(evaluations=400), batch=50, store=store, progress="off", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("at", ["add", "flush", "load", "set_status", "__enter__", "__exit__"])
def test_interrupt_in_the_middle_of_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, in_memory: bool) -> None:
    """A signal during a write must wait for its end: a half-taken write would lose rows, in memory the whole record."""
    store = None if in_memory else tmp_path / "record.sqlite"
    original = getattr(Session, at)

    def interrupted(self: Session, *args: object, **options: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.001)
        return original(self, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Session, at, interrupted)
        patch.setattr("braess.study.store.writing._PATIENCE", 0.0)
        if at == "__exit__":  # everything is done: the signal is for whoever called
            with pytest.raises(KeyboardInterrupt):
                study(store).run()
        else:
            assert study(store).run().status is Status.INTERRUPTED
    if store is not None:
        assert facts(study(store).resume()) == facts(study(None).run())


@dataclass(frozen=True)
class Learning(Random):
    """A search that learns for a long time before it asks."""

    seconds: float = 20.0

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        ended = time.monotonic() + self.seconds
        while time.monotonic() < ended:
            sum(range(1000))
        return super()._start(problem, rng)


def test_interrupt_while_a_search_learns() -> None:
    """One signal must end what may take minutes, without waiting for its end."""
    began = time.monotonic()
    result = Study(Knapsack(), Learning(), budget=Budget(evaluations=10), progress="off").run()
    assert result.status is Status.INTERRUPTED
    assert not len(result.designs)
    assert time.monotonic() - began < 10


def test_interrupt_by_the_function(tmp_path: Path) -> None:
    """A signal may hit any line of Python: hundreds of random moments in a busy study, resumed each time in one process."""
    sitting = replace(Sitting(tmp_path, "genetic", evaluations=600, pause=0.0), batch=16)
    rng = np.random.default_rng(5)
    ended = 0
    for _ in range(50):
        began = time.monotonic()
        timer = threading.Timer(rng.uniform(0.0, 0.05), os.kill, (os.getpid(), signal.SIGINT))
        try:
            timer.start()
            status = sitting.go().status
            assert status in (Status.INTERRUPTED, Status.BUDGET_SPENT)
            ended += status is Status.BUDGET_SPENT
            timer.join()
            while time.monotonic() - began < 0.06:
                time.sleep(0.01)
        except KeyboardInterrupt:  # before the study began or after it ended
            timer.join()
    assert facts(sitting.go()) == facts(sitting.alone())
    rows = recorded(sitting.store, "killed")
    assert rows is not None
    assert sorted(rows) == list(range(600))


class Raising(Knapsack):
    """Raises what it is told to after some evaluations."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error
        self.calls = 0

    def evaluate(self, designs: Designs) -> Evaluations:
        """Raise in the fourth call."""
        self.calls += 1
        if self.calls == 4:
            raise self.error
        return super().evaluate(designs)


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupt_raised_inside_the_problem(workers: int) -> None:
    """Ctrl-C is mostly pressed while the follower works; in threads it comes back as the exception of a task."""
    found = Study(
        Raising(KeyboardInterrupt()), Random(), budget=Budget(evaluations=300), batch=20, workers=workers, progress="off"
    ).run()
    assert found.status is Status.INTERRUPTED
    assert 0 < len(found.evaluations) < 300


def test_exit_inside_the_problem_is_a_failure(tmp_path: Path) -> None:
    """Somebody who ends the interpreter must get out, with the record saying what happened."""
    store = tmp_path / "record.sqlite"
    with pytest.raises(SystemExit):
        Study(Raising(SystemExit(1)), Random(), budget=Budget(evaluations=300), batch=20, store=store, progress="off").run()
    found = open_result(store)
    assert found.status is Status.FAILED
    assert "SystemExit" in found.message


def test_handlers_are_put_back() -> None:
    """A study in somebody else's program must leave its signal handling as it was, and respect a handler of its own."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    study(None).run()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    taken: list[int] = []
    previous = signal.signal(signal.SIGTERM, lambda number, _: taken.append(number))
    try:
        with Interrupts() as interrupts, interrupts.allowed():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, previous)
    assert taken == [signal.SIGTERM]


def test_runs_in_a_thread_without_signals() -> None:
    """Threads cannot install handlers: a study in one must simply run."""
    found: list[Status] = []
    thread = threading.Thread(target=lambda: found.append(study(None).run().status))
    thread.start()
    thread.join()
    assert found == [Status.BUDGET_SPENT]


def recorded_claims(store: Path) -> int:
    connection = sqlite3.connect(store)
    try:
        return int(connection.execute("SELECT count(*) FROM claim").fetchone()[0])
    finally:
        connection.close()


def test_interrupted_study_can_be_resumed_by_the_same_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook the process lives on: a claim that could not be given back must not lock its own owner out."""
    store = tmp_path / "record.sqlite"

    def broken(*_: object) -> None:
        raise StoreError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("braess.study.store.claims.Claim.release", broken)
        assert study(store).run().status is Status.BUDGET_SPENT
    assert recorded_claims(store) == 1
    assert study(store).resume().status is Status.BUDGET_SPENT
