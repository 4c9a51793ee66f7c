"""Measures what recording every evaluation costs in a study of 100,000 evaluations."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.problem import Evaluations, Objective, Problem
from braess.search.random import Random
from braess.space import Binary, Designs, Space
from braess.study import Budget, Study
from braess.study.store import Session
from results import write_result

WIDTH = 76  # one binary for each link of Sioux Falls
BATCH = 256
BUSY = 300e-6  # seconds of work in an evaluation
SEED = 1


def work(size: int) -> None:
    """Keep the processor busy with compiled code, as a follower does."""
    hashlib.sha256(bytes(size)).digest()


def size_for(seconds: float) -> int:
    """Measure how many bytes take so long to hash on this machine when nothing disturbs it."""
    trial = 100_000
    fastest = math.inf
    for _ in range(200):
        began = time.perf_counter()
        work(trial)
        fastest = min(fastest, time.perf_counter() - began)
    return int(trial * seconds / fastest)


class Busy(Problem):
    """Counts ones, and keeps the processor busy for a while with each design, as a follower would.

    The work is a fixed number of bytes to hash, not a time to wait: else a disturbed machine would do less of it.
    """

    name = "busy"

    def __init__(self, size: int) -> None:
        self.size = size
        self.space = Space({"links": Binary(size=WIDTH)})
        self.objectives = (Objective("ones"),)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Work for a while on each design."""
        for _ in range(len(designs)):
            work(self.size)
        return self.check(designs)

    def check(self, designs: Designs) -> Evaluations:
        """Count at once."""
        return Evaluations.of(designs["links"].sum(axis=1, keepdims=True))


def bare(problem: Problem, evaluations: int) -> None:
    """Ask, evaluate and tell: what any loop has to do."""
    running = Random().start(problem, np.random.default_rng(SEED))
    done = 0
    while done < evaluations:
        designs = running.ask(min(BATCH, evaluations - done))
        running.tell(designs, problem.evaluate(designs))
        done += len(designs)


def study(problem: Problem, evaluations: int, store: Path | None) -> None:
    found = Study(
        problem, Random(), budget=Budget(evaluations=evaluations), seed=SEED, batch=BATCH, store=store, progress="off"
    ).run()
    assert len(found.evaluations) == evaluations


class Clock:
    """Adds up the seconds spent inside some methods, calls from one to another counted once."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0
        self._inside = False

    def around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a method."""

        def timed(*arguments: Any, **options: Any) -> Any:
            if self._inside:
                return method(*arguments, **options)
            self._inside, began, used = True, time.perf_counter(), time.process_time()
            try:
                return method(*arguments, **options)
            finally:
                self.wall += time.perf_counter() - began
                self.processor += time.process_time() - used
                self._inside = False

        return timed


def watched() -> Clock:
    """Time everything that writes to the record or reads it back, from now on."""
    clock = Clock()
    for name in ("add", "flush", "set_status", "keep", "load", "__exit__"):
        setattr(Session, name, clock.around(getattr(Session, name)))
    return clock


def on_file(problem: Problem, evaluations: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        study(problem, evaluations, Path(folder) / "record.sqlite")


def measure(evaluations: int, repeats: int) -> dict[str, Any]:
    problem = Busy(size_for(BUSY))
    ways: dict[str, Callable[[], None]] = {
        "bare_loop": lambda: bare(problem, evaluations),
        "study_in_memory": lambda: study(problem, evaluations, None),
        "study_on_file": lambda: on_file(problem, evaluations),
    }
    on_file(Busy(0), 1000)  # imports
    wall: dict[str, list[float]] = {way: [] for way in ways}
    processor: dict[str, list[float]] = {way: [] for way in ways}
    clock = watched()
    recording: dict[str, list[float]] = {"wall": [], "processor": []}
    for repeat in range(repeats):
        for way in (list(ways), list(ways)[::-1])[repeat % 2]:
            clock.wall = clock.processor = 0.0
            began, used = time.perf_counter(), time.process_time()
            ways[way]()
            wall[way].append(time.perf_counter() - began)
            processor[way].append(time.process_time() - used)
            if way == "study_on_file":
                recording["wall"].append(clock.wall)
                recording["processor"].append(clock.processor)
            print(way, round(wall[way][-1], 3), round(processor[way][-1], 3), flush=True)
    facts = {
        "evaluations": evaluations,
        "seconds_of_work_per_evaluation": BUSY,
        "variables": WIDTH,
        "batch": BATCH,
        "repeats": repeats,
        "claim": "share of a study on file spent on its record below 0.05",
    }
    return facts | {
        "wall": compared(wall, recording["wall"], evaluations),
        "processor": compared(processor, recording["processor"], evaluations),
    }


def compared(seconds: dict[str, list[float]], recording: list[float], evaluations: int) -> dict[str, Any]:
    """Compare medians: the record with the study it belongs to, and whole studies with the bare loop."""
    medians = {way: statistics.median(values) for way, values in seconds.items()}
    extra = {way: medians[way] - medians["bare_loop"] for way in medians if way != "bare_loop"}
    share = statistics.median(part / whole for part, whole in zip(recording, seconds["study_on_file"], strict=True))
    return {
        "seconds": seconds,
        "seconds_recording": recording,
        "median_seconds": medians,
        "recording_microseconds_per_evaluation": statistics.median(recording) / evaluations * 1e6,
        "recording_share": share,
        "holds": share < 0.05,
        "study_microseconds_per_evaluation": {way: value / evaluations * 1e6 for way, value in extra.items()},
        "study_over_bare_loop": {way: value / medians["bare_loop"] for way, value in extra.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    result = measure(chosen.evaluations, chosen.repeats)
    print(json.dumps(result, indent=2))
    if chosen.evaluations == parser.get_default("evaluations"):
        print(write_result(__file__, result))


if __name__ == "__main__":
    main()
