"""Draws examples and lets the follower answer them, on threads, in parts that outlive an interruption."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np

from braess.errors import InputError
from braess.learn.samples import ERROR, read_facts, read_samples, write_samples
from braess.packing import pack, unpack
from braess.problem import Answers, Problem, Repairable, Sampleable, capability
from braess.space import Designs

# Examples in a part: each part has its own random numbers, so a larger sample begins with a smaller one.
_PART = 32
_FACTS = "facts.json"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sampled:
    """What sampling came to.

    Parameters
    ----------
    path
        The file, which `read_samples` reads.
    n
        Examples in it.
    failed
        Of these without an answer.
    solved
        Examples answered now, not before an interruption or for a smaller sample.
    """

    path: Path
    n: int
    failed: int
    solved: int


def sample(
    problem: Problem,
    n: int,
    path: str | Path,
    *,
    seed: int = 0,
    deviation: float = 0.2,
    relative_gap: float = 1e-6,
    designs: bool = False,
    threads: int = 2,
    progress: Progress | None = None,
) -> Sampled:
    """Draw examples, let the follower answer them, and write both to a Parquet file.

    The file does not depend on the number of threads, nor on how often this was interrupted: called again with the same
    arguments it goes on from the parts beside the file. A larger sample goes on from a smaller one of the same seed.

    Parameters
    ----------
    problem
        That can be sampled.
    n
        Number of examples.
    path
        The file to write.
    seed
        Of every random choice.
    deviation
        Relative standard deviation of what no design decides, such as demand; 0 leaves it as it is.
    relative_gap
        Precision of the follower.
    designs
        Draw what the problem allows and nothing else: random designs, repaired where it can; ``deviation`` is then 0.
    threads
        Threads that solve.
    progress
        Called with the number of examples done and of all.

    Raises
    ------
    InputError
        The problem cannot be sampled, a number makes no sense, or another sample lies at the path.
    """
    path = Path(path)
    source = _Source(problem, _sampleable(problem), seed, 0.0 if designs else deviation, relative_gap, designs)
    _require_sense(path, n, seed, deviation, relative_gap, threads)
    facts = source.facts()
    before = _earlier(path, facts)
    if before >= n:
        return Sampled(path, before, _failed(path), 0)
    whole = before // _PART
    parts = _Parts(path, facts)
    missing = [number for number in range(whole, -(-n // _PART)) if not parts.has(number)]
    done = n - sum(min(_PART, n - number * _PART) for number in missing)
    _solve(source, parts, missing, n, threads, (lambda more: progress(done + more, n)) if progress else None)
    failed = write_samples(path, _joined(path, whole, parts, n), facts | {"n": n})
    parts.remove()
    return Sampled(path, n, failed, n - done)


def describe_sample(
    problem: Problem, *, seed: int = 0, deviation: float = 0.2, relative_gap: float = 1e-6, designs: bool = False
) -> dict[str, Any]:
    """Say as plain data what `sample` would draw with these arguments: equal facts are equal samples."""
    return _Source(problem, _sampleable(problem), seed, 0.0 if designs else deviation, relative_gap, designs).facts()


@dataclass(frozen=True)
class _Source:
    """Where examples come from."""

    problem: Problem
    follower: Sampleable
    seed: int
    deviation: float
    relative_gap: float
    designs: bool

    def part(self, number: int) -> Answers:
        """Draw and answer one part; its columns hold what was drawn too."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        if self.designs:
            inputs = self.follower.inputs(random_designs(self.problem, _PART, rng))
        else:
            inputs = self.follower.draw(_PART, rng, deviation=self.deviation)
        answers = self.follower.answer(inputs, relative_gap=self.relative_gap)
        return Answers({**inputs, **answers.columns}, answers.errors)

    def facts(self) -> dict[str, Any]:
        """Say what is drawn, as plain data."""
        constants = self.follower.sample_constants()
        if self.designs:
            constants |= {"drawn": {"feasible": self.problem.describe(), "space": self.problem.space.describe()}}
        return {
            "constants": constants,
            "seed": self.seed,
            "deviation": self.deviation,
            "relative_gap": self.relative_gap,
            "part": _PART,
            "version": version("braess"),
        }


