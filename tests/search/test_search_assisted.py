"""A search with a rating beside it: conformance, the best rated are evaluated, every mistake of settings refused."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from braess.errors import InputError
from braess.problem import Evaluations, RatedBy
from braess.search import Search
from braess.search.assisted import Assisted
from braess.search.random import Random
from braess.space import Designs
from braess.testing import ZDT1, Knapsack, ProblemConformance, SearchConformance, Sphere, go_on


class _Misty(Sphere):
    """What is rated by: the height of the bowl, near enough to rank by."""

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        objectives, constraints = super().answers(designs)
        return np.round(objectives), constraints


RATED = RatedBy(Sphere(3), _Misty(3))


class TestRatedByConformance(ProblemConformance):
    problem = RatedBy(Knapsack(20), Knapsack(20))


class TestAssistedConformance(SearchConformance):
    search = Assisted(options={"population": 20})
    problems: ClassVar = (RATED, RatedBy(Knapsack(20), Knapsack(20)))
    unfit: ClassVar = (Sphere(2), ZDT1())
    evaluations = 100


def _best(search: Search, evaluations: int, seed: int) -> float:
    batches = go_on(search.start(RATED, np.random.default_rng(seed)), RATED, evaluations, 10)
    return float(np.concatenate([RATED.evaluate(batch).objectives for batch in batches])[:evaluations].min())


def test_rating_saves_evaluations() -> None:
    """Random search in three dimensions with five times the designs gets to a third of the height, with a good rating too."""
    assisted, alone = (
        np.mean([_best(search, 40, seed) for seed in range(20)]) for search in (Assisted(search="random"), Random())
    )
    assert assisted < 0.6 * alone


def test_the_best_rated_are_evaluated() -> None:
    """Of twenty proposals the five with the best rating, in the order in which they were proposed."""
    running: Any = Assisted(search="random", candidates=4, batch=5).start(RATED, np.random.default_rng(0))
    asked = running.ask(100)
    proposed = running._proposed
    assert (len(proposed), len(asked)) == (20, 5)
    rating = RATED.rate(proposed)
    chosen = np.sort(np.argsort(-rating, kind="stable")[:5])
    assert asked.same_as(proposed.take(chosen)).all()


def test_the_proposer_is_told_of_all_it_proposed() -> None:
    """In its order: what was evaluated as it is, the rest as failed."""
    running: Any = Assisted(search="random", batch=5).start(RATED, np.random.default_rng(0))
    told: list[tuple[Designs, Evaluations]] = []
    proposer = running._proposer

    class Spy:
        def ask(self, n: int) -> Designs:
            designs: Designs = proposer.ask(n)
            return designs

        def tell(self, designs: Designs, evaluations: Evaluations) -> None:
            told.append((designs, evaluations))
            proposer.tell(designs, evaluations)

    running._proposer = Spy()
    go_on(running, RATED, 20, 3)
    for designs, evaluations in told:
        there = ~evaluations.failed
        assert (len(designs), there.sum()) == (25, 5)
        assert np.array_equal(evaluations.objectives[there], RATED.evaluate(designs).objectives[there])


def test_designs_that_break_constraints_rate_last() -> None:
    """A knapsack that is too heavy is worth nothing, however full."""
    problem = RatedBy(Knapsack(20), Knapsack(20))
    designs = problem.space.sample(50, np.random.default_rng(0))
    assert np.array_equal(np.isneginf(problem.rate(designs)), ~problem.evaluate(designs).feasible)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"search": "genetics"}, "search"),
        ({"search": "assisted"}, "search"),
        ({"options": {"populations": 3}}, "options"),
        ({"candidates": 0}, "candidates"),
        ({"batch": 0}, "batch"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Assisted(**settings)


def test_what_the_proposer_cannot_handle_is_refused() -> None:
    with pytest.raises(InputError, match="nsga2"):
        Assisted(search="nsga2").start(RATED, np.random.default_rng(0))


def test_impossible_ratings_are_refused() -> None:
    """Another space, or more than one objective."""
    with pytest.raises(InputError, match="another space"):
        RatedBy(Sphere(3), Sphere(2))
    with pytest.raises(InputError, match="one objective"):
        RatedBy(Sphere(3), ZDT1())
