"""The loop of a study: replays what is recorded, evaluates the rest, writes it down at once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from braess.errors import BraessError
from braess.problem import Cached, Evaluations, Illustrated, Parallel, Problem, capability
from braess.study.progress import log, show
from braess.study.status import Status
from braess.study.tracker import Tracker

if TYPE_CHECKING:
    from braess.space import Designs
    from braess.study.store import Session
    from braess.study.study import Study

_SLICE = 0.2  # seconds of work between two looks at the clock and the record
_ILLUSTRATED = 10  # designs of a front that are kept for drawing

Part = tuple[NDArray[np.int64], Evaluations]


class Loop:
    """Carries out one sitting of a study.

    Parameters
    ----------
    study
        What to do.
    session
        Where to record it.
    """

    def __init__(self, study: Study, session: Session) -> None:
        self._study = study
        self._session = session
        self._tracker = Tracker(study.problem, study.budget)
        recorded = session.load()
        self._known = {int(position): row for row, position in enumerate(recorded.positions)}
        self._recorded = recorded
        self._spent = recorded.spent
        self._began = time.monotonic()
        self._fresh = 0
        self._pace: float | None = None  # seconds an evaluation takes

    @property
    def elapsed(self) -> float:
        """Seconds spent, earlier sittings included."""
        return self._spent + time.monotonic() - self._began

    def run(self) -> None:
        """Ask, evaluate, tell and record until the study ends; the record then says why."""
        study, session = self._study, self._session
        session.set_status(Status.UNFINISHED, Status.UNFINISHED.message)
        status, message = Status.FAILED, ""
        try:
            with _terminable(), show(study.name, study.budget, study.progress) as self._display, _workers(study) as executor:
                status = self._loop(executor)
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        except Exception as error:
            message = f" {type(error).__name__}: {error}"
            raise
        finally:
            session.flush(self.elapsed)
            session.set_status(status, status.message + message)
        self._illustrate()

    def _loop(self, executor: Executor | None) -> Status:
        study = self._study
        running = study.search.start(study.problem, np.random.default_rng(study.seed))
        problem = self._evaluator(executor)
        while True:
            status = self._tracker.ended(self.elapsed)
            if status is not None:
                return status
            designs = running.ask(self._allowance())
            if not len(designs):
                return Status.EXHAUSTED
            evaluations = self._answer(problem, designs)
            if evaluations is None:
                return Status.BUDGET_SPENT
            running.tell(designs, evaluations)
            self._tracker.add(evaluations)
            if self._called_back():
                return Status.STOPPED

    def _allowance(self) -> int:
        limit = self._study.budget.evaluations
        return self._study.batch if limit is None else min(self._study.batch, limit - self._tracker.evaluations)

    def _called_back(self) -> bool:
        snapshot = self._tracker.snapshot(self.elapsed, self._fresh / max(1e-9, time.monotonic() - self._began))
        self._display(snapshot)
        return any(callback(snapshot) for callback in self._study.callbacks)

    def _answer(self, problem: Problem, designs: Designs) -> Evaluations | None:
        """Return the evaluations of a batch from the record and the problem; ``None`` where time ran out first."""
        first = self._tracker.evaluations
        rows = np.array([self._known.get(first + i, -1) for i in range(len(designs))])
        old, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        parts: list[Part] = []
        if old.size:
            self._require_recorded(designs.take(old), self._recorded.designs.take(rows[old]), first + old)
            parts.append((old, self._recorded.evaluations.take(rows[old])))
        fresh = designs.take(new)
        for places, evaluations in self._evaluate(problem, fresh):
            answered = new[places]
            self._session.add((first + answered).tolist(), designs.take(answered), evaluations, self.elapsed)
            self._fresh += len(answered)
            parts.append((answered, evaluations))
        done = np.concatenate([places for places, _ in parts])
        if len(done) < len(designs):
            return None
        return Evaluations.concatenate([part for _, part in parts]).take(np.argsort(done))

    def _require_recorded(self, asked: Designs, recorded: Designs, positions: NDArray[np.int64]) -> None:
        same = asked.same_as(recorded)
        if not same.all():
            place = int(positions[np.flatnonzero(~same)[0]])
            raise BraessError(
                f"evaluation {place} of the record is of another design than the search asks for now: "
                "the study was recorded by another version, or its problem has changed"
            )

    def _evaluator(self, executor: Executor | None) -> Problem:
        problem = Cached(self._study.problem) if self._study.cache else self._study.problem
        if executor is None:
            return problem
        if self._study.executor is not None and isinstance(problem, Cached):
            return Parallel(problem.problem, executor, workers=self._study.workers)  # a cache would be sent along and lost
        return Parallel(problem, executor, workers=self._study.workers)

    def _evaluate(self, problem: Problem, designs: Designs) -> Iterator[Part]:
        """Yield parts of a batch as they are evaluated, so that they are recorded soon; ends early when time runs out."""
        start = 0
        while start < len(designs):
            workers = self._study.workers if isinstance(problem, Parallel) else 1
            size = 1 if self._pace is None else max(1, int(_SLICE / max(self._pace, 1e-7)))
            places = np.arange(start, min(len(designs), start + size * workers))
            began = time.monotonic()
            part = designs.take(places)
            if isinstance(problem, Parallel):
                problem.chunk = max(1, min(size, -(-len(places) // workers)) // 2)
                for rows, evaluations in problem.stream(part):
                    yield places[rows], evaluations
            else:
                yield places, _safely(problem, part)
            self._pace = (time.monotonic() - began) / len(places) * workers
            start += len(places)
            limit = self._study.budget.seconds
            if limit is not None and self.elapsed >= limit:
                return

    def _illustrate(self) -> None:
        """Let the problem describe its best designs for pictures; a failure costs the pictures, not the result."""
        from braess.study.result import result_of

        illustrator = capability(self._study.problem, cast("type[Any]", Illustrated))
        result = result_of(self._session.load())
        chosen = result.front[:_ILLUSTRATED] if result.best is None else [result.best]
        if illustrator is None or not len(chosen):
            return
        try:
            self._session.keep(illustrator.illustrate(result.designs.take(chosen)))
        except Exception as error:  # noqa: BLE001 -- pictures are not worth losing a result for
            log.warning("%s: the best design could not be described for pictures: %s", self._study.name, error)


def _safely(problem: Problem, designs: Designs) -> Evaluations:
    """Evaluate; what a problem raises instead of reporting becomes the error of each design."""
    began = time.perf_counter()
    try:
        return problem.evaluate(designs)
    except Exception as error:  # noqa: BLE001 -- one bad batch must not end the study
        n = len(designs)
        seconds = (time.perf_counter() - began) / n
        return Evaluations.failure(
            n, len(problem.objectives), len(problem.constraints), f"{type(error).__name__}: {error}", seconds
        )


@contextmanager
def _workers(study: Study) -> Iterator[Executor | None]:
    if study.executor is not None or study.workers == 1:
        yield study.executor
        return
    pool = ThreadPoolExecutor(study.workers, thread_name_prefix="braess")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let a polite request to end (SIGTERM) do what Ctrl-C does, where signals can be handled at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
