"""Regularised evolution: one change at a time, the oldest dies, tournaments, known optima, the end of a space."""

from __future__ import annotations

import numpy as np
import pytest
from solved import best_of, optimum

from braess.errors import InputError
from braess.search.local import Local
from braess.search.random import Random
from braess.search.regularised_evolution import RegularisedEvolution
from braess.space import Categorical, Space, every_design
from braess.testing import Blocks, Cells, Knapsack, Mixed, Tour, go_on


def _started(problem, evaluations: int, seed: int = 0, **settings):
    running = RegularisedEvolution(**settings).start(problem, np.random.default_rng(seed))
    return running, problem.space.concatenate(go_on(running, problem, evaluations, 1))


def test_the_youngest_are_alive() -> None:
    """After any number of designs the population must be the last ones evaluated, however good the others were."""
    problem = Blocks()
    running, designs = _started(problem, 57, population=12)
    assert np.array_equal(running._alive, problem.space.flatten(designs)[0][-12:])
    found = problem.evaluate(designs)
    assert np.array_equal(running._keys[:, 0], found.violation[-12:])


def test_children_differ_from_a_living_parent_in_one_decision() -> None:
    """Before changes run out, each child is one change away from a design that was alive when it was made."""
    space = Space({f"c{i}": Categorical(options=tuple(range(5))) for i in range(12)})
    problem = Cells()
    problem.space, problem.answers = space, _number_of_zeros
    _, designs = _started(problem, 80, population=10)
    rows = space.flatten(designs)[0]
    for i in range(10, 80):
        assert ((rows[i] != rows[i - 10 : i]).sum(axis=1) == 1).any()


def _number_of_zeros(designs):
    return -(designs.space.flatten(designs)[0] == 0).sum(axis=1).astype(float)[:, None], np.zeros((len(designs), 1))


def test_parents_win_their_tournament() -> None:
    """With a sample as large as the population the best of the living is the parent: least violation, then objective."""
    running, _ = _started(Blocks(), 40, population=8, sample=8)
    best = min(range(8), key=lambda i: tuple(running._keys[i]))
    assert {running._parent() for _ in range(20)} == {best}


def test_mutation_changes_each_decision_and_draws_what_opens() -> None:
    """Every decided element is changed about equally often, none that is not decided, and what opens is any value."""
    problem = Cells()
    running, _ = _started(problem, 20)
    start = problem.space.from_rows([{"operation": "none", "layers": 1, "layers.0.width": 2}])
    many = problem.space.concatenate([start] * 3000)
    children = running._mutated(many)
    changed = {path: (children[path] != start[path][0]) for path in ("operation", "layers", "layers.0.width")}
    assert not children.same_as(many).any()
    kept = [
        not any(other[i] for name, other in changed.items() if name != path)
        for path in changed
        for i in np.flatnonzero(changed[path])
        if path == "operation"
    ]
    assert all(kept)
    assert 850 < changed["operation"].sum() < 1150
    opened = children.take(children["operation"] == 1)
    assert set(opened["operation.conv.kernel"].tolist()) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    "problem", [Knapsack(5), pytest.param(Cells(), marks=pytest.mark.slow)], ids=lambda problem: problem.name
)
def test_exhausts_a_finite_space(problem) -> None:
    """Where changes find nothing new, more are made, and at last what is left is drawn: every design once, then nothing."""
    running, designs = _started(problem, 10**6)
    every = every_design(problem.space)
    if problem.name == "knapsack":
        every = every.take(problem.evaluate(every).feasible)  # the others are repaired
    assert sorted(designs.hashes()) == sorted(every.hashes())
    assert len(running.ask(1)) == 0


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("problem", [Knapsack(14), Tour(7), Cells(), Blocks()], ids=lambda problem: problem.name)
def test_comes_near_the_optimum(problem, seed: int) -> None:
    """Brute force knows the best: evolution must come near it with a few hundred designs, `local` too, chance not nearer."""
    best = optimum(problem)
    found, local, by_chance = (
        best_of(search, problem, 300, seed) - best for search in (RegularisedEvolution(), Local(), Random())
    )
    assert max(found, local) <= max(by_chance, 0.05 * abs(best))


def test_reals_are_mutated_within_their_bounds() -> None:
    """Mixed spaces with reals: better than chance with as many designs."""
    found, by_chance = (
        np.mean([best_of(search, Mixed(), 300, seed) for seed in range(3)]) for search in (RegularisedEvolution(), Random())
    )
    assert found < by_chance


@pytest.mark.parametrize(
    ("field", "settings"), [("sample", {"sample": 0}), ("population", {"population": 4}), ("batch", {"batch": 0})]
)
def test_impossible_settings_are_refused(field: str, settings) -> None:
    """A wrong hyper-parameter must be named."""
    with pytest.raises(InputError, match=field):
        RegularisedEvolution(**settings)
