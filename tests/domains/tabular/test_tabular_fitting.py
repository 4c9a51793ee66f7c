"""Fitting a table: increments against recomputation, exact answers where they can be had, conformance of problem and search."""

from __future__ import annotations

import math
import pickle
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import FAMILIES, PEOPLE, TINY, people

from braess.domains.tabular import Budget, HalfSpaces, Marginals, PrivateTable, Table, private_problem
from braess.domains.tabular.increments import TableIncrements
from braess.errors import InputError
from braess.search.genetic import Genetic
from braess.search.private_gsd import PrivateGSD
from braess.testing import Forbidden, Knapsack, ProblemConformance, SearchConformance, go_on, trace


def problem(rows: int = 20, epsilon: float = 5.0, families: Any = FAMILIES, seed: int = 0) -> PrivateTable:
    """Measure the made-up trips."""
    queries = [FAMILIES[name] for name in families]
    return private_problem(people(), queries, Budget(epsilon, 1e-6), rows=rows, noise=np.random.default_rng(seed))


class TestPrivateTable(ProblemConformance):
    problem = problem()


class TestPrivateGSD(SearchConformance):
    search = PrivateGSD(candidates=8, block=20, tolerance=0.0, noise=0.0)
    problems: ClassVar = (problem(10), problem(10, families=["half-spaces"]))
    unfit: ClassVar = (Knapsack(), Forbidden(problem(10)), problem(1))
    evaluations = 20


def _recomputed(task: PrivateTable, state: TableIncrements) -> float:
    return float(task.evaluate(task.space.unflatten(state.row[None])).objectives[0, 0])


@pytest.mark.parametrize("name", [*FAMILIES, "all"])
def test_increments_do_not_drift(name: str) -> None:
    """After ten thousand moves of one or two cells, accepted or not, the objective must be that of the table made of them."""
    task = problem(15, families=FAMILIES if name == "all" else [name])
    rng = np.random.default_rng(1)
    rows = task.space.flatten(task.space.sample(200, rng))[0]
    state = task.increments(rows[0])
    for move in range(10_000):
        places = np.array(rng.choice(task.space.width, size=2, replace=False))
        places[1] = -1 if rng.random() < 0.5 else places[1]
        values = rows[rng.integers(200), places]
        state.apply(places, values)
        if move % 2500 == 0:
            assert state.value == pytest.approx(_recomputed(task, state), rel=1e-12)
    assert state.value == pytest.approx(_recomputed(task, state), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 6))
def test_any_two_cells_may_change(seed: int, rows: int) -> None:
    """In few rows cells of marginals coincide in all ways: the same row, the same column, into and out of the same cell."""
    task = problem(rows)
    rng = np.random.default_rng(seed)
    drawn = task.space.flatten(task.space.sample(3, rng))[0]
    state = task.increments(drawn[0])
    places = np.array([rng.permutation(task.space.width)[:2] for _ in range(12)])
    places[::3, 1] = -1
    values = drawn[rng.integers(3, size=places.shape), places]
    before = state.value
    for change, place, value in zip(state.changes(places, values), places, values, strict=True):
        again = task.increments(state.row)
        again.apply(place, value)
        assert before + change == pytest.approx(_recomputed(task, again), rel=1e-11, abs=1e-13)
        assert before + change == pytest.approx(again.value, rel=1e-11, abs=1e-13)


def test_the_objective_never_rises() -> None:
    """The search keeps the best table: what it asks for is never worse than what it asked for before."""
    for seed, families in enumerate((FAMILIES, ["marginals"], ["prefixes"])):
        task = problem(40, families=families)
        batches = go_on(PrivateGSD(block=25, tolerance=0.0, noise=0.0).start(task, np.random.default_rng(seed)), task, 40, 5)
        found = [float(task.evaluate(batch).objectives[0, 0]) for batch in batches]
        assert len(found) > 5
        assert (np.diff(found) <= 1e-15).all()
        assert found[-1] < 0.5 * found[0]


@pytest.mark.parametrize("seed", range(5))
def test_exact_answers_are_reached(seed: int) -> None:
    """Without noise and with as many rows, the answers of a tiny table must be met to the last bit."""
    rng = np.random.default_rng(seed)
    secret = Table(TINY, np.column_stack([rng.integers(3, size=8), rng.integers(1, 5, size=8), rng.integers(2, size=8)]))
    task = private_problem(secret, [Marginals()], Budget(math.inf), rows=8, noise=rng)
    running = PrivateGSD(tolerance=0.0).start(task, np.random.default_rng(seed))
    last = go_on(running, task, 50, 1)[-1]
    assert task.evaluate(last).objectives[0, 0] == 0.0
    found = task.table(last)
    for one in task.measurements:
        assert np.array_equal(one.workload.answers(found.cells), one.workload.answers(secret.cells))


