"""Searches with generative flow networks: conformance, nothing but the order, constraints, many best designs."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="generative flow networks need the extra learn")

from solved import best_of, optimum

from braess.domains.sequence import Grid, NGrams
from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.search import Search
from braess.search._mogfn import MOGFNRun
from braess.search.mogfn import MOGFN
from braess.search.mogfn_al import MOGFNAL
from braess.search.op_gfn import OPGFN
from braess.search.random import Random
from braess.space import Designs, every_design
from braess.study.domain import find_problem
from braess.study.indicators import hypervolume
from braess.testing import ZDT1, Cells, Knapsack, Mixed, SearchConformance, Tour, go_on


class TestMOGFNConformance(SearchConformance):
    search = MOGFN(batch=16, updates=2, hidden=16)
    problems: ClassVar = (Knapsack(), Mixed(), Tour(), Cells(), ZDT1())
    evaluations = 60


class TestOPGFNConformance(SearchConformance):
    search = OPGFN(batch=16, updates=2, hidden=16)
    problems: ClassVar = (Knapsack(), Mixed(), Tour(), Cells(), ZDT1())
    evaluations = 60


class TestOtherConstructions(SearchConformance):
    search = MOGFN(batch=16, updates=2, hidden=16, construction="any-order", scalarisation="sum")
    problems: ClassVar = (Knapsack(),)
    evaluations = 60


class TestMOGFNALConformance(SearchConformance):
    search = MOGFNAL(initial=8, batch=8, updates=2, lesson=8, hidden=8)
    problems: ClassVar = (Knapsack(), Mixed(), Tour(), Cells(), ZDT1())
    evaluations = 24


class Rising(Problem):
    """A grid whose objectives went through rising functions."""

    def __init__(self) -> None:
        self._inner = Grid(("branin", "currin"), 8)
        self.name, self.space, self.objectives = "rising", self._inner.space, self._inner.objectives

    def evaluate(self, designs: Designs) -> Evaluations:
        found = self._inner.evaluate(designs)
        return Evaluations.of(np.exp(5.0 * found.objectives) - 3.0)

    def check(self, designs: Designs) -> Evaluations:
        return self.evaluate(designs)


def test_rising_functions_of_objectives_change_nothing() -> None:
    """Order-preserving: the same designs, bit for bit, whatever the units and scales."""
    search = OPGFN(batch=8, updates=4, construction="increments")
    problems = (Grid(("branin", "currin"), 8), Rising())
    asked = [go_on(search.start(problem, np.random.default_rng(0)), problem, 40, 8) for problem in problems]
    assert [batch.hashes() for batch in asked[0]] == [batch.hashes() for batch in asked[1]]


@pytest.mark.parametrize("search", [MOGFN(batch=16, construction="any-order"), OPGFN(batch=16), MOGFN(batch=16)])
def test_the_best_of_a_small_knapsack_is_found(search: Search) -> None:
    """One of 4,096 sets, most of them too heavy, by 400 evaluations."""
    problem = Knapsack()
    assert best_of(search, problem, 400, seed=0) == optimum(problem)


@pytest.mark.parametrize("search", [MOGFN(), OPGFN()])
def test_more_of_a_front_than_by_chance(search: Search) -> None:
    """Of a grid, hypervolume after a third of its cells: less than half of the room that chance leaves."""
    problem, reference = Grid(("currin", "shubert")), np.zeros(2)
    whole = hypervolume(-problem.front(), reference)

    def left(one: Search, seed: int = 1) -> float:
        batches = go_on(one.start(problem, np.random.default_rng(seed)), problem, 320, 64)
        return whole - hypervolume(-problem.evaluate(problem.space.concatenate(batches)).objectives, reference)

    assert left(search) < 0.5 * np.mean([left(Random(), seed) for seed in range(8)])


def test_active_learning_needs_few_evaluations() -> None:
    """Of words of twelve letters with many A and many V, hypervolume after 128 evaluations: more than chance finds in 2,000."""
    problem, reference = NGrams(("A", "V"), 12, 12), np.zeros(2)

    def found(search: Search, evaluations: int) -> float:
        batches = go_on(search.start(problem, np.random.default_rng(0)), problem, evaluations, 64)
        return hypervolume(-problem.evaluate(problem.space.concatenate(batches)).objectives, reference)

    assert found(MOGFNAL(), 128) > 1.5 * found(Random(), 2_000)


@pytest.mark.parametrize("search", [MOGFN(batch=32), OPGFN(batch=32), MOGFNAL(initial=32)])
def test_roads_are_designed(search: Search) -> None:
    """Which of ten links to build in Sioux Falls for half of the money: the best of all 1,024 sets by 160 equilibria."""
    problem = find_problem("link-addition").settings()(instance="SF_DNDP_10_1", budget_share=0.5).build(Path())
    every = problem.evaluate(every_design(problem.space))
    batches = go_on(search.start(problem, np.random.default_rng(0)), problem, 160, 32)
    found = problem.evaluate(problem.space.concatenate(batches))
    assert found.objectives[found.feasible].min() == every.objectives[every.feasible].min()


def test_a_space_is_used_up_and_then_it_is_over() -> None:
    problem = Grid(("branin", "beale"), 3)
    batches = go_on(OPGFN(batch=4, updates=1).start(problem, np.random.default_rng(0)), problem, 100, 4)
    assert sum(map(len, batches)) == 9


def test_worth_counts_from_the_middle_to_the_best() -> None:
    """By hand: of five values the best has 1, the middle and worse 0, what violates 0; if all violate, least violation 1."""
    run = MOGFN().start(Grid(("branin",)), np.random.default_rng(0))
    assert isinstance(run, MOGFNRun)
    run.values = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [0.0]])
    run.violation = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 2.0])
    assert run.rewards()[:, 0].tolist() == [1.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    run.violation = np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.inf])
    assert run.rewards()[:, 0].tolist() == [1.0, 0.5, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "settings",
    [{"batch": 0}, {"sharpest": 0.5}, {"least": 0.0}, {"scalarisation": "max"}, {"construction": "backwards"}, {"rate": 0.0}],
)
def test_bad_hyper_parameters(settings: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        MOGFN(**settings)  # type: ignore[arg-type]


def test_a_construction_that_does_not_fit_is_said_at_once() -> None:
    with pytest.raises(InputError, match="in order only"):
        OPGFN(construction="any-order").require_fit(Tour())
