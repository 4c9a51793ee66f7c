"""Bayesian optimisation with a prior-fitted network: conformance, known optima, constraints, batches, no feasible start."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from solved import best_of, optimum

from braess.domains.engineering import load
from braess.errors import InputError
from braess.problem import Evaluations
from braess.search.pfn_bo import PFNBO
from braess.search.random import Random
from braess.testing import ZDT1, Cells, Knapsack, SearchConformance, Sphere, Tour, go_on

QUICK = PFNBO(initial=6, kept=2, starts=16)


class TestPFNBOConformance(SearchConformance):
    search = QUICK
    problems: ClassVar = (Sphere(2), Cells())
    unfit: ClassVar = (ZDT1(3),)
    evaluations = 14


def _regret(name: str, search: Any, evaluations: int, seed: int) -> float:
    problem = load(name, "corrected")
    known = problem.known.objective
    assert known is not None
    return float(problem.signs[0] * (best_of(search, problem, evaluations, seed) - known))


@pytest.mark.parametrize("acquisition", ["cei", "cei+", "penalty"])
def test_a_constrained_optimum_is_found(acquisition: str) -> None:
    """Of JLH1, which is -0.03125 where a line touches a bowl, and of the three-bar truss, by each acquisition."""
    search, priced = PFNBO(acquisition=acquisition), acquisition == "penalty"
    assert _regret("jlh1", search, 30, seed=0) < (0.05 if priced else 1e-4)
    assert _regret("three-bar-truss", search, 40, seed=0) < (15.0 if priced else 0.1)


def test_an_infeasible_start_is_left() -> None:
    """One design in two hundred of the speed reducer is feasible, none of the first: no design may come twice."""
    problem = load("speed-reducer", "corrected")
    batches = go_on(PFNBO().start(problem, np.random.default_rng(0)), problem, 30, 1)
    found = Evaluations.concatenate([problem.evaluate(batch) for batch in batches])
    assert not found.feasible[:16].any()
    assert found.feasible.any()
    assert len({key for batch in batches for key in batch.hashes()}) == len(batches)


def test_windows_close_in() -> None:
    """What a model of everywhere cannot tell apart, one of a window can: the bowl's lowest point to five digits."""
    assert best_of(PFNBO(), Sphere(3), 45, seed=1) < 1e-5


def test_binaries_under_a_budget() -> None:
    problem = Knapsack(9)
    assert best_of(PFNBO(initial=8, starts=64), problem, 30, seed=0) == optimum(problem)


def test_permutations_are_decided() -> None:
    """The tour must be shorter than the best of as many random ones, by the median of three seeds."""
    ours, random = (
        np.median([best_of(search, Tour(9), 40, seed) for seed in range(3)])
        for search in (PFNBO(initial=10, starts=64), Random())
    )
    assert ours < random


def test_batches() -> None:
    """A batch must be of designs that lie apart, asked for before any of them is told."""
    problem = load("welded-beam", "corrected")
    running = PFNBO(initial=10, batch=4).start(problem, np.random.default_rng(0))
    running.tell(first := running.ask(10), problem.evaluate(first))
    batch = running.ask(100)
    points = problem.space.to_unit(batch)
    distances = np.linalg.norm(points[:, None] - points, axis=-1)[np.triu_indices(4, 1)]
    assert len(batch) == 4
    assert distances.min() > 1e-3


def test_many_evaluations_are_read_in_part() -> None:
    """More than the network was fitted to must neither fail nor take ever longer."""
    running: Any = PFNBO(initial=300, starts=16, kept=1).start(Sphere(2), np.random.default_rng(0))
    go_on(running, Sphere(2), 304, 1)
    assert len(running.told().points) >= 304


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"batch": 0}, "batch"), ({"starts": 3}, "starts"), ({"initial": -1}, "initial"), ({"acquisition": "ei"}, "acquisition")],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        PFNBO(**settings)
