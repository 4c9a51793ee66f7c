"""A predictor in the loop: conformance, a perfect predictor, budgets, what is measured next, a road network."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="predictors need the extra learn")

import moocore
from solved import best_of

from braess.errors import InputError
from braess.learn.predictors import Learned, Predictor, Reader
from braess.problem import Evaluations, Objective, Problem
from braess.problem.evaluations import Floats
from braess.search._linas import LINASRun, choose, normal_scores
from braess.search._model_based import Told
from braess.search.genetic import Genetic
from braess.search.linas import LINAS
from braess.search.random import Random
from braess.space import Categorical, Designs, Space, every_design
from braess.study import Budget, Study
from braess.study.file import parse_study
from braess.testing import ZDT1, Cells, Knapsack, Mixed, SearchConformance, Sphere, Tour, go_on

SMALL = {"population": 20, "offspring": 20}


class TestLINASConformance(SearchConformance):
    search = LINAS(population=8, search="genetic", options=SMALL, predicted=60)
    problems: ClassVar = (Knapsack(20), Cells(), Mixed())
    evaluations = 24


class TestFrontsConformance(SearchConformance):
    search = LINAS(population=8, predictor="ridge", options={"population": 20}, search="nsga2", predicted=60)
    problems: ClassVar = (ZDT1(),)
    evaluations = 24


class Table(Problem):
    """Two random objectives for each of 625 designs, one to be large."""

    name = "table"
    objectives = (Objective("cost"), Objective("gain", "max"))

    def __init__(self, seed: int = 0) -> None:
        self.space = Space({"part": Categorical(options=("a", "b", "c", "d", "e"), size=4)})
        self.values = np.random.default_rng(seed).random((625, 2))
        self.asked = 0

    def evaluate(self, designs: Designs) -> Evaluations:
        self.asked += len(designs)
        return Evaluations.of(self.values[self.places(designs)])

    def check(self, designs: Designs) -> Evaluations:
        return self.evaluate(designs)

    def places(self, designs: Designs) -> Any:
        return designs["part"] @ np.array([125, 25, 5, 1])


class Knower(Predictor):
    """Knows the table."""

    scored: ClassVar[bool] = False

    def __init__(self, problem: Table) -> None:
        self.problem = problem

    def reader(self, problem: Problem) -> Reader:
        return lambda designs: self.problem.places(designs)[:, None].astype(float)

    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        known = self.problem.values * self.problem.signs
        assert np.array_equal(known[rows[:, 0].astype(int)], values)
        return lambda asked: known[asked[:, 0].astype(int)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_perfect_predictor_finds_the_exact_front_at_once(seed: int) -> None:
    """With the table as predictor and an inner search that sees all of it, the second round must be the rest of the front."""
    problem = Table(seed)
    signed = problem.values * problem.signs
    front = np.flatnonzero(moocore.is_nondominated(signed))
    first, second = 30, len(front)
    settings = LINAS(population=first, search="random", predicted=625)
    running = LINASRun(problem, np.random.default_rng(seed), settings, Knower(problem))
    measured = problem.places(go_on(running, problem, first, first)[0])
    batch = problem.places(running.ask(1000))
    assert len(batch) == first
    missing = np.setdiff1d(front, measured)
    assert set(missing) == set(batch[: len(missing)])
    assert second > 3


def test_a_front_that_is_too_long_is_thinned_evenly() -> None:
    """Eleven points on a line, five to measure: the ends and three between them, and none that is measured."""
    line = np.linspace(0.0, 1.0, 11)
    values = np.stack([line, 1.0 - line], axis=1)
    told = Told(np.empty((1, 1)), np.array([[2.0, 2.0]]), np.empty((1, 0)), np.array([True]))
    chosen = choose(values, told, 5)
    assert {0, 10} <= set(chosen.tolist())
    assert np.diff(np.sort(chosen)).max() <= 3


def test_scores_keep_the_order_alone() -> None:
    """A value a million times as bad as others must only be the worst, equals stay equal, and no scale may matter."""
    values = np.array([[3.0], [1.0], [1e6], [1.0], [2.0]])
    scores = normal_scores(values)
    assert np.array_equal(np.argsort(scores[:, 0], kind="stable"), np.argsort(values[:, 0], kind="stable"))
    assert scores[1] == scores[3]
    assert np.isclose(scores.max(), 1.2815515655446004)  # 0.9 of a normal distribution lie below
    assert np.array_equal(scores, normal_scores(7.0 * values - 3.0))


def test_constraints_come_first() -> None:
    """Designs predicted to be feasible are measured first, the others by what they violate."""
    told = Told(np.empty((1, 1)), np.array([[9.0]]), np.array([[0.0]]), np.array([True]))
    values = np.array([[1.0, 0.5], [3.0, -1.0], [2.0, -0.1], [0.0, 0.1]])
    assert choose(values, told, 4).tolist() == [2, 1, 3, 0]
    pairs = np.concatenate([values[:, :1], values[:, :1], values[:, 1:]], axis=1)
    several = told._replace(objectives=np.array([[9.0, 9.0]]))
    assert choose(pairs, several, 4).tolist() == [2, 1, 3, 0]


def test_the_budget_is_kept_exactly_and_nothing_is_measured_twice() -> None:
    """A budget that is no multiple of the population must be spent to the last measurement, each on another design."""
    problem = Table()
    study = Study(problem, LINAS(population=20, predicted=200), budget=Budget(evaluations=73), seed=0, progress="off")
    designs = study.run().designs
    assert problem.asked == len(designs) == 73
    assert len(set(designs.hashes())) == 73


class Unordered(Table):
    """The same where the order of the parts does not matter."""

    def canonical(self, designs: Designs) -> Designs:
        return self.space.designs({"part": np.sort(designs["part"], axis=1)})

    def places(self, designs: Designs) -> Any:
        return super().places(self.canonical(designs))


def test_the_same_is_not_measured_twice() -> None:
    """Where a problem knows which designs are the same, one of them must be enough."""
    problem = Unordered()
    running = LINAS(population=10, predictor="ridge", search="random", predicted=100).start(problem, np.random.default_rng(0))
    asked = problem.space.concatenate(go_on(running, problem, 60, 10))
    assert len(set(problem.canonical(asked).hashes())) == len(asked) == 60
    assert problem.canonical(asked).same_as(asked).all()


def test_a_small_space_is_exhausted() -> None:
    problem = Table()
    running = LINAS(population=200, predictor="ridge", search="random", predicted=625).start(problem, np.random.default_rng(0))
    batches = go_on(running, problem, 10_000, 1000)
    assert (
        len({key for batch in batches for key in batch.hashes()}) == len(every_design(problem.space)) == sum(map(len, batches))
    )


@pytest.mark.parametrize("predictor", ["kernel-ridge", "boosted-trees", "mlp"])
def test_predictions_pay(predictor: str) -> None:
    """With the same measurements, the loop must beat its own inner search, by the median of three seeds."""
    quick = {"mlp": {"steps": 100, "members": 4}}.get(predictor, {})
    loop = LINAS(population=20, predictor=predictor, predictor_options=quick, search="genetic", options=SMALL, predicted=400)
    ours, alone = (
        np.median([best_of(search, Cells(), 60, seed) for seed in range(3)])
        for search in (loop, Genetic(population=20, offspring=20))
    )
    assert ours < alone


def test_it_says_how_well_it_ranked() -> None:
    """Predictions of a smooth front must rank the next round; the first round was foretold by nobody."""
    running: Any = LINAS(population=15, predicted=300, search="nsga2", options={"population": 20}).start(
        ZDT1(5), np.random.default_rng(0)
    )
    go_on(running, ZDT1(5), 60, 15)
    watched = running.monitor()
    assert set(watched) == {f"tau_{objective.name}" for objective in ZDT1(5).objectives}
    assert all(len(values) == 4 and values[0] == 0.0 and values[-1] > 0.5 for values in watched.values())


def test_permutations_are_decided() -> None:
    running = LINAS(population=10, predicted=100).start(Tour(7), np.random.default_rng(0))
    assert sum(map(len, go_on(running, Tour(7), 30, 10))) == 30


ROAD = """
seed = 1
[problem]
kind = "lane-addition"
network = "sioux-falls"
budget_share = 0.25
relative_gap = 1e-5
{objectives}
[search]
method = "linas"
population = 20
predictor = "ridge"
search = "{inner}"
options = {{population = 20}}
predicted = 600
[budget]
evaluations = 90
[record]
store = "record.db"
"""


@pytest.mark.parametrize(
    ("inner", "objectives"), [("genetic", ""), ("nsga2", 'objectives = ["total_travel_time", "construction_cost"]')]
)
def test_roads_are_widened(inner: str, objectives: str, tmp_path: Path) -> None:
    """A study file must do for roads what it does for neurons: designs chosen by predictions must beat as many random ones."""
    plan = parse_study(ROAD.format(inner=inner, objectives=objectives), tmp_path)
    problem = plan.build_problem()
    ours, random = (
        Evaluations.concatenate([problem.evaluate(batch) for batch in go_on(running, problem, 90, 20)])
        for running in (search.start(problem, np.random.default_rng(1)) for search in (plan.build_search(), Random()))
    )
    assert len(ours) == len(random)
    best = [np.where(found.feasible, found.objectives[:, 0], np.inf).min() for found in (ours, random)]
    assert best[0] < best[1]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"population": 0}, "population"),
        ({"predicted": 10}, "predicted"),
        ({"predictor": "none"}, "predictor"),
        ({"predictor": "mlp", "predictor_options": {"layers": 3}}, "predictor_options"),
        ({"search": "linas"}, "search"),
        ({"search": "genetic", "options": {"size": 3}}, "options"),
        ({"options": {"offspring": 20}}, "options"),  # what only one of the two that may be taken has
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        LINAS(**settings)


def test_an_inner_search_that_cannot_is_refused() -> None:
    with pytest.raises(InputError, match="genetic"):
        LINAS(search="genetic").start(ZDT1(), np.random.default_rng(0))


def test_a_predictor_that_reads_no_such_problem_is_refused() -> None:
    with pytest.raises(InputError, match="predictor"):
        LINAS(predictor="graph").start(Sphere(), np.random.default_rng(0))


def test_a_model_of_the_follower_predicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model on the graph says, corrected by ridge regression, must rank lanes that it has not seen; the run pickles."""
    monkeypatch.setenv("BRAESS_CACHE", str(tmp_path))
    study = ROAD.format(inner="genetic", objectives="").replace(
        'predictor = "ridge"', 'predictor = "graph"\npredictor_options = {model = "boosted-trees", examples = 60, epochs = 20}'
    )
    plan = parse_study(study, tmp_path)
    problem = plan.build_problem()
    running: Any = plan.build_search().start(problem, np.random.default_rng(0))
    go_on(running, problem, 40, 20)
    again = pickle.loads(pickle.dumps(running))
    assert again.ask(20).same_as(running.ask(20)).all()
    assert running.monitor()["tau_total_travel_time"][1] > 0.0
