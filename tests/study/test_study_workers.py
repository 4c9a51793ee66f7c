"""Workers are kept busy, finish what they are at, and their own troubles are never taken for failed evaluations."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from braess.errors import BraessError
from braess.problem import Evaluations
from braess.search.random import Random
from braess.space import Designs
from braess.study import Budget, Result, Snapshot, Status, Study, open_result
from braess.study.progress import Display
from braess.testing import Knapsack

_INTERRUPTED_POOL = """
import os, signal, sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_study_workers import Napping, study
from braess.errors import BraessError
from braess.study import open_result
def recorded(store):
    try:
        return len(open_result(store).evaluations)
    except BraessError:  # there is no study yet
        return 0
def interrupt(store):
    while recorded(store) < 10:
        time.sleep(0.05)
    os.killpg(0, signal.SIGINT)
if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(abs, range(20)))
        threading.Thread(target=interrupt, args=(Path(sys.argv[2]),)).start()
        result = study(Napping(0.02), store=Path(sys.argv[2]), executor=pool, workers=2).run()
    print(result.status.name, int(result.evaluations.failed.sum()))
"""


class Napping(Knapsack):
    """Takes a while for each design, four times as long for some."""

    def __init__(self, pause: float) -> None:
        super().__init__(size=30)
        self.pause = pause
        self.parent = os.getpid()
        self.naps: list[float] = []

    def evaluate(self, designs: Designs) -> Evaluations:
        """Wait, then answer."""
        nap = sum(self.pause * (4.0 if digest[0] < 64 else 1.0) for digest in designs.hashes())
        self.naps.append(nap)
        time.sleep(nap)
        return super().evaluate(designs)


class Deadly(Napping):
    """Ends the process that evaluates certain designs, unless that is the study's own."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Die or answer."""
        if os.getpid() != self.parent and any(digest[0] < 8 for digest in designs.hashes()):
            os._exit(9)
        return super().evaluate(designs)


class Locked(Knapsack):
    """Holds something that cannot be sent to another process."""

    def __init__(self) -> None:
        super().__init__(size=30)
        self.lock = threading.Lock()


def study(problem: Knapsack, budget: Budget | None = None, **options: object) -> Study:
    limits = Budget(evaluations=400) if budget is None else budget
    return Study(problem, Random(), budget=limits, progress="off", **options)  # type: ignore[arg-type]


def values(result: Result) -> tuple[list[bytes], bytes]:
    return result.designs.pack(), result.evaluations.objectives.tobytes()


@pytest.fixture
def processes() -> Iterator[Executor]:
    """Two worker processes."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as pool:
        yield pool


def test_nobody_waits_for_the_slowest() -> None:
    """Followers take unequal times: each worker must get its next design when it is free, not when all are."""
    problem = Napping(0.03)
    began = time.monotonic()
    study(problem, Budget(evaluations=128), workers=4).run()
    busy = sum(problem.naps) / 4
    assert time.monotonic() - began < 1.5 * busy


def test_time_limit_keeps_what_is_being_evaluated(tmp_path: Path) -> None:
    """When time is up, what threads are at is waited for anyway: it must be in the record, and nothing more begun."""
    problem = Napping(0.05)
    found = study(problem, Budget(seconds=0.5), workers=4, store=tmp_path / "record.sqlite", batch=200).run()
    assert found.status is Status.BUDGET_SPENT
    assert len(found.evaluations) == sum(round(nap / 0.05) for nap in problem.naps) - 3 * _slow(found)
    assert len(found.evaluations) < 100


def _slow(result: Result) -> int:
    return sum(digest[0] < 64 for digest in result.designs.hashes())


def test_worker_processes_find_the_same(processes: Executor) -> None:
    """Where a design is evaluated must not show."""
    problem = Napping(0.0)
    assert values(study(problem, executor=processes, workers=2).run()) == values(study(problem).run())


def test_dead_worker_is_no_failed_evaluation(processes: Executor, tmp_path: Path) -> None:
    """A worker killed for its memory takes others down with it: none of them failed, and resuming evaluates them."""
    store = tmp_path / "record.sqlite"
    with pytest.raises(BraessError, match="a worker died"):
        study(Deadly(0.0), executor=processes, workers=2, store=store).run()
    left = open_result(store)
    assert left.status is Status.FAILED
    assert not left.evaluations.failed.any()
    assert values(study(Deadly(0.0), store=store).resume()) == values(study(Deadly(0.0)).run())


def test_problem_that_cannot_be_sent(processes: Executor) -> None:
    """The reason must be in the record, where the user looks for it."""
    found = study(Locked(), Budget(evaluations=10), executor=processes).run()
    assert found.best is None
    assert all("pickle" in str(error) for error in found.evaluations.errors)


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_interrupt_that_reaches_worker_processes(tmp_path: Path) -> None:
    """Ctrl-C on a terminal goes to all processes: workers that die of it leave no failed evaluations behind."""
    script, store = tmp_path / "script.py", tmp_path / "record.sqlite"
    script.write_text(_INTERRUPTED_POOL, encoding="utf-8")
    command = [sys.executable, str(script), str(Path(__file__).parent), str(store)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, start_new_session=True, check=False)
    assert done.stdout.split() == ["INTERRUPTED", "0"], done.stderr
    assert 0 < len(open_result(store).evaluations) < 400
    assert values(study(Napping(0.0), store=store).resume()) == values(study(Napping(0.0)).run())


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_within_a_batch(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of slow evaluations may take hours: the display must move with each that is finished."""
    from contextlib import contextmanager

    from braess.study import loop

    seen: list[int] = []

    @contextmanager
    def watch(*_: object) -> Iterator[Display]:
        def display(snapshot: Snapshot) -> None:
            seen.append(snapshot.evaluations)

        yield display

    monkeypatch.setattr(loop, "show", watch)
    study(Napping(0.02), Budget(evaluations=40), workers=workers, batch=40).run()
    assert seen == sorted(seen)
    assert seen[-1] == 40
    assert len(set(seen)) >= 4


def test_states_are_not_told() -> None:
    """A resumed study has no follower states in its record: a search must not get to depend on them."""

    class Stateful(Knapsack):
        def evaluate(self, designs: Designs) -> Evaluations:
            found = super().evaluate(designs)
            return Evaluations.of(found.objectives, found.constraints, states=list(range(len(designs))))

    told = []

    class Listening(Random):
        def _start(self, problem: object, rng: np.random.Generator) -> object:
            running = super()._start(problem, rng)  # type: ignore[arg-type]
            tell = running.tell
            running.tell = lambda designs, evaluations: told.append(evaluations.states) or tell(designs, evaluations)  # type: ignore[func-returns-value, method-assign]
            return running

    Study(Stateful(), Listening(), budget=Budget(evaluations=60), batch=20, cache=False, progress="off").run()
    with ThreadPoolExecutor(2) as pool:
        Study(Stateful(), Listening(), budget=Budget(evaluations=60), batch=20, executor=pool, progress="off").run()
    assert told
    assert set(told) == {None}
