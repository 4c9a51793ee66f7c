"""What every search must do, as a test class to inherit."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search import Running, Search, searches
from braess.search.capabilities import Inheriting
from braess.space import Designs
from braess.testing.toys import Flaky, Forbidden

_BUDGET = 37  # evaluations of a study at most, no multiple of any batch
_ANOTHER_PROCESS = (
    "import pickle, sys; from braess.testing.searching import trace; "
    "search, problem, seed, evaluations, n = pickle.load(sys.stdin.buffer); "
    "sys.stdout.buffer.write(b''.join(trace(search, problem, seed, evaluations, n)))"
)


def go_on(running: Running, problem: Problem, evaluations: int, n: int) -> list[Designs]:
    """Ask and tell until at least so many designs were evaluated or the search is over; return the batches."""
    batches: list[Designs] = []
    while sum(map(len, batches)) < evaluations:
        batch = running.ask(n)
        if len(batch) == 0:
            break
        running.tell(batch, problem.evaluate(batch))
        batches.append(batch)
    return batches


def trace(search: Search, problem: Problem, seed: int, evaluations: int, n: int) -> list[bytes]:
    """Return the hashes of the first designs that a search asks for, in order."""
    running = search.start(problem, np.random.default_rng(seed))
    return [key for batch in go_on(running, problem, evaluations, n) for key in batch.hashes()][:evaluations]


class SearchConformance:
    """Tests that every search must pass; a subclass names the search and problems it is meant for.

    Attributes
    ----------
    search
        The search, with hyper-parameters small enough for some generations in as many evaluations as a test makes.
    problems
        Problems it must handle, at least one.
    unfit
        Problems it must refuse.
    sliced
        Whether the designs are the same however many are asked for at a time.
    evaluations
        That most tests spend on a problem; fewer for searches that think for long.

    Examples
    --------
    >>> from braess.search.random import Random
    >>> from braess.testing import Knapsack, SearchConformance
    >>> class TestRandom(SearchConformance):
    ...     search = Random()
    ...     problems = (Knapsack(),)
    >>> TestRandom().test_same_seed_same_designs()
    """

    search: Search
    problems: ClassVar[Sequence[Problem]]
    unfit: ClassVar[Sequence[Problem]] = ()
    sliced: ClassVar[bool] = True
    evaluations: ClassVar[int] = 300

    def test_installed_under_its_name(self) -> None:
        """A study file must find the search, and the list must say what it is and where it comes from."""
        kind = type(self.search)
        assert searches().get(kind.name) is kind, f"no entry point {kind.name!r}"
        assert kind.summary
        assert kind.reference

    def test_same_seed_same_designs(self) -> None:
        """A study must be repeatable from its seed, and another seed must be another search."""
        for problem in self.problems:
            first, again, other = (trace(self.search, problem, seed, self.evaluations, 16) for seed in (7, 7, 8))
            assert first == again
            assert first != other

    def test_same_designs_in_another_process(self) -> None:
        """Nothing may depend on the process: hash seeds, import order or what was run before."""
        problem = self.problems[0]
        settings = (self.search, problem, 7, self.evaluations, 16)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "123"}
        command = [sys.executable, "-c", _ANOTHER_PROCESS]
        found = subprocess.run(command, input=pickle.dumps(settings), env=environment, capture_output=True, check=True)  # noqa: S603 -- our own command
        assert found.stdout == b"".join(trace(*settings))

    def test_goes_on_after_pickling(self) -> None:
        """An interrupted study must go on as if nothing had happened, from between any two batches."""
        for problem in self.problems:
            running = self.search.start(problem, np.random.default_rng(3))
            go_on(running, problem, self.evaluations // 2, 7)
            restored = pickle.loads(pickle.dumps(running))  # noqa: S301 -- our own bytes
            rest, again = (go_on(run, problem, self.evaluations // 2, 7) for run in (running, restored))
            assert _hashes(rest) == _hashes(again)

    def test_asks_between_one_and_n(self) -> None:
        """The caller decides how many designs it can use; no more may come, and less than one is refused."""
        for problem in self.problems:
            running = self.search.start(problem, np.random.default_rng(1))
            for n in (1, 2, 5, 1000):
                batch = running.ask(n)
                assert 1 <= len(batch) <= n
                running.tell(batch, problem.evaluate(batch))
            _refused(lambda running=running: running.ask(0))

    def test_independent_of_slicing(self) -> None:
        """Where it is promised, the number of workers must not change what is found."""
        if self.sliced:
            for problem in self.problems:
                one, other = (trace(self.search, problem, 5, self.evaluations, n) for n in (3, 64))
                assert one == other

    def test_designs_are_sound(self) -> None:
        """Every design must keep bounds and types, hold its defaults where inactive, and belong to the space."""
        for problem in self.problems:
            space = problem.space
            running = self.search.start(problem, np.random.default_rng(2))
            for batch in go_on(running, problem, self.evaluations, 32):
                checked = space.designs(batch.arrays)
                assert checked.same_as(batch).all()
                for leaf in space.leaves:
                    assert batch[leaf.path].dtype == leaf.variable.dtype

    def test_inputs_stay_as_they_are(self) -> None:
        """What a search is given belongs to the caller: designs and evaluations must not change."""
        for problem in self.problems:
            running = self.search.start(problem, np.random.default_rng(4))
            for _ in range(6):
                batch = running.ask(25)
                evaluations = problem.evaluate(batch)
                parts = (evaluations.objectives, evaluations.constraints, evaluations.seconds, evaluations.exact)
                before = (batch.pack(), [part.copy() for part in parts])
                for part in parts:
                    part.setflags(write=False)
                running.tell(batch, evaluations)
                assert batch.pack() == before[0]
                assert all(np.array_equal(part, old, equal_nan=True) for part, old in zip(parts, before[1], strict=True))

    def test_parents_were_told(self) -> None:
        """A design can only come from one whose follower has been solved, or there is no state to start from."""
        for problem in self.problems:
            running = self.search.start(problem, np.random.default_rng(9))
            if not isinstance(running, Inheriting):
                continue
            told: set[bytes] = set()
            for _ in range(6):
                batch = running.ask(7)
                parents = running.parents(batch)
                assert len(parents) == len(batch)
                assert {parent for parent in parents if parent is not None} <= told
                running.tell(batch, problem.evaluate(batch))
                told.update(batch.hashes())

    def test_survives_failures(self) -> None:
        """Evaluations that fail, or come back as NaN, must not end a study, not even if all do."""
        for problem in self.problems:
            for share in (0.3, 1.0):
                flaky = Flaky(problem, share)
                running = self.search.start(flaky, np.random.default_rng(6))
                assert go_on(running, flaky, self.evaluations, 20)

    def test_survives_infeasible_designs(self) -> None:
        """Where no design is feasible, a search must go on among the others, or say that it is over."""
        for problem in self.problems:
            forbidden = Forbidden(problem)
            if self.search.refusal(forbidden) is None:
                asked = go_on(self.search.start(forbidden, np.random.default_rng(6)), forbidden, self.evaluations, 20)
                assert len({key for batch in asked for key in batch.hashes()}) > 1

    def test_stops_within_its_budget(self) -> None:
        """A study must not evaluate more than it may, whatever the size of the batches."""
        from braess.study import Budget, Study

        budget = min(_BUDGET, self.evaluations)
        for problem in self.problems:
            study = Study(problem, self.search, budget=Budget(evaluations=budget), seed=3, progress="off")
            assert 1 <= len(study.run().designs) <= budget

    def test_global_randomness_is_left_alone(self) -> None:
        """Every random choice must come from the generator given: the global one is neither read nor moved."""
        for problem in self.problems:
            np.random.seed(1)  # noqa: NPY002 -- the global state is what is tested
            before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
            first = trace(self.search, problem, 9, self.evaluations, 16)
            assert np.array_equal(np.random.get_state()[1], before)  # type: ignore[index]  # noqa: NPY002
            np.random.seed(2)  # noqa: NPY002
            assert trace(self.search, problem, 9, self.evaluations, 16) == first

    def test_wrong_batches_are_refused(self) -> None:
        """Evaluations of other designs would poison the search unseen: telling them must be an error."""
        problem = self.problems[0]
        running = self.search.start(problem, np.random.default_rng(1))
        batch = running.ask(4)
        reversed_batch = batch.take(slice(None, None, -1))
        if len(batch) > 1:
            _refused(lambda: running.tell(reversed_batch, problem.evaluate(reversed_batch)))
            _refused(lambda: running.tell(batch, problem.evaluate(batch.take([0]))))
        running.tell(batch, problem.evaluate(batch))

    def test_unfit_problems_are_refused(self) -> None:
        """A problem the method cannot handle must be answered with the names of methods that can."""
        for problem in self.unfit:
            fit = [name for name, other in searches().items() if other.refusal(problem) is None]
            message = _refused(lambda problem=problem: self.search.start(problem, np.random.default_rng(0)))
            assert type(self.search).name not in fit
            assert all(name in message for name in fit)


def _hashes(batches: Sequence[Designs]) -> list[bytes]:
    return [key for batch in batches for key in batch.hashes()]


def _refused(action: Any) -> str:
    try:
        action()
    except InputError as error:
        return str(error)
    raise AssertionError("no InputError was raised")
