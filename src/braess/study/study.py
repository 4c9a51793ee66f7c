"""The run: ask, evaluate, tell, record; until a budget is met, however often it is interrupted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, get_args

from braess.errors import InputError
from braess.problem import Problem
from braess.search import Search
from braess.study.budget import Budget
from braess.study.progress import Mode
from braess.study.result import Result
from braess.study.tracker import Snapshot

_BATCH = 256
_FINITE = 1e6  # designs of a space that a search may be left to exhaust
_LONGEST_NAME = 200
_LONGEST_FILE = 10_000_000  # characters of a study file

Callback = Callable[[Snapshot], "bool | None"]


class Study:
    """One search on one problem under one budget, with a record of every evaluation.

    With the same seed, settings and versions a study is the same, bit for bit, with any number of workers; killed and
    resumed, it ends where it would have ended uninterrupted (budgets in seconds apart). Resuming replays: the search
    is asked again from its seed, and what is recorded is answered from there; one that keeps checkpoints starts from the last.
    So a study can also be resumed with a
    larger budget, and ends where one with that budget would have: the search is always asked for whole batches, of
    which the last is evaluated as far as the budget allows.

    Where the search makes designs out of others (`braess.search.capabilities.Inheriting`) and the follower can start from a
    state (`braess.problem.WarmStart`), that of a design starts where that of the other ended.

    Parameters
    ----------
    problem, search
        What to solve, and how.
    budget
        When to end.
    seed
        Of every random choice.
    store
        Where evaluations are recorded: a path (SQLite), an SQLAlchemy URL, or ``None`` for memory.
    name
        Of the study in the record; left out: the problem's.
    workers
        Threads that evaluate. Ignored where ``executor`` brings workers of its own, except to divide the work.
    executor
        Who evaluates, in place of threads: any `concurrent.futures.Executor`; the caller shuts it down.
    batch
        Designs asked for at a time, at the most.
    cache
        Whether a design met again is answered from memory.
    progress
        ``"auto"`` (a bar on a terminal, else log lines), ``"bar"``, ``"log"`` or ``"off"``.
    callbacks
        Called after each batch with a `Snapshot`; one that returns true ends the study.
    study_file, study_folder
        Text of the study file, and where its relative paths start as seen from the record; kept in the record.

    Raises
    ------
    InputError
        Settings that make no sense, or a search that cannot handle the problem.
    """

    def __init__(
        self,
        problem: Problem,
        search: Search,
        *,
        budget: Budget,
        seed: int = 0,
        store: str | Path | None = None,
        name: str | None = None,
        workers: int = 1,
        executor: Executor | None = None,
        batch: int | None = None,
        cache: bool = True,
        progress: Mode = "auto",
        callbacks: Sequence[Callback] = (),
        study_file: str | None = None,
        study_folder: str | None = None,
    ) -> None:
        batch = _BATCH if batch is None else batch
        self.name = problem.name if name is None else name
        _require_sense(self.name, seed, progress, workers=workers, batch=batch)
        search.require_fit(problem)
        budget.require_end(problem, exhaustible=search.ends or problem.space.cardinality <= _FINITE)
        self.problem = problem
        self.search = search
        self.budget = budget
        self.seed = seed
        self.store = store
        self.workers = workers
        self.executor = executor
        self.batch = batch
        self.cache = cache
        self.progress = progress
        self.callbacks = tuple(callbacks)
        self.study_file = study_file
        self.study_folder = study_folder

    def run(self) -> Result:
        """Carry the study out and return what it came to; Ctrl-C ends it with the result so far.

        Raises
        ------
        InputError
            The search cannot handle the problem, or the record already holds a study of this name.
        StoreError
            The record cannot be written.
        """
        return self._carry_out(resume=False)

    def resume(self) -> Result:
        """Go on with the study where its record ends, under this budget; raises as `run` does.

        Raises
        ------
        InputError
            The record holds no such study, or one of other settings.
        """
        return self._carry_out(resume=True)

    def _carry_out(self, *, resume: bool) -> Result:
        from braess.study.interrupts import Interrupts
        from braess.study.loop import Loop
        from braess.study.store import open_session

        with Interrupts() as interrupts, open_session(self.store, self._facts(), self.problem, resume=resume) as session:
            return Loop(self, session, interrupts).run()

    def _facts(self) -> dict[str, Any]:
        from braess.study.store.codec import to_json, writable

        return {
            "name": self.name,
            "seed": str(self.seed),
            "batch": self.batch,
            "search": to_json(description_of(self.search)),
            "budget": to_json(self.budget.describe()),
            "study_file": None if self.study_file is None else writable(self.study_file, longest=_LONGEST_FILE),
            "study_folder": None if self.study_folder is None else writable(self.study_folder),
        }


def _require_sense(name: str, seed: int, progress: str, **numbers: int) -> None:
    """Refuse settings that make no sense before anything is recorded."""
    for field, value in numbers.items():
        if value < 1:
            raise InputError("impossible number", field=field, found=value, expected="at least 1")
    if seed < 0:
        raise InputError("impossible seed", field="seed", found=seed, expected="at least 0")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError("impossible name", field="name", found=name, expected=f"1 to {_LONGEST_NAME} printable characters")
    if progress not in get_args(Mode):
        raise InputError("unknown display", field="progress", found=progress, expected=f"one of {', '.join(get_args(Mode))}")


def description_of(search: Search) -> dict[str, Any]:
    """Describe a search as plain data: its method and its hyper-parameters."""
    fields = {item.name: getattr(search, item.name) for item in dataclasses.fields(search)}  # type: ignore[arg-type]
    return {"method": search.name} | fields
