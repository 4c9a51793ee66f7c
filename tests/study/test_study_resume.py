"""What a study promises about its seed: the same with any number of workers, resumed, extended; and nothing else resumed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sittings import facts

from braess.errors import BraessError, InputError
from braess.problem import Evaluations, Problem
from braess.search import Running, Search
from braess.search.genetic import Genetic
from braess.search.local import Local
from braess.search.nsga2 import NSGA2
from braess.search.random import Random
from braess.space import Designs
from braess.study import Budget, Result, Snapshot, Status, Study, open_result
from braess.testing import ZDT1, Cells, Flaky, Knapsack, Mixed


def study(problem: Problem | None = None, search: Search | None = None, evaluations: int = 300, **options: Any) -> Study:
    settings: dict[str, Any] = {"seed": 7, "batch": 64, "progress": "off", "budget": Budget(evaluations=evaluations)} | options
    return Study(problem or Knapsack(), search or Genetic(population=20, offspring=20), **settings)


CASES: list[tuple[Problem, Search]] = [
    (Knapsack(), Genetic(population=20, offspring=20)),
    (Flaky(Mixed()), Genetic(population=30, offspring=7)),
    (Cells(), Local()),
    (ZDT1(), NSGA2(population=24)),
    (Mixed(), Random(block=50)),
]


@pytest.mark.parametrize(("problem", "search"), CASES)
def test_extended_budget_continues_the_same_study(tmp_path: Path, problem: Problem, search: Search) -> None:
    """A batch cut by the budget must not show once the budget is larger: the end is that of the larger budget alone."""
    store = tmp_path / "record.sqlite"
    for i, evaluations in enumerate((1, 100, 129, 300)):
        again = study(problem, search, evaluations, store=store)
        found = again.resume() if i else again.run()
        assert facts(found) == facts(study(problem, search, evaluations).run())
        assert len(found.evaluations) == evaluations


@dataclass(frozen=True)
class Moody(Search):
    """Asks for other designs when it may ask for another number at a time, as the contract of `ask` allows."""

    name: ClassVar[str] = "moody"

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        return _MoodyRun(problem, rng)


class _MoodyRun:
    def __init__(self, problem: Problem, rng: np.random.Generator) -> None:
        self.problem, self.rng = problem, rng

    def ask(self, n: int) -> Designs:
        return self.problem.space.sample(n, self.rng)

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        self.rng.random(len(designs))


def test_extension_of_a_search_that_depends_on_the_number_asked_for(tmp_path: Path) -> None:
    """Searches need not promise designs independent of how many are asked for: a study always asks for whole batches."""
    store = tmp_path / "record.sqlite"
    study(search=Moody(), evaluations=100, store=store).run()
    found = study(search=Moody(), evaluations=250, store=store).resume()
    assert facts(found) == facts(study(search=Moody(), evaluations=250).run())


@pytest.mark.parametrize(("problem", "search"), CASES)
def test_same_with_any_number_of_workers(problem: Problem, search: Search) -> None:
    """Workers finish in any order: the result must not show it, with threads of ours or an executor of somebody else."""
    one = facts(study(problem, search).run())
    assert facts(study(problem, search, workers=2).run()) == one
    with ThreadPoolExecutor(3) as executor:
        assert facts(study(problem, search, workers=3, executor=executor).run()) == one


def test_smaller_budget_keeps_what_is_recorded(tmp_path: Path) -> None:
    """Resuming with less than was done evaluates nothing and forgets nothing."""
    store = tmp_path / "record.sqlite"
    study(evaluations=200, store=store).run()
    found = study(evaluations=50, store=store).resume()
    assert found.status is Status.BUDGET_SPENT
    assert len(found.evaluations) == 200


def test_finished_study_resumed_evaluates_nothing(tmp_path: Path) -> None:
    """`resume` is safe to repeat: a finished study answers from its record."""

    class Counting(Knapsack):
        calls = 0

        def evaluate(self, designs: Designs) -> Evaluations:
            Counting.calls += 1
            return super().evaluate(designs)

    store = tmp_path / "record.sqlite"
    first = study(Counting(), store=store).run()
    calls = Counting.calls
    assert facts(study(Counting(), store=store).resume()) == facts(first)
    assert Counting.calls == calls


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        ({"problem": Knapsack(size=13)}, "space"),
        ({"problem": Mixed(), "name": "knapsack"}, "problem"),
        ({"search": Genetic(population=21)}, "search"),
        ({"search": Random()}, "search"),
        ({"seed": 8}, "seed"),
        ({"batch": 65}, "batch"),
    ],
)
def test_another_study_is_not_resumed(tmp_path: Path, options: dict[str, Any], differs: str) -> None:
    """Two halves of different studies make no whole: what differs must be named, and nothing may change."""
    store = tmp_path / "record.sqlite"
    first = study(store=store, evaluations=50).run()
    with pytest.raises(InputError, match=f"recorded with another {differs}; only the budget may change") as caught:
        study(store=store, **options).resume()
    assert caught.value.field == differs
    assert caught.value.found != caught.value.expected
    assert facts(open_result(store)) == facts(first)


def test_problem_that_changed_under_its_name(tmp_path: Path) -> None:
    """Where code changed but not what the problem says of itself, the search asks for other designs: that must not pass."""
    store = tmp_path / "record.sqlite"
    search = Genetic(population=20, offspring=20)
    study(Knapsack(), search, 100, store=store).run()
    changed = Knapsack(share=0.2)  # repairs other designs
    with pytest.raises(BraessError, match="of another design than the search asks for now"):
        study(changed, search, 200, store=store).resume()
    assert open_result(store).status is Status.FAILED
    assert len(open_result(store).evaluations) == 100


def test_nothing_to_resume_and_nothing_to_overwrite(tmp_path: Path) -> None:
    """`run` must never continue by accident, `resume` never begin: each names the other."""
    store = tmp_path / "record.sqlite"
    with pytest.raises(InputError, match="holds no such study"):
        study(store=store).resume()
    study(store=store).run()
    with pytest.raises(InputError, match="resume it"):
        study(store=store).run()
    with pytest.raises(InputError, match="did you mean 'knapsack'"):
        open_result(store, "knapsak")
    study(store=store, name="second").run()
    with pytest.raises(InputError, match="which study"):
        open_result(store)


class Broken(Knapsack):
    """Goes wrong as a whole, in one way or another."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way

    def evaluate(self, designs: Designs) -> Evaluations:
        found = super().evaluate(designs)
        if self.way == "raises":
            raise RuntimeError("no \0 follower \ud800 today")
        if self.way == "short":
            return found.take(slice(1, None))
        if self.way == "narrow":
            return Evaluations.of(found.objectives)
        return Evaluations.of(found.objectives, found.constraints, seconds=np.nan)


