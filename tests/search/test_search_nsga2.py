"""NSGA-II: the known front of ZDT1, better than chance, constraints by feasibility."""

from __future__ import annotations

import numpy as np
import pytest
from moocore import hypervolume

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.search import Search
from braess.search.nsga2 import NSGA2
from braess.search.random import Random
from braess.space import Designs
from braess.testing import ZDT1, Toy, go_on

_REFERENCE = np.array([1.1, 1.1])
_WHOLE = 1.21 - 1.0 / 3.0  # area between the reference point and the front f2 = 1 - sqrt(f1)


def _volume(search: Search, problem: Problem, evaluations: int, seed: int) -> float:
    batches = go_on(search.start(problem, np.random.default_rng(seed)), problem, evaluations, 50)
    found = Evaluations.concatenate([problem.evaluate(batch) for batch in batches])
    return float(hypervolume(found.objectives[found.feasible], ref=_REFERENCE))


def test_reaches_the_known_front() -> None:
    """The front of ZDT1 is known in closed form: the volume it dominates must be reached to a few per cent."""
    assert 0.97 * _WHOLE < _volume(NSGA2(), ZDT1(), 6000, 0) < _WHOLE


def test_is_better_than_random() -> None:
    """Under the same budget it must dominate far more than random designs do."""
    assert _volume(NSGA2(), ZDT1(), 2000, 0) > 2.0 * _volume(Random(), ZDT1(), 2000, 0)


class _Cut(Toy):
    """ZDT1 of which only the part with f1 from 0.5 on is allowed."""

    name = "cut"

    def __init__(self) -> None:
        from braess.problem import Constraint

        self._inside = ZDT1()
        self.space, self.objectives = self._inside.space, self._inside.objectives
        self.constraints = (Constraint("first too small"),)

    def answers(self, designs: Designs):
        objectives, _ = self._inside.answers(designs)
        return objectives, 0.5 - objectives[:, :1]

    def answer(self, row):
        objectives, _ = self._inside.answer(row)
        return objectives, [0.5 - objectives[0]]


def test_constraints_are_kept() -> None:
    """Late generations must be feasible although the forbidden half has the better first objective."""
    problem = _Cut()
    batches = go_on(NSGA2(population=40).start(problem, np.random.default_rng(0)), problem, 2000, 40)
    assert np.mean([problem.evaluate(batch).feasible.mean() for batch in batches[-5:]]) > 0.7


@pytest.mark.parametrize(("field", "value"), [("population", 3), ("crossover", -1.0), ("mutation", -1.0), ("exchange", 2.0)])
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        NSGA2(**{field: value})
