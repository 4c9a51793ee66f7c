"""The settings of `PrivateTable`, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from braess.domains.tabular.columns import TableDomain
from braess.domains.tabular.files import read_domain, read_table
from braess.domains.tabular.privacy import Conversion
from braess.domains.tabular.problem import PrivateTable
from braess.domains.tabular.queries import HalfSpaces, Marginals, Prefixes, Queries
from braess.domains.tabular.release import Adaptive, Budget, private_problem
from braess.errors import InputError


@dataclass(frozen=True, kw_only=True)
class PrivateTableSettings:
    """Settings of `PrivateTable`: a synthetic table under differential privacy, for research.

    Parameters
    ----------
    data
        The secret table: a CSV file with a header, compressed or not.
    domain
        What is public of it: a JSON file with a member for each column.
    columns
        Names of the columns to keep; left out: all of the domain.
    epsilon
        Of the privacy guarantee; ``inf`` for none and no noise.
    delta
        Of the guarantee; left out: 1 / N² for ``N`` rows.
    conversion
        From both to zero-concentrated privacy: ``tight`` or ``simple``.
    rows
        Of the synthetic table.
    noise_seed
        Seed of the noise: as secret as the data, and with it this file and the record, which keeps a copy. For experiments.
    noise_seed_file
        File that holds the seed of the noise, a whole number of at least 32 digits; so the record holds no secret.
    marginals
        Contingency tables to measure.
    half_spaces
        Random half-spaces to measure.
    prefixes
        Random conjunctions of thresholds to measure.
    adaptive
        Measure the workloads that matter most, in rounds; left out: all at once.
    """

    data: str
    domain: str
    columns: tuple[str, ...] | None = None
    epsilon: float
    delta: float | None = None
    conversion: Conversion = "tight"
    rows: int = 1000
    noise_seed: int | None = None
    noise_seed_file: str | None = None
    marginals: tuple[Marginals, ...] = ()
    half_spaces: tuple[HalfSpaces, ...] = ()
    prefixes: tuple[Prefixes, ...] = ()
    adaptive: Adaptive | None = None

    def build(self, folder: Path) -> PrivateTable:
        """Read the table, measure it once and return the problem."""
        public = read_domain(folder / self.domain)
        if self.columns is not None:
            public = TableDomain(tuple(public.columns[at] for at in public.positions(self.columns)))
        queries: list[Queries] = [*self.marginals, *self.half_spaces, *self.prefixes]
        noise = np.random.default_rng(self._seed(folder))
        table = read_table(folder / self.data, public)
        budget = Budget(self.epsilon, self.delta, self.conversion)
        return private_problem(table, queries, budget, rows=self.rows, noise=noise, adaptive=self.adaptive)

    def _seed(self, folder: Path) -> int:
        if (self.noise_seed is None) == (self.noise_seed_file is None):
            found = (self.noise_seed, self.noise_seed_file)
            raise InputError("the noise needs one seed", field="noise_seed", found=found, expected="this or noise_seed_file")
        if self.noise_seed is not None:
            if self.noise_seed < 0:
                raise InputError("impossible seed", field="noise_seed", found=self.noise_seed, expected="at least 0")
            return self.noise_seed
        return read_seed(folder / str(self.noise_seed_file))


def read_seed(path: Path) -> int:
    """Read a seed that cannot be guessed; `InputError`, which does not repeat it, where the file holds none."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the file: {error}", file=path) from None
    if not text.isdecimal() or len(text) < _DIGITS:
        raise InputError("not a seed", file=path, line=1, expected=f"a whole number of at least {_DIGITS} digits")
    return int(text)


_DIGITS = 32  # of a seed that nobody guesses: more than 100 bits
