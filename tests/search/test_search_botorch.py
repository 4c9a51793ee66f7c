"""Bayesian optimisation of BoTorch: conformance, known optima, constraints, fronts, batches, no feasible start."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("botorch", reason="Bayesian optimisation needs the extra bayes")

from solved import best_of, optimum

from braess.errors import InputError
from braess.problem import Constraint, Evaluations, Objective
from braess.search.botorch import BoTorch
from braess.search.random import Random
from braess.space import Binary, Designs, Real, Space
from braess.study.indicators import hypervolume
from braess.testing import ZDT1, Cells, Flaky, Knapsack, SearchConformance, Sphere, Tour, Toy, go_on

QUICK = BoTorch(initial=6, restarts=2, starts=16)


class TestBoTorchConformance(SearchConformance):
    search = QUICK
    problems: ClassVar = (Sphere(2), Cells())
    evaluations = 10


class _Island(Toy):
    """The sum of two coordinates, allowed within a small circle; the optimum is its lowest point."""

    name = "island"
    centre, radius = np.array([0.7, 0.6]), 0.04

    def __init__(self) -> None:
        self.space = Space({"x": Real(low=0.0, high=1.0, size=2)})
        self.objectives = (Objective("sum"),)
        self.constraints = (Constraint("within the circle"),)

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        x = designs["x"]
        distance = np.linalg.norm(x - self.centre, axis=1, keepdims=True)
        return x.sum(axis=1, keepdims=True), distance - self.radius

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        distance = float(np.hypot(row["x"][0] - self.centre[0], row["x"][1] - self.centre[1]))
        return [sum(row["x"])], [distance - self.radius]


def test_an_infeasible_start_is_left() -> None:
    """Nothing is feasible at first: no design may come twice, and the lowest point of the circle must be found."""
    running = BoTorch(initial=8, restarts=4, starts=128).start(_Island(), np.random.default_rng(1))
    batches = go_on(running, _Island(), 35, 1)
    found = Evaluations.concatenate([_Island().evaluate(batch) for batch in batches])
    assert not found.feasible[:8].any()
    assert len({key for batch in batches for key in batch.hashes()}) == len(batches)
    lowest = float(_Island.centre.sum() - np.sqrt(2.0) * _Island.radius)
    assert found.objectives[found.feasible].min() == pytest.approx(lowest, abs=2e-3)


class _Branin(Toy):
    """Branin's function; its minimum 0.397887 is known (Dixon and Szegő 1978)."""

    name = "branin"

    def __init__(self) -> None:
        self.space = Space({"a": Real(low=-5.0, high=10.0), "b": Real(low=0.0, high=15.0)})
        self.objectives = (Objective("height"),)
        self.constraints = ()

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        a, b = designs["a"], designs["b"]
        bowl = np.square(b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6)
        return (bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10)[:, None], np.empty((len(a), 0))

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        designs = self.space.from_rows([row])
        return self.answers(designs)[0][0].tolist(), []


def test_it_finds_a_known_minimum() -> None:
    assert best_of(BoTorch(restarts=4, starts=128), _Branin(), 35, seed=0) == pytest.approx(0.397887, abs=2e-2)


def test_binaries_under_a_budget() -> None:
    """The best of a small knapsack, known from all its designs, within a twentieth of them."""
    problem = Knapsack(9)
    search = BoTorch(initial=8, restarts=2, starts=32)
    assert best_of(search, problem, 26, seed=0) == optimum(problem)


def test_fronts() -> None:
    """A front must dominate more than that of as many random designs."""
    problem = ZDT1(3)

    def dominated(search: Any) -> float:
        batches = go_on(search.start(problem, np.random.default_rng(0)), problem, 26, 1)
        found = np.concatenate([problem.evaluate(batch).objectives for batch in batches])
        return hypervolume(found, np.array([1.1, 6.0]))

    assert dominated(BoTorch(initial=10, restarts=2, starts=32)) > dominated(Random()) + 0.5


@pytest.mark.parametrize("problem", [Sphere(2), ZDT1(3), _Island()])
def test_batches(problem: Toy) -> None:
    """A batch must be of different designs, asked for before any of them is told."""
    running = BoTorch(initial=6, batch=3, restarts=2, starts=16).start(problem, np.random.default_rng(0))
    running.tell(first := running.ask(6), problem.evaluate(first))
    batch = running.ask(100)
    assert len(set(batch.hashes())) == 3


def test_failures_are_not_asked_for_again() -> None:
    problem = Flaky(Sphere(2), 0.5)
    batches = go_on(QUICK.start(problem, np.random.default_rng(0)), problem, 12, 1)
    assert len({key for batch in batches for key in batch.hashes()}) == len(batches)


def test_permutations_are_decided() -> None:
    """The tour must be shorter than the best of as many random ones, by the median of three seeds."""
    ours, random = (
        np.median([best_of(search, Tour(9), 40, seed) for seed in range(3)])
        for search in (BoTorch(initial=10, restarts=4, starts=64), Random())
    )
    assert ours < 0.95 * random


def test_an_infinite_constraint_is_no_constraint_kept() -> None:
    """Constraints may be infinite where a design is infeasible beyond measure; models see finite numbers."""
    problem = _Island()
    running = QUICK.start(problem, np.random.default_rng(0))
    first = running.ask(6)
    found = problem.evaluate(first)
    running.tell(first, Evaluations.of(found.objectives, np.full((6, 1), np.inf)))
    told = running.told()  # type: ignore[attr-defined]
    assert told is not None
    assert np.isfinite(told.constraints).all()
    assert (told.constraints > 0.0).all()
    assert not told.feasible.any()
    assert len(running.ask(1)) == 1


def test_a_space_with_two_designs_ends() -> None:
    """When all is evaluated the search must say so."""

    class Switch(Toy):
        name = "switch"

        def __init__(self) -> None:
            self.space = Space({"on": Binary()})
            self.objectives = (Objective("sum"),)
            self.constraints = ()

        def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
            return designs["on"].astype(float)[:, None], np.empty((len(designs), 0))

        def answer(self, row: Any) -> tuple[list[float], list[float]]:
            return [float(row["on"])], []

    running = QUICK.start(Switch(), np.random.default_rng(0))
    assert sum(map(len, go_on(running, Switch(), 10, 4))) == 2
    assert len(running.ask(1)) == 0


@pytest.mark.parametrize(
    ("settings", "field"), [({"batch": 0}, "batch"), ({"starts": 5}, "starts"), ({"initial": -1}, "initial")]
)
def test_impossible_numbers_are_refused(settings: dict[str, int], field: str) -> None:
    with pytest.raises(InputError, match=field):
        BoTorch(**settings)