def random_designs(problem: Problem, n: int, rng: np.random.Generator) -> Designs:
    """Return ``n`` random designs, repaired if the problem can do that."""
    drawn = problem.space.sample(n, rng)
    repairer = capability(problem, cast("type[Any]", Repairable))
    return drawn if repairer is None else cast("Designs", repairer.repair(drawn, rng))


class _Parts:
    """The parts of a sample that is not complete, in a folder beside its file."""

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self.folder = path.with_name(f"{path.name}.parts")
        text, kept = json.dumps(facts, indent=1), self.folder / _FACTS
        if self.folder.exists() and (not kept.exists() or kept.read_text(encoding="utf-8") != text):
            raise InputError(
                "another sample was begun here", file=self.folder, expected="the same arguments, or this folder removed"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write(kept, text.encode())

    def has(self, number: int) -> bool:
        """Tell whether a part is there."""
        return self._place(number).exists()

    def keep(self, number: int, part: Answers) -> None:
        """Keep a part."""
        errors = np.array([error or "" for error in part.errors], dtype=np.str_)
        self._write(self._place(number), pack({**part.columns, ERROR: errors}))

    def read(self, number: int) -> Answers:
        """Read a part."""
        columns = unpack(self._place(number).read_bytes())
        errors = columns.pop(ERROR).tolist()
        return Answers(columns, tuple(error or None for error in errors))

    def remove(self) -> None:
        """Remove all parts."""
        shutil.rmtree(self.folder)

    def _place(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"

    def _write(self, place: Path, data: bytes) -> None:
        unfinished = place.with_name(f"{place.name}.unfinished")
        unfinished.write_bytes(data)
        os.replace(unfinished, place)


def _sampleable(problem: Problem) -> Sampleable:
    found = capability(problem, cast("type[Any]", Sampleable))
    if found is None:
        raise InputError("this problem cannot be sampled", field="problem", found=problem.name)
    return cast("Sampleable", found)


def _require_sense(path: Path, n: int, seed: int, deviation: float, relative_gap: float, threads: int) -> None:
    if not path.parent.is_dir():
        raise InputError("there is no such folder", file=path.parent)
    if path.is_dir():
        raise InputError("this is a folder", file=path, expected="a file to write")
    for name, value, right, expected in (
        ("n", n, n >= 1, "at least 1"),
        ("threads", threads, threads >= 1, "at least 1"),
        ("seed", seed, seed >= 0, "at least 0"),
        ("deviation", deviation, 0 <= deviation < np.inf, "at least 0"),
        ("relative_gap", relative_gap, 0 < relative_gap < 1, "between 0 and 1"),
    ):
        if not right:
            raise InputError("impossible number", field=name, found=value, expected=expected)


def _earlier(path: Path, facts: dict[str, Any]) -> int:
    """Return how many examples of this very sample the file holds already."""
    if not path.exists():
        return 0
    found, n = read_facts(path)
    for name, value in facts.items():
        if found.get(name) != json.loads(json.dumps(value)):
            brief = found.get(name) if isinstance(value, int | float | str) else None
            raise InputError(
                "another sample is there", file=path, field=name, found=brief, expected="the same, or another file"
            )
    return n


def _failed(path: Path) -> int:
    return sum(error is not None for error in read_samples(path, []).errors)


def _solve(
    source: _Source, parts: _Parts, missing: list[int], n: int, threads: int, progress: Callable[[int], None] | None
) -> None:
    """Answer the parts that are missing; an interrupt ends it at once, what is complete is kept."""

    def work(number: int) -> int:
        parts.keep(number, source.part(number))
        return min(_PART, n - number * _PART)

    done = 0
    pool = ThreadPoolExecutor(threads, thread_name_prefix="sample")
    try:
        waiting: set[Future[int]] = {pool.submit(work, number) for number in missing}
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            done += sum(future.result() for future in finished)
            if progress is not None:
                progress(done)
    finally:
        pool.shutdown(cancel_futures=True)


def _joined(path: Path, whole: int, parts: _Parts, n: int) -> Iterator[Answers]:
    """Yield the parts that an earlier file holds, then the others."""
    if whole:
        earlier = read_samples(path)
        for number in range(whole):
            part = earlier.take(slice(number * _PART, (number + 1) * _PART))
            yield Answers(part.columns, part.errors)
    for number in range(whole, -(-n // _PART)):
        answers, size = parts.read(number), min(_PART, n - number * _PART)
        yield Answers({name: column[:size] for name, column in answers.columns.items()}, answers.errors[:size])
