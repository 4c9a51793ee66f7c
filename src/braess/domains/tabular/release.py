"""One call from a secret table to a synthetic one: measure under a budget, fit, and say what was released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from braess.domains.tabular.columns import Floats, Table, TableDomain
from braess.domains.tabular.measuring import Measurement, measure, measure_adaptively
from braess.domains.tabular.privacy import Conversion, rho_of
from braess.domains.tabular.problem import PrivateTable, cells_of
from braess.domains.tabular.queries import Queries, workloads_of
from braess.domains.tabular.workloads import Workload
from braess.errors import InputError
from braess.search.private_gsd import PrivateGSD

if TYPE_CHECKING:
    from braess.search._private_gsd import PrivateGSDRun

_UNLIKELY = 2  # default delta: the number of rows to the minus second


@dataclass(frozen=True)
class Budget:
    """What may be learned of one row, at the most.

    Parameters
    ----------
    epsilon
        Infinite for no privacy and no noise.
    delta
        Left out: 1 / N² for a table of ``N`` rows, which is public.
    conversion
        To zero-concentrated privacy: ``"tight"`` or ``"simple"``, as in `epsilon_of`.
    """

    epsilon: float
    delta: float | None = None
    conversion: Conversion = "tight"

    def spent_on(self, table: Table) -> dict[str, float]:
        """Return epsilon, delta and rho for a table; `InputError` where a number is out of range or the table has one row."""
        delta = float(len(table)) ** -_UNLIKELY if self.delta is None else self.delta
        return {"epsilon": self.epsilon, "delta": delta, "rho": rho_of(self.epsilon, delta, self.conversion)}


@dataclass(frozen=True)
class Adaptive:
    """Measure the workloads that matter most, in rounds, in place of all.

    Parameters
    ----------
    rounds
        Rounds, each with an equal share of the budget.
    each
        Workloads measured in each.
    """

    rounds: int
    each: int = 1


def private_problem(
    table: Table,
    queries: Sequence[Queries],
    budget: Budget,
    *,
    rows: int,
    noise: np.random.Generator,
    adaptive: Adaptive | None = None,
    search: PrivateGSD | None = None,
) -> PrivateTable:
    """Measure a secret table once and return the problem of fitting another to what was measured.

    Parameters
    ----------
    table
        The secret.
    queries
        What is asked.
    budget
        For all that is released of the table.
    rows
        Of the table to be found.
    noise
        Where the noise comes from. Whoever knows its seed can take the noise away: it is as secret as the table.
    adaptive
        Measure in rounds; left out: everything at once.
    search
        Fits between rounds; left out: with its defaults.

    Raises
    ------
    InputError
        Numbers out of range, or queries that do not fit the table.
    """
    spent = budget.spent_on(table)
    workloads = workloads_of(queries, table.domain)
    if adaptive is None:
        found = measure(table, workloads, spent["rho"], noise)
    else:
        fitting = _Fitting(table.domain, rows, noise.spawn(1)[0], search or PrivateGSD())
        found = measure_adaptively(
            table,
            workloads,
            spent["rho"],
            noise,
            rounds=adaptive.rounds,
            each=adaptive.each,
            start=fitting.cells,
            fit=fitting.fit,
        )
    return PrivateTable(table.domain, found, rows, spent)


class _Fitting:
    """Fits a table again and again, each time from the last one."""

    def __init__(self, domain: TableDomain, rows: int, rng: np.random.Generator, search: PrivateGSD) -> None:
        self._domain, self._rows, self._rng, self._search = domain, rows, rng, search
        self.cells = cells_of(domain.space(rows).sample(1, rng))

    def fit(self, measurements: tuple[Measurement, ...]) -> Floats:
        """Return the cells ``[N', d]`` fitted to measurements."""
        problem = PrivateTable(self._domain, measurements, self._rows)
        self.cells = fit(problem, self._search, self._rng, start=self.cells).cells
        return self.cells


def fit(problem: PrivateTable, search: PrivateGSD, rng: np.random.Generator, *, start: Floats | None = None) -> Table:
    """Search until the search ends by itself and return the table it ends with, which is its best.

    ``start`` ``[N', d]`` are cells to begin with; left out: random ones.
    """
    running = cast("PrivateGSDRun", search.start(problem, rng))
    if start is not None:
        running.give_start(start.T.ravel())
    last = None
    while len(designs := running.ask(1)):
        running.tell(designs, problem.evaluate(designs))
        last = designs
    assert last is not None, "a search asks for something"
    return problem.table(last)


@dataclass(frozen=True, eq=False)
class Release:
    """What came of a private release. All of it may be published, except what `errors` returns.

    Parameters
    ----------
    table
        The synthetic table.
    measurements
        Noisy answers with the scales of their noise.
    epsilon, delta, rho
        The guarantee, and the budget of zero-concentrated privacy that was spent.
    """

    table: Table
    measurements: tuple[Measurement, ...]
    epsilon: float
    delta: float
    rho: float
    _workloads: tuple[Workload, ...] = field(repr=False)

    def report(self) -> list[dict[str, Any]]:
        """Say for each workload how far the synthetic table is from the noisy answers; nothing of it reads the secret table.

        ``fitted``: root mean square of the differences; ``scale``: standard deviation of the noise, with which to compare it.
        """
        rows = []
        for found in self.measurements:
            off = found.workload.answers(self.table.cells) - found.answers
            fitted = float(np.sqrt(np.square(off).mean()))
            rows.append(
                {"workload": found.workload.name, "queries": found.workload.size, "scale": found.scale, "fitted": fitted}
            )
        return rows

    def errors(self, secret: Table) -> list[dict[str, Any]]:
        """Say for each workload, measured or not, the mean and the largest distance of its answers from the secret ones.

        These numbers are computed from the secret without noise: they are no part of what may be published.
        """
        rows = []
        for workload in self._workloads:
            off = np.abs(workload.answers(self.table.cells) - workload.answers(secret.cells))
            rows.append({"workload": workload.name, "mean": float(off.mean()), "largest": float(off.max())})
        return rows


def release(
    table: Table,
    queries: Sequence[Queries],
    *,
    epsilon: float,
    delta: float | None = None,
    rows: int = 1000,
    noise: np.random.Generator,
    rng: np.random.Generator,
    adaptive: Adaptive | None = None,
    search: PrivateGSD | None = None,
    conversion: Conversion = "tight",
) -> Release:
    """Make a synthetic table that answers queries nearly as a secret one does, under differential privacy.

    For research: the noise is floating-point and its generator is not cryptographic, which a determined attacker may use.

    Parameters
    ----------
    table
        The secret table. That it has so many rows is public; its domain must be.
    queries
        What is to be answered well: `Marginals`, `HalfSpaces`, `Prefixes`, `Asked`.
    epsilon, delta
        The guarantee; ``delta`` left out: 1 / N².
    rows
        Of the synthetic table; its answers are multiples of one over it.
    noise
        Where the noise comes from, such as ``np.random.default_rng()``, which nobody can repeat; its seed is a secret.
    rng
        Of the search; no secret.
    adaptive
        Measure in rounds; left out: everything at once.
    search
        Left out: `PrivateGSD` with its defaults.
    conversion
        From epsilon and delta to zero-concentrated privacy.

    Raises
    ------
    InputError
        Numbers out of range, or queries that do not fit the table.

    References
    ----------
    Liu, Tang, Vietri and Wu (2023), arXiv:2306.03257.
    """
    budget = Budget(epsilon, delta, conversion)
    search = search or PrivateGSD()
    if rows < 2:
        raise InputError("too few rows to search", field="rows", found=rows, expected="at least 2")
    problem = private_problem(table, queries, budget, rows=rows, noise=noise, adaptive=adaptive, search=search)
    found = fit(problem, search, rng)
    return Release(found, problem.measurements, **problem.budget, _workloads=workloads_of(queries, table.domain))