def test_it_beats_blind_search() -> None:
    """Knowing what a cell changes, it must come closer than a genetic algorithm with a hundred times as many evaluations."""
    task = problem(100, epsilon=math.inf)
    ours = go_on(PrivateGSD().start(task, np.random.default_rng(0)), task, 30, 1)
    blind = go_on(Genetic(population=50, offspring=50).start(task, np.random.default_rng(0)), task, 3000, 50)
    best = min(float(task.evaluate(batch).objectives.min()) for batch in blind)
    assert task.evaluate(ours[-1]).objectives[0, 0] < 0.5 * best


def test_it_stops_where_noise_begins() -> None:
    """The secret itself is as far off as the noise is: a share of that ends the search, and none lets it go on."""
    task = problem(200)
    secret = task.evaluate(task.space.unflatten(people().cells.T.reshape(1, -1))).objectives[0, 0]
    assert secret == pytest.approx(task.goal, rel=0.25)
    ends = []
    for noise in (1.0, 0.75, 0.0):
        last = go_on(PrivateGSD(noise=noise).start(task, np.random.default_rng(0)), task, 200, 1)[-1]
        ends.append(float(task.evaluate(last).objectives[0, 0]))
    assert task.goal >= ends[0] > 0.9 * task.goal
    assert ends[0] > ends[1] > ends[2]


def test_the_problem_forgets_the_secret() -> None:
    """What leaves the measuring process must hold noisy answers only, neither rows of the table nor the seed of the noise."""
    secret = people()
    task = private_problem(secret, [Marginals(bins=4)], Budget(1.0), rows=5, noise=np.random.default_rng(987654321))
    kept = pickle.dumps(task)
    assert all(secret.cells[at].tobytes() not in kept for at in range(len(secret)))
    assert all(np.ascontiguousarray(secret.cells[:, at]).tobytes() not in kept for at in range(3))
    assert "987654321" not in str(task.describe())


def test_the_same_noise_comes_from_the_same_seed() -> None:
    """A study that is resumed measures again: with the same seed it must be the same release, with another it is another."""
    one, again, other = (problem(seed=seed).measurements[0].answers for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_scaled_columns_make_the_same_search() -> None:
    """Half-spaces see columns between their public bounds only: other units must not change the designs."""
    table = people(80)
    from braess.domains.tabular import Category, Number, TableDomain, Whole

    metres = TableDomain((Category("mode", ("car", "bus", "walk")), Whole("hour", 0, 23), Number("km", 0.0, 40.0 * 1024)))
    scaled = Table(metres, table.cells * np.array([1.0, 1.0, 1024.0]))
    tasks = [
        private_problem(one, [HalfSpaces(number=25)], Budget(2.0, 1e-6), rows=12, noise=np.random.default_rng(0))
        for one in (table, scaled)
    ]
    found = [go_on(PrivateGSD().start(task, np.random.default_rng(1)), task, 5, 1)[-1] for task in tasks]
    np.testing.assert_allclose(1024 * found[0]["km"], found[1]["km"], rtol=1e-12)
    assert np.array_equal(found[0]["hour"], found[1]["hour"])


def test_the_monitor_counts_what_is_not_evaluated() -> None:
    """One evaluation stands for a block of generations: the account must say how many candidates were compared for it."""
    task = problem(30)
    running: Any = PrivateGSD(candidates=7, block=11, tolerance=0.0).start(task, np.random.default_rng(0))
    asked = len(go_on(running, task, 6, 1))
    watched = running.monitor()
    assert watched["candidates for a design"].tolist() == [77.0] * (asked - 1)
    assert all(0 < accepted <= 11 for accepted in watched["accepted for a design"][:3])


def test_columns_without_a_choice_are_left_alone() -> None:
    """A column of one value, and a table of one column, must not trip any operator."""
    from braess.domains.tabular import TableDomain, Whole

    domain = TableDomain((Whole("fixed", 2, 2), Whole("free", 0, 50)))
    secret = Table(domain, np.column_stack([np.full(30, 2.0), np.arange(30.0)]))
    for names in (("fixed", "free"), ("free",)):
        at = list(domain.positions(names))
        part = Table(TableDomain(tuple(domain.columns[place] for place in at)), secret.cells[:, at])
        task = private_problem(part, [Marginals(way=len(names))], Budget(math.inf), rows=30, noise=np.random.default_rng(0))
        last = go_on(PrivateGSD().start(task, np.random.default_rng(0)), task, 100, 1)[-1]
        assert task.evaluate(last).objectives[0, 0] == 0.0


def test_slices_and_workers_change_nothing() -> None:
    task = problem(20)
    one, other = (trace(PrivateGSD(block=30), task, 2, 10, n) for n in (1, 50))
    assert one == other


@pytest.mark.parametrize(
    ("given", "field"),
    [({"candidates": 0}, "candidates"), ({"block": -1}, "block"), ({"noise": -0.1}, "noise"), ({"uniform": 0.0}, "uniform")],
)
def test_impossible_settings_are_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        PrivateGSD(**given)


def test_nothing_to_fit_is_refused() -> None:
    with pytest.raises(InputError, match="rows"):
        problem(0)
    with pytest.raises(InputError, match="measurements"):
        PrivateTable(PEOPLE, (), 5)
