"""Cached and Parallel: same answers as the problem inside, nothing twice, nothing lost; capabilities seen through them."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from braess.errors import InputError
from braess.problem import (
    Cached,
    Constraint,
    Differentiable,
    Evaluations,
    Objective,
    Parallel,
    Problem,
    Repairable,
    Wrapper,
    capability,
    evaluate_each,
)
from braess.space import Designs
from braess.testing import Flaky, Knapsack, Sphere, Tour


class _Counting(Wrapper):
    """Counts the designs evaluated; safe from several threads."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.count = 0
        self._lock = threading.Lock()

    def evaluate(self, designs: Designs) -> Evaluations:
        with self._lock:
            self.count += len(designs)
        return self.problem.evaluate(designs)


def _designs(problem: Problem, n: int = 50, seed: int = 0) -> Designs:
    return problem.space.sample(n, np.random.default_rng(seed))


def _same(one: Evaluations, other: Evaluations) -> bool:
    return (
        np.array_equal(one.objectives, other.objectives, equal_nan=True)
        and np.array_equal(one.constraints, other.constraints, equal_nan=True)
        and one.errors == other.errors
    )


def test_cache_answers_what_it_knows() -> None:
    """A design met before must cost nothing and have the same answer, within a batch and between batches."""
    counting = _Counting(Knapsack())
    cached = Cached(counting)
    designs = _designs(counting)
    twice = counting.space.concatenate([designs, designs])
    distinct = len(set(designs.hashes()))
    assert _same(cached.evaluate(twice), Knapsack().evaluate(twice))
    assert counting.count == distinct
    again = cached.evaluate(designs.take(slice(None, None, -1)))
    assert counting.count == distinct
    assert _same(again, Knapsack().evaluate(designs.take(slice(None, None, -1))))
    assert again.seconds.tolist() == [0.0] * 50


def test_cache_forgets_the_longest_unused() -> None:
    """With room for two, using the first again must keep it and drop the second."""
    counting = _Counting(Tour())
    cached = Cached(counting, capacity=2)
    first, second, third = (_designs(counting, 3, seed=4).take([i]) for i in range(3))
    for design in (first, second, first, third, first):
        cached.evaluate(design)
    assert counting.count == 3
    cached.evaluate(second)
    assert counting.count == 4


def test_cache_does_not_remember_failures() -> None:
    """A lost worker or a full disk may pass: what failed with an error is tried again."""
    problem = Flaky(Knapsack(), share=1.0)
    counting = _Counting(problem)
    cached = Cached(counting)
    designs = _designs(counting, 20)
    failing = [i for i, error in enumerate(problem.evaluate(designs).errors) if error is not None]
    cached.evaluate(designs)
    before = counting.count
    cached.evaluate(designs.take(failing))
    assert counting.count == before + len(set(designs.take(failing).hashes())) > before


def test_cache_from_many_threads() -> None:
    """Threads that ask for the same designs at once must all get the right answers."""
    cached = Cached(Knapsack(), capacity=40)
    batches = [_designs(cached, 30, seed=i % 3) for i in range(60)]
    with ThreadPoolExecutor(8) as executor:
        found = list(executor.map(cached.evaluate, batches))
    assert all(_same(answers, Knapsack().evaluate(batch)) for answers, batch in zip(found, batches, strict=True))


def test_cache_pickles_with_what_it_knows() -> None:
    """A study interrupted must not lose its memory."""
    cached = Cached(_CountingFree())
    designs = _designs(cached)
    cached.evaluate(designs)
    copy = pickle.loads(pickle.dumps(cached))
    assert copy.evaluate(copy.space.unpack(designs.pack())).seconds.tolist() == [0.0] * 50


class _CountingFree(Knapsack):
    """A knapsack whose evaluations take half a second by its own account."""

    def evaluate(self, designs: Designs) -> Evaluations:
        return Evaluations.of(*self.answers(designs), seconds=0.5)


def test_cache_of_nothing() -> None:
    """An empty batch must stay empty, and a cache without room is refused."""
    cached = Cached(Knapsack())
    assert len(cached.evaluate(_designs(cached, 0))) == 0
    with pytest.raises(InputError, match="capacity"):
        Cached(Knapsack(), capacity=0)


@pytest.mark.parametrize("chunk", [None, 1, 7, 1000])
def test_parallel_is_serial(chunk: int | None) -> None:
    """Workers may finish in any order; the answers must come in the order of the designs, failures included."""
    problem = Flaky(Knapsack())
    designs = _designs(problem, 100)
    with ThreadPoolExecutor(4) as executor:
        assert _same(Parallel(problem, executor, workers=4, chunk=chunk).evaluate(designs), problem.evaluate(designs))


