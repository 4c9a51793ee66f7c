"""Studies carried out by real processes that tests kill, interrupt and let compete; every evaluation leaves a trace."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from braess.errors import BraessError
from braess.problem import Evaluations
from braess.search import Search
from braess.search.genetic import Genetic
from braess.search.local import Local
from braess.search.random import Random
from braess.space import Designs
from braess.study import Budget, Result, Study, workers
from braess.study.store import writing
from braess.testing import Flaky, Knapsack

SEARCHES: dict[str, Search] = {
    "random": Random(block=64),
    "genetic": Genetic(population=30, offspring=30),
    "local": Local(),
}
_NOBODY = 65534
DIGEST = 16  # bytes of a design's hash in the side log


class Traced(Flaky):
    """A knapsack, some of whose evaluations fail, that takes its time and writes the hash of each design to a side log."""

    def __init__(self, log: Path, pause: float) -> None:
        super().__init__(Knapsack(size=14), share=0.1)
        self.log = log
        self.pause = pause

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate, write down, wait."""
        found = super().evaluate(designs)
        trace = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for digest in designs.hashes():
            os.write(trace, digest)
            time.sleep(self.pause)
        os.close(trace)
        return found


@dataclass(frozen=True)
class Sitting:
    """All that another process needs to begin or to resume a study."""

    folder: Path
    search: str = "random"
    workers: int = 1
    evaluations: int = 400
    pause: float = 0.001
    cache: bool = True
    name: str = "killed"
    batch: int = 64
    patience: float = 0.02

    @property
    def store(self) -> Path:
        """Where the study is recorded."""
        return self.folder / "record.sqlite"

    @property
    def log(self) -> Path:
        """Where evaluations leave their trace."""
        return self.folder / f"{self.name}.log"

    def study(self, **options: Any) -> Study:
        """Set the study up."""
        return Study(
            Traced(self.log, self.pause),
            SEARCHES[self.search],
            budget=Budget(evaluations=self.evaluations),
            **{"store": self.store, "name": self.name, "seed": 3, "batch": self.batch, "progress": "off"}
            | {"workers": self.workers, "cache": self.cache}
            | options,
        )

    def go(self) -> Result:
        """Resume the study where it is recorded, else begin it."""
        study = self.study()
        return study.resume() if recorded(self.store, self.name) is not None else study.run()

    def alone(self) -> Result:
        """Carry the same study out uninterrupted, in memory."""
        folder = self.folder / "alone"
        folder.mkdir(exist_ok=True)
        return replace(self, folder=folder, pause=0.0).study(store=None).run()

    def start(self) -> Any:
        """Let another process, forked from one that has everything imported, carry the study out."""
        _warm_up()
        process = context.Process(target=_sit, args=(self,))
        process.start()
        return process

    def traces(self) -> list[bytes]:
        """Return the hashes of all designs evaluated so far, in order."""
        raw = self.log.read_bytes() if self.log.exists() else b""
        return [raw[i : i + DIGEST] for i in range(0, len(raw), DIGEST)]


def _sit(sitting: Sitting) -> None:
    writing._PATIENCE = workers._SLICE = sitting.patience  # write often: kills meet writes, and each sitting gets somewhere
    try:
        sitting.go()
    except BraessError as error:
        (sitting.folder / "error.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        raise SystemExit(3) from None


def without_rights(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process that may write nothing but what everybody may, as administrator too; return its value."""
    _warm_up()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_call_without_rights, args=(there, function, arguments))
    process.start()
    there.close()
    try:
        return here.recv()
    finally:
        process.join(60)
        here.close()


def _call_without_rights(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    try:
        pipe.send(function(*arguments))
    except BraessError as error:
        pipe.send(f"{type(error).__name__}: {error}")


def recorded(store: Path, name: str) -> dict[int, bytes] | None:
    """Look the hash of each recorded position of a study up without braess; ``None`` where the study is not there."""
    if not store.exists():
        return None
    connection = sqlite3.connect(store)
    try:
        found = connection.execute("SELECT id FROM study WHERE name = ?", (name,)).fetchone()
        if found is None:
            return None
        rows = connection.execute("SELECT position, design FROM evaluation WHERE study_id = ?", found).fetchall()
        return {position: hashlib.blake2b(design, digest_size=DIGEST).digest() for position, design in rows}
    except sqlite3.OperationalError:  # killed before the tables were made
        return None
    finally:
        connection.close()


def fails(digest: bytes) -> bool:
    """Tell whether `Traced` lets a design fail with an error; such answers are not kept in mind."""
    return 0.05 <= int.from_bytes(digest[:4], "little") / 2**32 < 0.1


def facts(result: Result) -> list[Any]:
    """Return everything of a result that must not depend on kills: all but times."""
    found = result.evaluations
    return [
        result.designs.pack(),
        found.objectives.tobytes(),
        found.constraints.tobytes(),
        found.errors,
        found.exact.tobytes(),
        result.status,
        result.best,
        result.front.tolist(),
    ]


context = multiprocessing.get_context("forkserver")


@cache
def _warm_up() -> None:
    """Start the process that others are forked from, with everything imported and this folder on its path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)]))
        context.set_forkserver_preload(["warmed"])
        forkserver.ensure_running()
