"""NSGA-III: the sphere front of DTLZ2, reference directions, feasibility ties decided by the given generator."""

from __future__ import annotations

import numpy as np
import pytest
from moocore import hypervolume

from braess.errors import InputError
from braess.problem import Evaluations
from braess.search.nsga3 import NSGA3
from braess.search.random import Random
from braess.testing import DTLZ2, ZDT1, Flaky, go_on, trace

_REFERENCE = np.array([1.2, 1.2, 1.2])
_WHOLE = 1.2**3 - np.pi / 6  # volume between the reference point and the unit sphere


def _volume(search, evaluations: int) -> float:
    problem = DTLZ2()
    batches = go_on(search.start(problem, np.random.default_rng(0)), problem, evaluations, 50)
    found = Evaluations.concatenate([problem.evaluate(batch) for batch in batches])
    return float(hypervolume(found.objectives, ref=_REFERENCE))


def test_reaches_the_known_front() -> None:
    """The front of DTLZ2 is an eighth of the unit sphere: most of the volume it dominates must be reached."""
    assert 0.93 * _WHOLE < _volume(NSGA3(), 5000) < _WHOLE


def test_is_better_than_random() -> None:
    """Under the same budget it must dominate more than random designs do."""
    assert _volume(NSGA3(), 2000) > _volume(Random(), 2000)


@pytest.mark.parametrize(
    ("population", "objectives", "expected"), [(92, 3, 12), (91, 3, 12), (90, 3, 11), (100, 2, 99), (4, 4, 1)]
)
def test_as_many_directions_as_the_population_holds(population: int, objectives: int, expected: int) -> None:
    """Das and Dennis's count is a binomial coefficient: 12 parts of 3 objectives make 91 directions."""
    assert NSGA3(population=population).partitions(objectives) == expected


def test_ties_among_infeasible_designs_follow_the_seed() -> None:
    """Where all evaluations fail every tournament is a tie: even then the seed must decide everything."""
    problem = Flaky(DTLZ2(), share=1.0)
    assert trace(NSGA3(population=20), problem, 1, 200, 10) == trace(NSGA3(population=20), problem, 1, 200, 10)


@pytest.mark.parametrize(("field", "value"), [("population", 3), ("crossover", -1.0), ("mutation", -1.0), ("exchange", 2.0)])
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        NSGA3(**{field: value})


def test_two_objectives_work_too() -> None:
    """Nothing in the method needs three objectives."""
    assert len(trace(NSGA3(population=12), ZDT1(), 0, 60, 7)) == 60
