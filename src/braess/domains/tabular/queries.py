"""Families of queries as a study file or a call names them; on a public domain they become workloads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

from braess.domains.tabular.columns import Floats, TableDomain
from braess.domains.tabular.workloads import Custom, HalfSpace, Marginal, Prefix, Workload
from braess.errors import InputError

_LARGEST = 10_000_000  # queries of one family: more do not fit into memory with their noisy answers


class Queries(Protocol):
    """A family of queries."""

    def workloads(self, domain: TableDomain) -> tuple[Workload, ...]:
        """Return the workloads on a domain, each measured as a whole."""


@dataclass(frozen=True)
class Marginals:
    """All contingency tables of ``way`` of some columns, each a workload of its own.

    Parameters
    ----------
    columns
        Names; left out: all.
    way
        Columns in each table.
    bins
        Intervals of equal length that columns of numbers are cut into, and columns of more whole numbers than that; left out:
        each value by itself.
    """

    columns: tuple[str, ...] | None = None
    way: int = 2
    bins: int | None = None

    def workloads(self, domain: TableDomain) -> tuple[Workload, ...]:
        """Return one for each choice of columns, in order; raises `InputError` where columns do not allow it."""
        names = [domain.names[at] for at in domain.positions(self.columns)]
        if not 1 <= self.way <= len(names):
            raise InputError("impossible number of columns", field="way", found=self.way, expected=f"1 to {len(names)}")
        found = tuple(Marginal(domain, chosen, self.bins) for chosen in combinations(names, self.way))
        _require_fit(sum(marginal.size for marginal in found))
        return found


@dataclass(frozen=True)
class HalfSpaces:
    """Random half-spaces, one workload: shares of rows on one side of planes.

    Parameters
    ----------
    columns
        Names of columns of numbers or whole numbers; left out: all such.
    number
        How many.
    seed
        Of the planes; public.
    """

    columns: tuple[str, ...] | None = None
    number: int = 1000
    seed: int = 0

    def workloads(self, domain: TableDomain) -> tuple[Workload, ...]:
        """Return the one workload."""
        _require_fit(self.number)
        return (HalfSpace(domain, self.columns, self.number, self.seed),)


@dataclass(frozen=True)
class Prefixes:
    """Random conjunctions of thresholds, one workload: shares of rows with each of ``way`` columns at most so much.

    Parameters
    ----------
    columns, number, seed
        As of half-spaces.
    way
        Columns in each conjunction.
    """

    columns: tuple[str, ...] | None = None
    number: int = 1000
    seed: int = 0
    way: int = 2

    def workloads(self, domain: TableDomain) -> tuple[Workload, ...]:
        """Return the one workload."""
        _require_fit(self.number)
        return (Prefix(domain, self.columns, self.number, self.seed, self.way),)


@dataclass(frozen=True)
class Asked:
    """Queries of the user, one workload: a function of rows.

    Parameters
    ----------
    function
        Takes cells ``[n, d]`` and returns numbers from 0 to 1, ``[n, number]``, for each row by itself. It must be importable
        where the problem is to travel to another process.
    number
        How many queries.
    sensitivity
        L2 norm of the most by which the sums over rows change when one row is replaced. Left out: the square root of
        ``number``, which no function from 0 to 1 exceeds. Whoever declares less vouches for it: the noise rests on it.
    name
        For reports.
    """

    function: Callable[[Floats], Any]
    number: int
    sensitivity: float | None = None
    name: str = "queries"

    def workloads(self, domain: TableDomain) -> tuple[Workload, ...]:
        """Return the one workload."""
        _require_fit(self.number)
        most = math.sqrt(self.number)
        declared = most if self.sensitivity is None else self.sensitivity
        if not 0.0 < declared <= most:
            raise InputError("impossible sensitivity", field="sensitivity", found=declared, expected=f"up to {most:g}")
        return (Custom(domain, self.function, self.number, declared, self.name),)


def workloads_of(queries: Sequence[Queries], domain: TableDomain) -> tuple[Workload, ...]:
    """Return the workloads of several families; `InputError` where there are none."""
    found = tuple(workload for family in queries for workload in family.workloads(domain))
    if not found:
        raise InputError(
            "nothing is asked", field="queries", expected="marginals, half-spaces, prefixes or queries of your own"
        )
    return found


def _require_fit(number: int) -> None:
    if not 1 <= number <= _LARGEST:
        raise InputError("impossible number of queries", field="number", found=number, expected=f"1 to {_LARGEST:,}")