def test_parallel_in_other_processes() -> None:
    """The same must hold where designs and answers travel between processes."""
    problem = Sphere()
    designs = _designs(problem, 20)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert _same(Parallel(problem, executor, workers=2).evaluate(designs), problem.evaluate(designs))


def test_stream_covers_each_design_once() -> None:
    """A study records parts as they come: together they must be all rows, each once."""
    problem = Knapsack()
    designs = _designs(problem, 33)
    with ThreadPoolExecutor(3) as executor:
        parts = list(Parallel(problem, executor, workers=3).stream(designs))
    assert sorted(row for rows, _ in parts for row in rows.tolist()) == list(range(33))
    for rows, found in parts:
        assert _same(found, problem.evaluate(designs.take(rows)))


class _Broken(Sphere):
    """A problem whose evaluation raises for batches with a negative first coordinate."""

    def evaluate(self, designs: Designs) -> Evaluations:
        if (designs["x"][:, 0] < 0).any():
            raise OSError("worker lost")
        return super().evaluate(designs)


def test_what_a_worker_raises_is_recorded() -> None:
    """A lost worker must cost its own designs only: they come back as failures with the message."""
    problem = _Broken()
    designs = _designs(problem, 24)
    with ThreadPoolExecutor(2) as executor:
        found = Parallel(problem, executor, workers=2, chunk=1).evaluate(designs)
    lost = designs["x"][:, 0] < 0
    assert 0 < lost.sum() < 24
    assert found.failed.tolist() == lost.tolist()
    assert {found.errors[i] for i in np.flatnonzero(lost)} == {"OSError: worker lost"}


def test_interruption_is_not_swallowed() -> None:
    """A user's interrupt must end the evaluation, not become a failed design."""

    class _Interrupted(Sphere):
        def evaluate(self, designs: Designs) -> Evaluations:
            raise KeyboardInterrupt

    class _Now:
        def submit(self, function, *args) -> Future:
            future: Future = Future()
            try:
                future.set_result(function(*args))
            except BaseException as error:  # noqa: BLE001 -- an executor passes on whatever is raised
                future.set_exception(error)
            return future

    with pytest.raises(KeyboardInterrupt):
        Parallel(_Interrupted(), _Now(), workers=1).evaluate(_designs(Sphere(), 3))


@pytest.mark.parametrize(("workers", "chunk"), [(0, None), (1, 0)])
def test_impossible_divisions_of_work(workers: int, chunk: int | None) -> None:
    """Nonsense must be refused before anything is handed out."""
    with ThreadPoolExecutor(1) as executor, pytest.raises(InputError, match="workers, chunk"):
        Parallel(Sphere(), executor, workers=workers, chunk=chunk)


def test_capabilities_are_seen_through_wrappers() -> None:
    """A search must find what the problem can do however it is wrapped, and nothing it cannot."""
    knapsack = Knapsack()
    assert capability(Cached(Flaky(Cached(knapsack))), Repairable) is knapsack
    assert capability(Cached(Sphere()), Repairable) is None
    assert capability(Cached(knapsack), Differentiable) is knapsack
    assert capability(Cached(Tour()), Differentiable) is None


def test_wrappers_are_transparent() -> None:
    """Name, space, objectives, constraints, description and checks must be those of the problem inside."""
    inside = Knapsack()
    outside = Cached(inside)
    assert outside.space is inside.space
    assert outside.objectives == inside.objectives
    assert outside.constraints == inside.constraints
    assert outside.describe() == inside.describe()
    assert _same(outside.check(_designs(inside)), inside.check(_designs(inside)))


def test_evaluating_one_by_one_records_what_is_raised() -> None:
    """One bad design must not lose the others: its error is kept, with its name and message, and the time it took."""
    problem = Knapsack()

    def answer(i: int) -> tuple[list[float], list[float], str]:
        if i == 1:
            raise ZeroDivisionError("no flow")
        return [float(i)], [0.0], f"state {i}"

    found = evaluate_each(problem, _designs(problem, 3), answer, keep_states=True)
    assert found.errors == (None, "ZeroDivisionError: no flow", None)
    assert found.states == ("state 0", None, "state 2")
    assert found.failed.tolist() == [False, True, False]
    assert (found.seconds >= 0).all()
    assert evaluate_each(problem, _designs(problem, 3), answer).states is None


def test_objectives_and_signs() -> None:
    """Large is good for some: the signs must turn all objectives to small is good; other senses are refused."""
    assert Knapsack().signs.tolist() == [-1.0]
    assert Sphere().signs.tolist() == [1.0]
    assert Constraint("cost", "euro").unit == "euro"
    with pytest.raises(InputError, match="sense"):
        Objective("time", "least")  # type: ignore[arg-type]