@pytest.mark.parametrize("workers", [1, 2])
def test_problem_that_raises_is_recorded_as_failed(tmp_path: Path, workers: int) -> None:
    """One bad batch must not end a study of days: each of its designs carries the error, with text that any store holds."""
    found = study(Broken("raises"), evaluations=40, store=tmp_path / "record.sqlite", workers=workers).run()
    assert found.status is Status.BUDGET_SPENT
    assert found.evaluations.failed.all()
    assert all(error is not None and error.startswith("RuntimeError: no") for error in found.evaluations.errors)
    assert "No feasible design" in found.message


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("way", ["short", "narrow"])
def test_answers_of_the_wrong_shape(tmp_path: Path, way: str, cache: bool) -> None:
    """A problem with a defect must not write rows that nobody can read: the study ends and says whose fault it is."""
    store = tmp_path / "record.sqlite"
    with pytest.raises(InputError, match="'knapsack' answers with objectives and constraints of the wrong shape"):
        study(Broken(way), store=store, cache=cache).run()
    found = open_result(store)
    assert found.status is Status.FAILED
    assert len(found.evaluations) == 0


def test_times_that_are_no_numbers(tmp_path: Path) -> None:
    """A clock that fails costs the time, not the evaluation."""
    found = study(Broken("nan"), store=tmp_path / "record.sqlite").run()
    assert not found.evaluations.failed.any()
    assert (found.evaluations.seconds == 0).all()


@dataclass(frozen=True)
class Repeating(Search):
    """Asks for few designs again and again."""

    name: ClassVar[str] = "repeating"

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        return _RepeatingRun(problem, rng)


class _RepeatingRun(_MoodyRun):
    def ask(self, n: int) -> Designs:
        few = self.problem.space.sample(10, np.random.default_rng(0))
        return few.take(self.rng.integers(0, 10, size=n))


@pytest.mark.parametrize("workers", [1, 2])
def test_designs_met_again_cost_nothing(tmp_path: Path, workers: int) -> None:
    """With the cache each design is evaluated once, within a batch and after a resume too; without, each time; same result."""

    class Counting(Flaky):
        calls: ClassVar[list[bytes]] = []

        def evaluate(self, designs: Designs) -> Evaluations:
            Counting.calls += designs.hashes()
            return super().evaluate(designs)

    store = tmp_path / "record.sqlite"
    study(Counting(Knapsack(), 0.0), Repeating(), 40, store=store, batch=30, workers=workers).run()
    cached = study(Counting(Knapsack(), 0.0), Repeating(), 200, store=store, batch=30, workers=workers).resume()
    assert len(Counting.calls) == len(set(Counting.calls)) == 10
    Counting.calls.clear()
    plain = study(Counting(Knapsack(), 0.0), Repeating(), 200, batch=30, workers=workers, cache=False).run()
    assert len(Counting.calls) == 200
    assert facts(cached) == facts(plain)
    assert facts(study(Flaky(Knapsack()), Repeating(), 200, batch=30).run()) == facts(
        study(Flaky(Knapsack()), Repeating(), 200, batch=30, cache=False).run()
    )


