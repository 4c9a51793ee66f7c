"""Who evaluates: this thread, slice by slice, or the workers of an executor, who never wait for the slowest of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from braess.errors import BraessError
from braess.problem import Evaluations, Problem, WarmStart, capability

if TYPE_CHECKING:
    from braess.space import Designs
    from braess.study.interrupts import Interrupts

_SLICE = 0.2  # seconds of work in a task, between two looks at the clock and the record
_LOOK = 0.1  # seconds between two looks for an interrupt while workers work
_AHEAD = 2  # tasks for each worker that are given out: the one at work and the next

Part: TypeAlias = tuple[NDArray[np.int64], Evaluations]
Answer: TypeAlias = "Future[tuple[Evaluations, float]]"


class Workers:
    """Evaluates batches in parts and hands each part out when it is finished.

    It ends early when time is up or a signal waits; what workers are at then is finished and handed out, the rest is
    not begun.

    Parameters
    ----------
    problem
        What to evaluate.
    executor, count
        Who works, and how many of them; ``None``: this thread alone.
    interrupts
        Signals to look out for.
    late
        Tells whether time is up.
    """

    def __init__(
        self, problem: Problem, executor: Executor | None, count: int, interrupts: Interrupts, late: Callable[[], bool]
    ) -> None:
        self._problem = problem
        self._executor = executor
        self._count = count
        self._interrupts = interrupts
        self._late = late
        self._pace: float | None = None  # seconds an evaluation takes

    def evaluate(self, designs: Designs, starts: Sequence[Any] | None = None) -> Iterator[Part]:
        """Yield rows and evaluations of parts of ``n`` designs, in any order.

        With ``starts``, states ``[n]`` for a problem that can start from them, the evaluations carry the new states.

        Raises
        ------
        BraessError
            A worker process died.
        """
        return self._slices(designs, starts) if self._executor is None else self._tasks(designs, starts, self._executor)

    def _size(self, most: int) -> int:
        return 1 if self._pace is None else max(1, min(most, int(_SLICE / max(self._pace, 1e-7))))

    def _slices(self, designs: Designs, starts: Sequence[Any] | None) -> Iterator[Part]:
        start = 0
        while start < len(designs) and not self._late():
            rows = np.arange(start, min(len(designs), start + self._size(len(designs))))
            evaluations, seconds = evaluate_timed(self._problem, designs.take(rows), _of(starts, rows))
            self._pace = seconds / len(rows)
            yield rows, evaluations
            self._interrupts.step()
            start += len(rows)

    def _tasks(self, designs: Designs, starts: Sequence[Any] | None, executor: Executor) -> Iterator[Part]:
        start, running = 0, dict[Answer, NDArray[np.int64]]()
        try:
            while True:
                ending = self._late() or self._interrupts.waiting
                while not ending and start < len(designs) and len(running) < _AHEAD * self._count:
                    share = math.ceil((len(designs) - start) / (_AHEAD * self._count))
                    rows = np.arange(start, min(len(designs), start + self._size(share)))
                    running[self._submit(executor, designs.take(rows), _of(starts, rows))] = rows
                    start += len(rows)
                if ending:
                    running = {task: rows for task, rows in running.items() if not task.cancel()}
                if not running:
                    break
                for task in wait(running, timeout=_LOOK, return_when=FIRST_COMPLETED).done:
                    rows = running.pop(task)
                    evaluations = self._answer(task, len(rows))
                    if evaluations is not None:
                        yield rows, evaluations
        finally:
            for task in running:
                task.cancel()
        self._interrupts.step()

    def _submit(self, executor: Executor, designs: Designs, starts: Sequence[Any] | None) -> Answer:
        try:
            return executor.submit(evaluate_timed, self._problem, designs, starts)
        except BrokenExecutor as error:
            raise _dead(error) from error

    def _answer(self, task: Answer, n: int) -> Evaluations | None:
        """Return what a task came to; ``None`` where an interrupt, which reaches other processes too, ended it."""
        error = task.exception()
        if error is None:
            evaluations, seconds = task.result()
            self._pace = seconds / n
            return evaluations
        if isinstance(error, KeyboardInterrupt):
            self._interrupts.request()
        if self._interrupts.waiting:
            return None
        if isinstance(error, BrokenExecutor):
            raise _dead(error) from error
        if not isinstance(error, Exception):
            raise error
        return _failure(self._problem, n, error, 0.0)  # what could not be sent there or back


def evaluate_timed(problem: Problem, designs: Designs, starts: Sequence[Any] | None = None) -> tuple[Evaluations, float]:
    """Evaluate and return the seconds it took; what a problem raises instead of reporting is the error of each design.

    Without ``starts``, follower states are left out: a study answered from its record has none.
    """
    began = time.perf_counter()
    try:
        if starts is None:
            evaluations = replace(problem.evaluate(designs), states=None)
        else:
            warm: Any = capability(problem, cast("type[Any]", WarmStart))
            evaluations = warm.evaluate_from(designs, starts)
    except Exception as error:  # noqa: BLE001 -- one bad batch must not end the study
        seconds = time.perf_counter() - began
        return _failure(problem, len(designs), error, seconds / len(designs)), seconds
    return evaluations, time.perf_counter() - began


def _of(starts: Sequence[Any] | None, rows: NDArray[np.int64]) -> list[Any] | None:
    return None if starts is None else [starts[row] for row in rows.tolist()]


def _failure(problem: Problem, n: int, error: Exception, seconds: float) -> Evaluations:
    message = f"{type(error).__name__}: {error}"
    return Evaluations.failure(n, len(problem.objectives), len(problem.constraints), message, seconds)


def _dead(error: BrokenExecutor) -> BraessError:
    return BraessError(f"a worker died ({error}); what is recorded is kept: resume the study with new workers")
