"""Budgets against published formulas and accountants, noise against its scale, rounds against exact choice."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_up import PEOPLE, people
from scipy.stats import kstest, norm

from braess.domains.tabular import (
    Adaptive,
    Budget,
    HalfSpaces,
    Marginals,
    Prefixes,
    epsilon_of,
    gaussian_scale,
    gumbel_scale,
    measure,
    measure_adaptively,
    private_problem,
    rho_of,
    workloads_of,
)
from braess.errors import InputError

BUDGETS = [(0.07, 1e-9), (0.23, 4.2e-10), (1.0, 1e-6), (5.0, 1e-5), (20.0, 1e-2)]


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
def test_conversions_are_inverse(epsilon: float, delta: float) -> None:
    """There and back, never to more than was allowed; the tight form allows more budget than the simple one."""
    tight, simple = rho_of(epsilon, delta), rho_of(epsilon, delta, "simple")
    assert 0.0 < simple < tight
    assert simple + 2.0 * math.sqrt(simple * math.log(1.0 / delta)) == pytest.approx(epsilon, rel=1e-9)
    assert epsilon * (1.0 - 1e-6) <= epsilon_of(tight, delta) <= epsilon
    assert epsilon_of(simple, delta, "simple") == pytest.approx(epsilon, rel=1e-9)


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
def test_no_less_than_the_exact_guarantee(epsilon: float, delta: float) -> None:
    """Normal noise has an exact curve (Balle and Wang 2018, arXiv:1805.06530); a budget must not promise more than it."""
    mu = math.sqrt(2.0 * rho_of(epsilon, delta))
    exact = norm.cdf(mu / 2 - epsilon / mu) - math.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    assert 0.0 < exact <= delta


@pytest.mark.parametrize(("rho", "delta"), [(1e-4, 1e-9), (1e-3, 1e-9), (0.02, 1e-6), (0.5, 1e-5), (5.0, 1e-2)])
def test_the_accountant_agrees(rho: float, delta: float) -> None:
    """The accountant of Google's library finds the same epsilon for normal noise, on a fine grid of orders."""
    dp_accounting = pytest.importorskip("dp_accounting", reason="compares with dp-accounting")
    from dp_accounting.rdp import RdpAccountant

    orders = 1.0 + np.exp(np.linspace(-6.0, 9.0, 20_000))
    accountant = RdpAccountant(orders.tolist())
    accountant.compose(dp_accounting.GaussianDpEvent(1.0 / math.sqrt(2.0 * rho)))
    assert epsilon_of(rho, delta) == pytest.approx(accountant.get_epsilon(delta), rel=1e-5)


def test_choosing_costs_what_is_counted() -> None:
    """Named largest with Gumbel noise is an exponential mechanism: its worst Rényi divergences must be within the budget.

    They are those of two outcomes whose probabilities change by factors within a range of exp(2 / scale), wherever it lies
    (Dong, Durfee and Rogers 2020, arXiv:1909.13830).
    """
    for rho in (0.001, 0.1, 2.0):
        span = 2.0 / gumbel_scale(1.0, rho, 1)
        upper = np.linspace(1e-3, 1.0 - 1e-3, 999)[:, None] * span
        order = 1.0 + np.exp(np.linspace(-4.0, 4.0, 60))
        first = (1.0 - np.exp(upper - span)) / (np.exp(upper) - np.exp(upper - span))
        moments = first * np.exp(order * upper) + (1.0 - first) * np.exp(order * (upper - span))
        spent = np.log(moments) / (order - 1.0) / order
        assert 0.9 * min(rho, 1.0) < spent.max() <= rho * (1.0 + 1e-9)