def improvements(result: Result) -> list[int]:
    """Tell after which evaluations the best was better than before, by going through them one by one."""
    found, best = [], np.inf
    for i, value in enumerate(result.signed[:, 0]):
        if value < best:
            best = value
            found.append(i + 1)
    return found


def test_target_of_both_senses() -> None:
    """The target is met at the first batch that holds a feasible design as good, whether small or large is good."""
    for problem, target in ((Knapsack(), 300.0), (Mixed(), 5.0)):
        found = study(problem, budget=Budget(evaluations=5000, target=target), batch=10).run()
        assert found.status is Status.TARGET_REACHED
        assert found.best is not None
        sign = float(problem.signs[0])
        assert found.signed[found.best, 0] <= target * sign
        assert len(found.evaluations) - 10 < found.best + 1 + 10
        assert (found.signed[: len(found.evaluations) - 10, 0] > target * sign).all()


def test_stagnation() -> None:
    """The study ends at the first batch by which so many evaluations brought nothing better."""
    found = study(Mixed(), budget=Budget(stagnation=60), batch=10).run()
    assert found.status is Status.STAGNATED
    last = improvements(found)[-1]
    assert 60 <= len(found.evaluations) - last < 60 + 20
    assert max(np.diff([0, *improvements(found)])) < 60 + 20


@pytest.mark.parametrize("evaluations", [1, 63, 64, 65, 200])
def test_evaluations_are_not_overshot(evaluations: int) -> None:
    """Evaluations may cost money: not one more than allowed."""
    assert len(study(evaluations=evaluations).run().evaluations) == evaluations


def test_seconds(tmp_path: Path) -> None:
    """Time ends a study soon, and all sittings count together: a resume without more time does nothing."""
    store = tmp_path / "record.sqlite"
    found = study(Mixed(), Random(), budget=Budget(seconds=0.3), store=store).run()
    assert found.status is Status.BUDGET_SPENT
    assert 0.3 <= found.spent < 3.0
    again = study(Mixed(), Random(), budget=Budget(seconds=0.3), store=store).resume()
    assert len(again.evaluations) == len(found.evaluations)
    more = study(Mixed(), Random(), budget=Budget(seconds=again.spent + 0.2), store=store).resume()
    assert len(more.evaluations) > len(found.evaluations)
    assert (np.diff(more.elapsed) >= 0).all()


def test_exhausted() -> None:
    """A finite space is searched to its end, and that is said."""
    found = study(Knapsack(size=4), Random(), budget=Budget()).run()
    assert found.status is Status.EXHAUSTED
    assert len(set(found.designs.hashes())) == len(found.designs)


def test_callbacks(tmp_path: Path) -> None:
    """Callbacks see every batch in order and can stop the study; what they stopped can be resumed."""
    seen: list[Snapshot] = []

    def stop(snapshot: Snapshot) -> bool:
        seen.append(snapshot)
        return snapshot.evaluations >= 60

    store = tmp_path / "record.sqlite"
    found = study(batch=20, store=store, callbacks=[lambda _: None, stop]).run()
    assert found.status is Status.STOPPED
    assert [snapshot.evaluations for snapshot in seen] == list(range(20, 61, 20))
    assert seen[-1].best == found.evaluations.objectives[found.best, 0]
    assert seen[-1].feasible == found.evaluations.feasible.sum()
    assert facts(study(batch=20, store=store).resume()) == facts(study(batch=20).run())


def test_callback_that_raises(tmp_path: Path) -> None:
    """An error in somebody's callback is theirs to see; what was found is kept and can be resumed."""

    def fail(_: Snapshot) -> None:
        raise ZeroDivisionError("callback")

    store = tmp_path / "record.sqlite"
    with pytest.raises(ZeroDivisionError):
        study(store=store, callbacks=[fail]).run()
    found = open_result(store)
    assert found.status is Status.FAILED
    assert "ZeroDivisionError: callback" in found.message
    assert len(found.evaluations) == 20  # a generation
    assert facts(study(store=store).resume()) == facts(study().run())


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 0},
        {"batch": 0},
        {"seed": -1},
        {"name": ""},
        {"name": "x" * 201},
        {"name": "x\0"},
        {"name": "\ud800"},
        {"progress": "loud"},
    ],
)
def test_impossible_settings(options: dict[str, Any]) -> None:
    """Settings that make no sense are refused before anything is evaluated or recorded."""
    with pytest.raises(InputError):
        study(**options).run()


@pytest.mark.parametrize("limits", [{"evaluations": 0}, {"seconds": -1.0}, {"stagnation": 0}, {"target": np.nan}])
def test_impossible_budgets(limits: dict[str, Any]) -> None:
    """So are limits that end a study before it begins, or never."""
    with pytest.raises(InputError):
        Budget(**limits)


def test_endless_studies_are_refused() -> None:
    """Without a limit a study on reals would never end; a target needs one objective."""
    endless: Sequence[tuple[Problem, Budget]] = ((Mixed(), Budget()), (ZDT1(), Budget(target=1.0)))
    for problem, budget in endless:
        with pytest.raises(InputError):
            study(problem, Random(), budget=budget)
