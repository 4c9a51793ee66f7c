"""Runs a comparison: each search with each seed is a study with a record of its own, so any of them can be gone on with."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from braess.errors import InputError
from braess.problem import Problem
from braess.search import Search
from braess.study.budget import Budget
from braess.study.comparison.compared import Compared
from braess.study.result import open_result
from braess.study.status import Status
from braess.study.study import Study

Progress = Callable[[int, int], None]

_FACTS = "comparison.json"
_FORMAT = 1
_GOES_ON = frozenset({Status.UNFINISHED, Status.INTERRUPTED, Status.FAILED, Status.STOPPED})


def compare(
    problem: Problem,
    searches: Mapping[str, Search],
    *,
    budget: Budget,
    seeds: Sequence[int] = range(10),
    folder: str | Path,
    processes: int = 1,
    batch: int | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Let several searches solve the same problem under the same budget, each with the same seeds.

    Interrupted, the same call goes on. With more seeds or searches it adds to what is there.

    Parameters
    ----------
    problem
        What is solved; must pickle where there are several processes.
    searches
        By labels for people to read.
    budget
        Of each run.
    seeds
        One run of each search for each.
    folder
        Where records are kept, one file a run.
    processes
        Runs at a time. Each run evaluates on one thread, so that runs under a budget in seconds are alike; more runs than
        cores make them slower.
    batch
        Designs asked for at a time, as in `Study`.
    progress
        Gets the number of runs that are done, and that of all.

    Raises
    ------
    InputError
        Nothing to compare, seeds or labels that occur twice, a search that cannot handle the problem, or another comparison in
        that folder.
    """
    place, seeds = Path(folder), tuple(seeds)
    _require_sense(problem, searches, seeds, processes)
    _require_same(place, problem, searches, budget, batch)
    runs = [(label, seed) for seed in seeds for label in searches]
    paths = {run: place / "runs" / _file_name(*run) for run in runs}
    missing = [run for run in runs if not _finished(paths[run])]
    done = len(runs) - len(missing)
    tasks = [(problem, searches[label], budget, seed, paths[label, seed], batch) for label, seed in missing]
    for more in _carried_out(tasks, processes):
        done += more
        if progress is not None:
            progress(done, len(runs))
    results = {label: tuple(open_result(paths[label, seed]) for seed in seeds) for label in searches}
    return Compared(seeds, results, seconds=budget.evaluations is None and budget.seconds is not None)


def _carried_out(tasks: list[tuple[Any, ...]], processes: int) -> Iterator[int]:
    """Carry runs out, some at a time, and yield how many have ended each time that some have."""
    if processes == 1:
        for task in tasks:
            if _run(*task) is Status.INTERRUPTED:
                raise KeyboardInterrupt
            yield 1
        return
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    try:
        waiting: set[Future[Status]] = {pool.submit(_run, *task) for task in tasks}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            if any(future.result() is Status.INTERRUPTED for future in ended):
                raise KeyboardInterrupt
            yield len(ended)
    finally:
        pool.shutdown(cancel_futures=True)


def _run(problem: Problem, search: Search, budget: Budget, seed: int, path: Path, batch: int | None) -> Status:
    path.parent.mkdir(parents=True, exist_ok=True)
    study = Study(problem, search, budget=budget, seed=seed, store=path, batch=batch, progress="off")
    return (study.resume() if path.exists() else study.run()).status


def _finished(path: Path) -> bool:
    return path.exists() and open_result(path).status not in _GOES_ON


def _file_name(label: str, seed: int) -> str:
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', label)}-{seed}.sqlite"


def _require_sense(problem: Problem, searches: Mapping[str, Search], seeds: tuple[int, ...], processes: int) -> None:
    if not searches:
        raise InputError("nothing to compare", field="searches", expected="at least one")
    if not seeds or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise InputError("impossible seeds", field="seeds", found=list(seeds), expected="some of at least 0, each once")
    if processes < 1:
        raise InputError("impossible number", field="processes", found=processes, expected="at least 1")
    files = {_file_name(label, 0) for label in searches}
    if len(files) < len(searches) or not all(label.strip() for label in searches):
        raise InputError("labels that cannot be told apart", field="searches", found=list(searches))
    for search in searches.values():
        search.require_fit(problem)


def _require_same(place: Path, problem: Problem, searches: Mapping[str, Search], budget: Budget, batch: int | None) -> None:
    """Refuse a folder in which something else was compared; write down what is compared here, all searches so far."""
    from braess.study.study import description_of

    asked = {"problem": problem.describe(), "space": problem.space.describe(), "budget": budget.describe(), "batch": batch}
    facts: dict[str, Any] = json.loads(json.dumps({"format": _FORMAT} | asked, default=str))
    entrants = json.loads(json.dumps({label: description_of(search) for label, search in searches.items()}, default=str))
    path = place / _FACTS
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            before: dict[str, Any] = found.pop("searches")
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("this is no account of a comparison", file=path) from error
        for name, value in facts.items():
            if found.get(name) != value:
                raise InputError("another comparison is there", file=path, field=name, expected="the same, or another folder")
        for label in before.keys() & entrants.keys():
            if before[label] != entrants[label]:
                raise InputError("another search had this label", file=path, field=label, expected="the same, or another label")
        entrants = before | entrants
    place.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(json.dumps(facts | {"searches": entrants}, indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, path)