def test_noise_has_its_scale() -> None:
    """Over many releases each answer must be normal around the exact one with the declared deviation, for each class."""
    table = people(100)
    queries = [Marginals(("mode", "hour"), bins=2), HalfSpaces(number=6), Prefixes(number=6)]
    workloads = workloads_of(queries, PEOPLE)
    rng, rho = np.random.default_rng(0), 0.3
    runs = [measure(table, workloads, rho, rng) for _ in range(2000)]
    for at, workload in enumerate(workloads):
        scale = workload.sensitivity / 100 / math.sqrt(2.0 * rho / 3.0)
        assert runs[0][at].scale == pytest.approx(scale)
        errors = np.array([run[at].answers - workload.answers(table.cells) for run in runs]) / scale
        assert errors.var() == pytest.approx(1.0, abs=5.0 * math.sqrt(2.0 / errors.size))
        assert np.abs(np.corrcoef(errors.T) - np.eye(workload.size)).max() < 0.12
        assert kstest(errors.ravel(), "norm").pvalue > 1e-3


def test_shares_add_up_to_the_budget() -> None:
    """What is spent on each workload, recomputed from sensitivity and scale, is the budget."""
    table = people(100)
    for adaptive in (None, Adaptive(rounds=2), Adaptive(rounds=1, each=2)):
        problem = private_problem(
            table, [Marginals(bins=3)], Budget(1.0), rows=20, noise=np.random.default_rng(0), adaptive=adaptive
        )
        spent = sum((found.workload.sensitivity / len(table)) ** 2 / (2.0 * found.scale**2) for found in problem.measurements)
        assert problem.budget["rho"] == pytest.approx(rho_of(1.0, 1e-4))
        assert spent == pytest.approx(problem.budget["rho"] * (1.0 if adaptive is None else 0.5))


def test_without_noise_the_worst_are_measured_first() -> None:
    """With an infinite budget, rounds must choose the workloads with the largest errors, each once."""
    table = people(100)
    workloads = workloads_of([Marginals(bins=4), Marginals(way=1, bins=4)], PEOPLE)
    start = np.tile(table.cells[:1], (10, 1))
    errors = [np.abs(w.answers(table.cells) - w.answers(start)).max() for w in workloads]
    found = measure_adaptively(
        table, workloads, math.inf, np.random.default_rng(0), rounds=3, each=2, start=start, fit=lambda measured: start
    )
    assert [one.workload for one in found] == [workloads[at] for at in np.argsort(-np.array(errors), kind="stable")]
    assert all(np.array_equal(one.answers, one.workload.answers(table.cells)) for one in found)


def test_naming_the_worst_is_an_exponential_mechanism() -> None:
    """Of two workloads, the odds must be those of the exponential mechanism with their errors as scores."""
    table = people(20)
    workloads = workloads_of([Marginals(("mode", "km"), bins=2), Marginals(("hour", "km"), bins=2)], PEOPLE)
    start = np.tile(table.cells[:1], (4, 1))
    errors = np.array([np.abs(w.answers(table.cells) - w.answers(start)).max() for w in workloads])
    rng, rho = np.random.default_rng(1), 0.01
    chosen = [
        measure_adaptively(table, workloads, rho, rng, rounds=1, each=1, start=start, fit=lambda measured: start)[0].workload
        for _ in range(4000)
    ]
    odds = np.exp(errors / gumbel_scale(1.0 / 20, rho / 2.0, 1))
    expected = odds[0] / odds.sum()
    assert expected != pytest.approx(0.5, abs=0.002)
    assert np.mean([one is workloads[0] for one in chosen]) == pytest.approx(expected, abs=4 * math.sqrt(0.25 / 4000))


def test_an_infinite_budget_adds_no_noise() -> None:
    assert rho_of(math.inf, 1e-6) == math.inf == epsilon_of(math.inf, 1e-6)
    assert gaussian_scale(1.0, math.inf) == 0.0
    assert epsilon_of(0.0, 1e-6) == 0.0


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(0.0, 1e-6), (-1.0, 1e-6), (math.nan, 1e-6), (1.0, 0.0), (1.0, 1.0), (1.0, 2.0)]
)
def test_impossible_budgets_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(InputError, match=r"epsilon|delta"):
        rho_of(epsilon, delta)


def test_a_single_row_has_no_default_delta() -> None:
    with pytest.raises(InputError, match="delta"):
        Budget(1.0).spent_on(people(1))
