"""A search behind a filter: conformance, fewer infeasible designs evaluated, every mistake of settings refused."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="the filter needs the extra learn")

from braess.errors import InputError
from braess.problem import Constraint, Evaluations, Objective
from braess.search import Search
from braess.search.filtered import Filtered
from braess.search.random import Random
from braess.space import Designs, Real, Space
from braess.testing import Forbidden, Knapsack, SearchConformance, Sphere, Toy, go_on


class _Corner(Toy):
    """The distance from the centre of a cube, allowed in one corner only."""

    name = "corner"

    def __init__(self) -> None:
        self.space = Space({"x": Real(low=0.0, high=1.0, size=3)})
        self.objectives = (Objective("distance"),)
        self.constraints = (Constraint("corner"), Constraint("height"))

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        x = designs["x"]
        return np.linalg.norm(x - 0.5, axis=1, keepdims=True), np.column_stack([x.sum(axis=1) - 1.0, x[:, 2] - 0.6])

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        x = row["x"]
        return [float(np.sqrt(sum((one - 0.5) ** 2 for one in x)))], [float(sum(x)) - 1.0, float(x[2]) - 0.6]


class _Edge(_Corner):
    """The corner with a second objective."""

    def __init__(self) -> None:
        super().__init__()
        self.objectives = (Objective("distance"), Objective("width"))

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        distances, violations = super().answers(designs)
        return np.column_stack([distances, designs["x"][:, 0]]), violations

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        distances, violations = super().answer(row)
        return [*distances, float(row["x"][0])], violations


class TestFilteredConformance(SearchConformance):
    search = Filtered(options={"population": 20})
    problems: ClassVar = (_Corner(), _Edge())
    unfit: ClassVar = (Sphere(2),)
    evaluations = 100


def _feasible(search: Search, evaluations: int) -> float:
    problem = _Corner()
    batches = go_on(search.start(problem, np.random.default_rng(0)), problem, evaluations, 20)
    found = Evaluations.concatenate([problem.evaluate(batch) for batch in batches])
    return float(found.feasible[20:].mean())


def test_fewer_infeasible_designs_are_evaluated() -> None:
    """A sixth of the cube is feasible; behind the filter most of what is evaluated must be."""
    assert _feasible(Random(), 200) < 0.25
    assert _feasible(Filtered(search="random"), 200) > 0.6


def test_all_is_evaluated_where_nothing_is_feasible() -> None:
    """There is nothing to learn from one kind of design."""
    problem = Forbidden(_Corner())
    asked = go_on(Filtered(search="random").start(problem, np.random.default_rng(0)), problem, 100, 25)
    assert [len(batch) for batch in asked] == [20, 25, 25, 25, 25]


def test_a_strict_filter_still_asks() -> None:
    """Where everything is improbable, the most probable design is evaluated after some rounds."""
    problem = _Corner()
    running = Filtered(search="random", least=1.0, checked=0.0).start(problem, np.random.default_rng(0))
    assert sum(map(len, go_on(running, problem, 23, 10))) >= 23


def test_the_proposer_is_told_of_all_it_proposed() -> None:
    """In its order, and that what was left out is predicted, worse than what was seen, and violates constraints."""
    problem = _Corner()
    running: Any = Filtered(search="random", known=20).start(problem, np.random.default_rng(0))
    go_on(running, problem, 50, 50)
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
    go_on(running, problem, 40, 1000)
    for designs, evaluations in told:
        exact = problem.evaluate(designs)
        solved = evaluations.exact
        assert np.array_equal(evaluations.objectives[solved], exact.objectives[solved])
        assert (evaluations.constraints[~solved] >= 0.0).all()
        assert not evaluations.feasible[~solved].any()
    assert any((~evaluations.exact).any() for _, evaluations in told)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"search": "genetics"}, "search"),
        ({"search": "filtered"}, "search"),
        ({"options": {"populations": 3}}, "options"),
        ({"options": {"offspring": 20}}, "options"),  # what only one of the two that may be taken has
        ({"least": 1.5}, "least"),
        ({"checked": -0.1}, "checked"),
        ({"known": 0}, "known"),
        ({"batch": 0}, "batch"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Filtered(**settings)


def test_what_the_proposer_cannot_handle_is_refused() -> None:
    with pytest.raises(InputError, match="hybrid"):
        Filtered(search="hybrid").start(Knapsack(), np.random.default_rng(0))
