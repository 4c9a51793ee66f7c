"""Samplers of Optuna: conformance, constraints, repair, no design twice, and names that are wrong."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("optuna", reason="samplers of Optuna need the extra bayes")

from optuna.samplers import RandomSampler
from solved import best_of

from braess.errors import InputError
from braess.problem import Constraint, Evaluations, Objective
from braess.search.optuna import Optuna
from braess.search.random import Random
from braess.space import Binary, Designs, Real, Space
from braess.testing import ZDT1, Cells, Knapsack, Mixed, SearchConformance, Sphere, Tour, Toy, go_on


class TestOptunaConformance(SearchConformance):
    search = Optuna(sampler="NSGAIISampler", options={"population_size": 20})
    problems: ClassVar = (Sphere(), Knapsack(20), Cells(), ZDT1())


class _Corner(Toy):
    """Sum of coordinates that must be at least 1: a constrained optimum known to be 1; the middle is infeasible."""

    name = "corner"

    def __init__(self) -> None:
        self.space = Space({"x": Real(low=0.0, high=1.0, size=2)})
        self.objectives = (Objective("sum"),)
        self.constraints = (Constraint("at least 1"),)

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        total = designs["x"].sum(axis=1, keepdims=True)
        return total, 1.0 - total

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        total = sum(row["x"])
        return [total], [1.0 - total]


@pytest.mark.parametrize("sampler", ["TPESampler", "GPSampler", "NSGAIISampler"])
def test_constraints_are_told(sampler: str) -> None:
    """The best feasible design is worth 1 by construction; one that breaks the constraint seems better."""
    running = Optuna(sampler=sampler).start(_Corner(), np.random.default_rng(0))
    found = [_Corner().evaluate(design) for design in go_on(running, _Corner(), 40, 1)]
    late = [float(evaluations.constraints[0, 0]) for evaluations in found[20:]]
    assert sum(broken < 0.05 for broken in late) >= 10
    assert min(float(evaluations.objectives[0, 0]) for evaluations in found if evaluations.feasible[0]) < 1.15


def test_samplers_without_constraints_learn_of_what_keeps_them() -> None:
    """A quasi-random or evolutionary sampler that knows no constraints must still go on, from feasible trials alone."""
    running = Optuna(sampler="CmaEsSampler").start(_Corner(), np.random.default_rng(0))
    go_on(running, _Corner(), 80, 1)
    states = [trial.state.name for trial in running._study.trials]  # type: ignore[attr-defined]
    assert {"COMPLETE", "FAIL"} <= set(states)


def test_it_learns() -> None:
    """Parzen trees must do better than random draws on a bowl, by the median of three seeds."""
    ours, random = (np.median([best_of(search, Sphere(3), 120, seed) for seed in range(3)]) for search in (Optuna(), Random()))
    assert ours < 0.5 * random


class _Nowhere(Toy):
    """Nothing is ever feasible."""

    name = "nowhere"

    def __init__(self) -> None:
        self.space = Space({"on": Binary(size=5)})
        self.objectives = (Objective("sum"),)
        self.constraints = (Constraint("never"),)

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        return designs["on"].sum(axis=1, keepdims=True).astype(float), np.ones((len(designs), 1))

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        return [float(sum(row["on"]))], [1.0]


@pytest.mark.parametrize("sampler", ["TPESampler", "CmaEsSampler"])
def test_an_infeasible_start_does_not_go_round_in_circles(sampler: str) -> None:
    """Every design is asked for once, until there is none left; then the search is over."""
    running = Optuna(sampler=sampler).start(_Nowhere(), np.random.default_rng(0))
    asked = [key for batch in go_on(running, _Nowhere(), 1000, 1) for key in batch.hashes()]
    assert len(asked) == len(set(asked)) == 32


class _Broken(Sphere):
    """Fails on half of the designs."""

    name = "broken"

    def evaluate(self, designs: Designs) -> Evaluations:
        found = super().evaluate(designs)
        objectives = np.where(designs["x"][:, :1] < 0.0, np.nan, found.objectives)
        errors = tuple("no" if failed else None for failed in np.isnan(objectives[:, 0]))
        return Evaluations(objectives, found.constraints, found.seconds, errors, found.exact)


def test_failures_are_told() -> None:
    running = Optuna(sampler="TPESampler", batch=4).start(_Broken(2), np.random.default_rng(0))
    go_on(running, _Broken(2), 60, 3)
    states = [trial.state.name for trial in running._study.trials]  # type: ignore[attr-defined]
    assert states.count("FAIL") > 5
    assert states.count("COMPLETE") > 10


class Third(RandomSampler):
    """A sampler of somebody else."""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sampler": "TPESampla"}, "sampler.*TPESampler"),
        ({"sampler": "nowhere:Sampler"}, "sampler"),
        ({"sampler": "json:JSONDecoder"}, "no sampler"),
        ({"options": {"trials": 3}}, "options.*trials"),
        ({"sampler": "BruteForceSampler"}, "cannot|step"),
    ],
)
def test_wrong_names_are_told(settings: dict[str, Any], words: str) -> None:
    with pytest.raises((InputError, ValueError), match=words):
        go_on(Optuna(**settings).start(Sphere(2), np.random.default_rng(0)), Sphere(2), 5, 1)


def test_samplers_of_others() -> None:
    running = Optuna(sampler=f"{__name__}:Third").start(Sphere(2), np.random.default_rng(0))
    assert len(go_on(running, Sphere(2), 5, 1)) == 5


@pytest.mark.parametrize(("settings", "field"), [({"batch": 0}, "batch"), ({"sampler": ""}, "sampler")])
def test_nonsense_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Optuna(**settings)


@pytest.mark.parametrize("problem", [Mixed(), Tour(6)])
def test_every_kind_of_variable(problem: Toy) -> None:
    running = Optuna().start(problem, np.random.default_rng(0))
    asked = [key for batch in go_on(running, problem, 30, 4) for key in batch.hashes()]
    assert len(set(asked)) == 30
