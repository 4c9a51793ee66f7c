"""Algorithms of pymoo by name: conformance, known answers, no design twice, going on, and names that are wrong."""

from __future__ import annotations

import pickle
from typing import Any, ClassVar

import numpy as np
import pytest
from pymoo.algorithms.soo.nonconvex.pso import PSO
from solved import best_of

from braess.errors import InputError
from braess.search.pymoo import Pymoo
from braess.search.random import Random
from braess.testing import DTLZ2, ZDT1, Knapsack, Mixed, SearchConformance, Sphere, Tour, Toy, go_on


class TestConformance(SearchConformance):
    """A swarm for one objective, a front for several."""

    search = Pymoo(options={"pop_size": 20})
    problems: ClassVar = (Sphere(), Knapsack(20), Mixed(), Tour(9), ZDT1(), DTLZ2())


class TestDirectSearchConformance(SearchConformance):
    """It runs as a generator, which no pickle holds."""

    search = Pymoo(algorithm="NelderMead")
    problems: ClassVar = (Sphere(3),)


ONE = ("BRKGA", "CMAES", "DE", "DIRECT", "ES", "G3PCX", "GA", "ISRES", "NelderMead", "PatternSearch", "PSO", "SRES")
SEVERAL = ("AGEMOEA", "CMOPSO", "CTAEA", "GDE3", "MOEAD", "NSDE", "NSGA2", "NSGA3", "SMSEMOA", "SPEA2", "UNSGA3")


@pytest.mark.parametrize("algorithm", ONE)
def test_one_objective_is_better_than_chance(algorithm: str) -> None:
    """On a bowl each of them, by the median of three seeds."""
    ours, random = (
        np.median([best_of(search, Sphere(4), 500, seed) for seed in range(3)])
        for search in (Pymoo(algorithm=algorithm), Random())
    )
    assert ours < random


@pytest.mark.parametrize("algorithm", SEVERAL)
def test_fronts_are_better_than_chance(algorithm: str) -> None:
    """More hypervolume below (1.1, 7) on ZDT1 than random designs have, in as many evaluations."""
    from braess.study.indicators import hypervolume

    # at half of these evaluations one of them (CMOPSO) is still behind
    def found(search: Any) -> float:
        batches = go_on(search.start(ZDT1(), np.random.default_rng(0)), ZDT1(), 1200, 50)
        return float(hypervolume(np.concatenate([ZDT1().evaluate(one).objectives for one in batches]), np.array([1.1, 7.0])))

    assert found(Pymoo(algorithm=algorithm, directions=30)) > found(Random())


def test_an_algorithm_that_plans_ahead_ends() -> None:
    search = Pymoo(algorithm="RVEA", directions=20, generations=5)
    batches = go_on(search.start(ZDT1(), np.random.default_rng(0)), ZDT1(), 10_000, 1000)
    assert 0 < sum(map(len, batches)) <= 100


@pytest.mark.parametrize("problem", [Knapsack(6), Tour(4)])
def test_no_design_twice(problem: Toy) -> None:
    """In a small space every design comes at most once, and the search ends when nothing new comes."""
    running = Pymoo(options={"pop_size": 10}).start(problem, np.random.default_rng(0))
    asked = [key for batch in go_on(running, problem, 10_000, 7) for key in batch.hashes()]
    assert len(asked) == len(set(asked)) > 10
    assert len(running.ask(1)) == 0


def test_a_finished_search_stays_finished() -> None:
    running = Pymoo(options={"pop_size": 10}).start(Knapsack(6), np.random.default_rng(0))
    go_on(running, Knapsack(6), 10_000, 7)
    assert len(pickle.loads(pickle.dumps(running)).ask(3)) == 0


class Third(PSO):
    """An algorithm of somebody else."""


def test_algorithms_of_others() -> None:
    running = Pymoo(algorithm=f"{__name__}:Third").start(Sphere(2), np.random.default_rng(0))
    assert sum(map(len, go_on(running, Sphere(2), 50, 10))) >= 50


@pytest.mark.parametrize(
    ("settings", "problem", "words"),
    [
        ({"algorithm": "PSU"}, Sphere(), "algorithm.*PSO"),
        ({"algorithm": "nowhere:PSO"}, Sphere(), "no such algorithm"),
        ({"algorithm": "json:JSONDecoder"}, Sphere(), "no algorithm"),
        ({"options": {"wings": 2}}, Sphere(), "wings"),
        ({"options": {"adaptive": False}}, Sphere(), "adaptive"),  # what only one of two algorithms knows
        ({"algorithm": "MOEAD"}, Knapsack(), "MOEAD.*constraints"),
        ({"algorithm": "RVEA"}, ZDT1(), "RVEA"),
        ({"algorithm": "PSO"}, ZDT1(), "one objective.*NSGA2"),
        ({"directions": 1}, ZDT1(), "directions"),
        ({"generations": -1}, ZDT1(), "generations"),
    ],
)
def test_what_cannot_be_is_told(settings: dict[str, Any], problem: Toy, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Pymoo(**settings).start(problem, np.random.default_rng(0))
