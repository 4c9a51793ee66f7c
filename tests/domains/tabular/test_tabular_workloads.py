"""Workloads: answers against pandas and brute force, sensitivities over all neighbours of small tables."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import FAMILIES, PEOPLE, TINY, long_trips, people

from braess.domains.tabular import Asked, HalfSpaces, Marginals, Number, Prefixes, Table, TableDomain, Whole, workloads_of
from braess.domains.tabular.workloads import Workload
from braess.errors import InputError


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_both_routes_agree(family: Any) -> None:
    """Compiled answers must be those of plain Python, query by query."""
    table = people(60)
    for workload in family.workloads(PEOPLE):
        found = workload.answers(table.cells)
        assert found.shape == (workload.size,)
        np.testing.assert_allclose(found, workload.plain(table.cells), rtol=0, atol=1e-12)


def test_marginals_are_contingency_tables() -> None:
    """Pandas counts the same, and each table of shares sums to 1."""
    table = people(300)
    frame = pd.DataFrame(table.columns())
    frame["mode"] = pd.Categorical(frame["mode"], categories=["car", "bus", "walk"])
    frame["hour"] = pd.Categorical(frame["hour"] * 6 // 24, categories=range(6))
    expected = pd.crosstab(frame["mode"], frame["hour"], dropna=False).to_numpy() / len(frame)
    (found,) = workloads_of([Marginals(("mode", "hour"), bins=6)], PEOPLE)
    np.testing.assert_array_equal(found.answers(table.cells).reshape(3, 6), expected)
    for workload in workloads_of([Marginals(way=3, bins=7)], PEOPLE):
        assert workload.answers(table.cells).sum() == pytest.approx(1.0, abs=1e-12)


def test_intervals_of_numbers_hold_their_lower_ends() -> None:
    """The edges must be exact, and the upper end of the range belongs to the last interval."""
    domain = TableDomain((Number("x", 0.0, 1.0), Whole("k", 0, 9)))
    (x, k) = workloads_of([Marginals(way=1, bins=10)], domain)
    cells = np.column_stack([np.arange(11) / 10, np.minimum(np.arange(11), 9)]).astype(np.float64)
    np.testing.assert_array_equal(np.rint(11 * x.answers(cells)), [1] * 9 + [2])
    np.testing.assert_array_equal(np.rint(11 * k.answers(cells)), [1] * 9 + [2])


def _largest_change(workload: Workload, rows: np.ndarray[Any, Any]) -> float:
    """Return the largest L2 change of the sums over all pairs of neighbouring tables of three rows."""
    n, largest = 3, 0.0
    answers = {three: workload.answers(rows[list(three)]) for three in itertools.product(range(len(rows)), repeat=n)}
    for three, found in answers.items():
        for at, other in itertools.product(range(n), range(len(rows))):
            neighbour = answers[(*three[:at], other, *three[at + 1 :])]
            largest = max(largest, n * float(np.linalg.norm(neighbour - found)))
    return largest


def test_sensitivities_over_all_neighbours() -> None:
    """No pair of neighbours may differ by more than declared; marginals and prefixes do differ by as much."""
    domain = TableDomain((Whole("a", 0, 2), Number("x", 0.0, 1.0)))
    rows = np.array(list(itertools.product([0.0, 1.0, 2.0], [0.0, 0.5, 1.0])))
    asked = Asked(lambda cells: np.column_stack([cells[:, 1], 1.0 - cells[:, 1]]), 2)
    families = [Marginals(bins=3), Marginals(way=1, bins=3), HalfSpaces(number=5, seed=1), Prefixes(number=4, seed=2), asked]
    for family in families:
        for workload in family.workloads(domain):
            found = _largest_change(workload, rows)
            assert found <= workload.sensitivity * (1.0 + 1e-12)
            if not isinstance(family, HalfSpaces):
                assert found == pytest.approx(workload.sensitivity)


def test_declared_sensitivities() -> None:
    """As published: the square root of 2 for a marginal, of the number for others; a fixed column needs no noise."""
    assert [w.sensitivity for w in Marginals(bins=4).workloads(PEOPLE)] == [math.sqrt(2)] * 3
    assert HalfSpaces(number=9).workloads(PEOPLE)[0].sensitivity == 3.0
    assert Prefixes(number=16).workloads(PEOPLE)[0].sensitivity == 4.0
    assert Asked(long_trips, 2, sensitivity=1.2).workloads(PEOPLE)[0].sensitivity == 1.2
    assert Marginals(way=1).workloads(TableDomain((Whole("k", 3, 3),)))[0].sensitivity == 0.0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30))
def test_answers_are_means_of_rows(seed: int, n: int) -> None:
    """The order of rows does not matter, and answers of a table are the mean of those of its rows."""
    rng = np.random.default_rng(seed)
    cells = PEOPLE.low + rng.random((n, 3)) * (PEOPLE.high - PEOPLE.low)
    cells[:, :2] = np.floor(cells[:, :2])
    for workload in workloads_of(list(FAMILIES.values()), PEOPLE):
        found = workload.answers(cells)
        np.testing.assert_allclose(workload.answers(cells[rng.permutation(n)]), found, atol=1e-12)
        np.testing.assert_allclose(np.mean([workload.answers(row[None]) for row in cells], axis=0), found, atol=1e-12)
        assert ((found >= 0.0) & (found <= 1.0)).all()


def test_queries_are_public() -> None:
    """The same seed gives the same planes and thresholds on any data: nothing is taken from it."""
    for family in (HalfSpaces(number=20, seed=1), Prefixes(number=20, seed=1)):
        one, again = family.workloads(PEOPLE)[0], family.workloads(PEOPLE)[0]
        assert np.array_equal(one.answers(people(50).cells), again.answers(people(50).cells))


@pytest.mark.parametrize(
    ("family", "field"),
    [
        (Marginals(("mode", "speed"), bins=3), "columns"),
        (Marginals(("mode", "mode")), "columns"),
        (Marginals(), "bins"),
        (Marginals(bins=0), "bins"),
        (Marginals(way=4, bins=2), "way"),
        (HalfSpaces(("mode",)), "columns"),
        (HalfSpaces(number=0), "number"),
        (Prefixes(way=3), "way"),
        (Asked(long_trips, 2, sensitivity=1.5), "sensitivity"),
        (Asked(long_trips, 2, sensitivity=0.0), "sensitivity"),
    ],
)
def test_impossible_queries_are_refused(family: Any, field: str) -> None:
    with pytest.raises(InputError, match=field):
        family.workloads(PEOPLE)


def test_answers_outside_zero_and_one_are_refused() -> None:
    """A function that breaks its promise would break the guarantee unseen."""
    for function in (
        lambda cells: 2.0 * cells[:, 2:],
        lambda cells: np.zeros(3),
        lambda cells: np.full((len(cells), 1), np.nan),
    ):
        (workload,) = Asked(function, 1, name="broken").workloads(PEOPLE)
        with pytest.raises(InputError, match="broken"):
            workload.answers(people(10).cells)


def test_tables_keep_to_their_domain() -> None:
    for cells in (
        [[3.0, 1.0, 0.0]],
        [[0.0, 1.5, 0.0]],
        [[0.0, 1.0, np.nan]],
        [[0.0, 5.0, 1.0]],
        [[0.0, 1.0]],
        np.empty((0, 3)),
    ):
        with pytest.raises(InputError):
            Table(TINY, np.array(cells))
