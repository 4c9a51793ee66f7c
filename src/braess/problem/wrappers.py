"""Problems wrapped around a problem: what they share, and one that evaluates on several workers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, as_completed
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem.evaluations import Evaluations
from braess.problem.problem import Problem
from braess.space import Designs


class Wrapper(Problem):
    """A problem that asks another one; the same space, objectives and constraints.

    Parameters
    ----------
    problem
        The problem inside.

    Attributes
    ----------
    hides
        Capabilities of the problem inside that this one does not have, since it answers otherwise.
    """

    hides: ClassVar[tuple[type[Any], ...]] = ()

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.name = problem.name
        self.space = problem.space
        self.objectives = problem.objectives
        self.constraints = problem.constraints

    def evaluate(self, designs: Designs) -> Evaluations:
        """Let the problem inside evaluate."""
        return self.problem.evaluate(designs)

    def check(self, designs: Designs) -> Evaluations:
        """Let the problem inside check."""
        return self.problem.check(designs)

    def describe(self) -> dict[str, Any]:
        """Describe the problem inside."""
        return self.problem.describe()


class Parallel(Wrapper):
    """Evaluates the designs of a batch on the workers of an executor.

    Threads are the right workers for followers whose kernels release the interpreter lock; a process pool or a
    cluster (anything with the `concurrent.futures.Executor` interface) needs a problem that pickles.

    Parameters
    ----------
    problem
        The problem inside.
    executor
        Who works. The caller owns it and shuts it down.
    chunk
        Designs in one task, or ``None``: a quarter of each worker's share of the batch.
    workers
        Number of workers of the executor.
    """

    def __init__(self, problem: Problem, executor: Executor, *, workers: int, chunk: int | None = None) -> None:
        super().__init__(problem)
        if workers < 1 or (chunk is not None and chunk < 1):
            raise InputError(
                "impossible division of work", field="workers, chunk", found=(workers, chunk), expected="at least 1"
            )
        self.executor = executor
        self.workers = workers
        self.chunk = chunk

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate all designs and return them in order."""
        parts = sorted(self.stream(designs), key=lambda part: int(part[0][0]))
        return Evaluations.concatenate([part for _, part in parts]) if parts else self.problem.evaluate(designs)

    def stream(self, designs: Designs) -> Iterator[tuple[NDArray[np.int64], Evaluations]]:
        """Yield the rows and the evaluations of each task as it finishes, in any order."""
        n = len(designs)
        chunk = self.chunk or max(1, math.ceil(n / (4 * self.workers)))
        tasks: dict[Future[Evaluations], NDArray[np.int64]] = {}
        for start in range(0, n, chunk):
            rows = np.arange(start, min(start + chunk, n))
            tasks[self.executor.submit(self.problem.evaluate, designs.take(rows))] = rows
        began = time.perf_counter()
        try:
            for done in as_completed(tasks):
                yield tasks[done], self._result(done, len(tasks[done]), began)
        finally:
            for task in tasks:
                task.cancel()

    def _result(self, done: Future[Evaluations], n: int, began: float) -> Evaluations:
        error = done.exception()
        if error is None:
            return done.result()
        if not isinstance(error, Exception):
            raise error
        message = f"{type(error).__name__}: {error}"
        seconds = (time.perf_counter() - began) / n
        return Evaluations.failure(n, len(self.objectives), len(self.constraints), message, seconds)
