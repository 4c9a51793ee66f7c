"""The settings of problems with linear models, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from braess.domains.regression.data import Parted, corrupted, made_up, read_parted
from braess.domains.regression.problem import DataCleaning, RidgePenalties
from braess.errors import InputError

_ROWS, _COLUMNS, _RELEVANT = 60, 20, 5  # of made-up data; as many rows are held


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Where rows come from.

    Parameters
    ----------
    file
        Table of numbers with a header; without one, 120 rows of 20 correlated columns are made up, of which 5 matter.
    target
        Column of the file that is predicted from all others.
    share
        Of the rows of the file that are fitted; the others are held.
    seed
        Of what is drawn: made-up rows, which rows are fitted, which targets are spoiled.
    """

    file: str = ""
    target: str = ""
    share: float = 0.5
    seed: int = 0

    def data(self, folder: Path, rng: np.random.Generator) -> Parted:
        """Read or make up the rows."""
        if bool(self.file) != bool(self.target):
            raise InputError("a file needs a target, and a target a file", field="target", found=self.target)
        if self.file:
            return read_parted(folder / self.file, self.target, self.share, rng)
        return made_up(_ROWS, _ROWS, _COLUMNS, _RELEVANT, rng)


@dataclass(frozen=True, kw_only=True)
class RidgePenaltiesSettings(_Source):
    """Settings of the problem of penalties.

    Parameters
    ----------
    file, target, share, seed
        As in `_Source`.
    low, high
        Least and largest penalty.
    """

    low: float = 1e-4
    high: float = 10.0

    def build(self, folder: Path) -> RidgePenalties:
        """Build the problem."""
        return RidgePenalties(self.data(folder, np.random.default_rng(self.seed)), self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class DataCleaningSettings(_Source):
    """Settings of the problem of weights.

    Parameters
    ----------
    file, target, share, seed
        As in `_Source`.
    spoiled
        Share of the targets to fit that are replaced by noise.
    penalty
        Of all coefficients.
    """

    spoiled: float = 0.3
    penalty: float = 1e-3

    def build(self, folder: Path) -> DataCleaning:
        """Build the problem."""
        rng = np.random.default_rng(self.seed)
        data, _ = corrupted(self.data(folder, rng), self.spoiled, rng)
        return DataCleaning(data, self.penalty)
