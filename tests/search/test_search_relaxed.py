"""Searches that train a relaxation: what they ask for, what they resume from, where they end on problems in closed form."""

from __future__ import annotations

import json
from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="relaxations need the extra learn")

from solved import best_of

from braess.domains.regression import DataCleaning, RidgePenalties, corrupted, made_up
from braess.errors import InputError
from braess.problem import Problem
from braess.search import _relaxed_run
from braess.search.darts import DARTS
from braess.search.gradient import Gradient
from braess.search.rarts import RARTS
from braess.study import Budget, Study
from braess.study.file import parse_study
from braess.testing import Knapsack, SearchConformance, Sphere, Tour


def _cleaning() -> DataCleaning:
    rng = np.random.default_rng(0)
    return DataCleaning(corrupted(made_up(20, 20, 4, 4, rng), 0.3, rng)[0])


RIDGE = RidgePenalties(made_up(30, 25, 8, 3, np.random.default_rng(0)))
PLAIN = {"leader_decay": 0.0, "follower_decay": 0.0, "clip": 0.0}


class TestDARTSConformance(SearchConformance):
    search = DARTS(epochs=5, order=2, leader_rate=0.05)
    problems: ClassVar = (RIDGE, _cleaning())
    unfit: ClassVar[tuple[Problem, ...]] = (Sphere(), Knapsack(), Tour())
    evaluations = 5


class TestRARTSConformance(SearchConformance):
    search = RARTS(epochs=5, leader_rate=0.05)
    problems: ClassVar = (RIDGE, _cleaning())
    unfit: ClassVar[tuple[Problem, ...]] = (Sphere(), Knapsack(), Tour())
    evaluations = 5


def test_second_order_finds_the_least_held_error() -> None:
    """Far ahead steps make it nearly exact: it must come near what gradient search finds on the closed form."""
    search = DARTS(epochs=60, order=2, xi=0.04, inner=1, leader_rate=0.1, follower_rate=0.04, **PLAIN)
    middle = RIDGE.evaluate(RIDGE.space.from_unit(np.full((1, 8), 0.5))).objectives[0, 0]
    known = best_of(Gradient(), RIDGE, 100, 0)
    assert known <= best_of(search, RIDGE, 60, 0) < known + 0.2 * (middle - known)


def test_first_order_does_not_move_where_the_follower_is_all() -> None:
    """Penalties enter the held error through the follower alone, which the first order does not see."""
    running = DARTS(epochs=3, **PLAIN).start(RIDGE, np.random.default_rng(0))
    first = running.ask(4)
    running.tell(first, RIDGE.evaluate(first))
    assert len(first) == 1
    assert len(running.ask(4)) == 0  # the same would be read again, and nothing is asked for twice


def test_rarts_is_led_by_the_lower_loss() -> None:
    """Of two penalties it likes the smaller, since that makes the lower loss smaller: all must end at the least."""
    search = RARTS(epochs=40, leader_rate=0.3, follower_rate=0.02, **PLAIN)
    running = search.start(RIDGE, np.random.default_rng(0))
    while len(batch := running.ask(4)):
        running.tell(batch, RIDGE.evaluate(batch))
        last = batch
    assert last["penalty"] == pytest.approx(RIDGE.low)


@pytest.mark.parametrize("search", [DARTS(epochs=8, order=2), RARTS(epochs=8)], ids=["darts", "rarts"])
def test_a_study_goes_on_from_its_checkpoint(search, tmp_path, monkeypatch) -> None:
    """Stopped and resumed it must be the study that was not, without training again what was trained."""
    monkeypatch.setattr(_relaxed_run, "_CHECKPOINT", 0.0)
    trained = []
    advance = _relaxed_run.Training.advance
    monkeypatch.setattr(_relaxed_run.Training, "advance", lambda self: trained.append(1) or advance(self))

    def study(name: str, evaluations: int) -> Study:
        store = tmp_path / f"{name}.sqlite"
        return Study(RIDGE, search, budget=Budget(evaluations=evaluations), seed=4, store=store, name=name, progress="off")

    whole = study("whole", 8).run()
    study("parts", 5).run()
    trained.clear()
    resumed = study("parts", 8).resume()
    assert len(trained) == 3
    assert resumed.designs.pack() == whole.designs.pack()
    watched = json.loads(resumed.artifacts["monitor.json"].data)
    assert len(watched["seconds"]) == 8
    assert min(watched["seconds"]) > 0.0


def test_a_damaged_checkpoint_costs_training_again(tmp_path) -> None:
    """What is no state of a training must be refused as the study expects it."""
    running = RARTS(epochs=3).start(RIDGE, np.random.default_rng(0))
    for damaged in (np.zeros(10, dtype=np.uint8), np.empty(0, dtype=np.uint8)):
        with pytest.raises(ValueError, match="state of a training"):
            running.restore({"evaluations": np.array(1), "training": damaged})


def test_a_budget_of_time_is_kept(monkeypatch) -> None:
    """A study must end within an epoch of its seconds, and say why."""
    import time

    advance = _relaxed_run.Training.advance
    monkeypatch.setattr(_relaxed_run.Training, "advance", lambda self: time.sleep(0.2) or advance(self))
    result = Study(RIDGE, DARTS(epochs=1000), budget=Budget(seconds=0.5), progress="off").run()
    assert 1 <= len(result.designs) <= 4
    assert result.status.name == "BUDGET_SPENT"


@pytest.mark.parametrize("method", ["darts", "rarts"])
@pytest.mark.parametrize("kind", ["ridge-penalties", "data-cleaning"])
def test_a_study_file_names_them(method: str, kind: str, tmp_path) -> None:
    """They must run from a file, on each problem of the room, without a budget: they end by themselves."""
    plan = parse_study(f'[problem]\nkind = "{kind}"\n[search]\nmethod = "{method}"\nepochs = 2\n', tmp_path)
    search, problem = plan.build_search(), plan.build_problem()
    assert search.refusal(problem) is None
    assert len(Study(problem, search, budget=Budget(), progress="off").run().designs) == 2


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: DARTS(epochs=0), "epochs"),
        (lambda: DARTS(epochs=3, warmup=3), "warmup"),
        (lambda: DARTS(leader_rate=0.0), "leader_rate"),
        (lambda: DARTS(follower_floor=1.0), "follower_floor"),
        (lambda: DARTS(clip=-1.0), "clip"),
        (lambda: DARTS(order=0), "order"),
        (lambda: RARTS(penalty=-1.0), "penalty"),
        (lambda: RARTS(sweep="x"), "sweep"),
        (lambda: RARTS(inner=0), "inner"),
    ],
)
def test_impossible_settings_are_refused(make, field: str) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        make()
