"""Boosted trees on one-hot designs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from braess.errors import InputError
from braess.learn.predictors.base import Learned, Predictor
from braess.problem.evaluations import Floats

if TYPE_CHECKING:
    import lightgbm


@dataclass(frozen=True)
class DesignTrees(Predictor):
    """Gradient-boosted trees, one ensemble for each objective and constraint: they see which decisions act together.

    Needs the extra ``learn``.

    Parameters
    ----------
    trees
        Trees of an ensemble.
    leaves
        Most leaves of a tree.
    rate
        Learning rate.
    smallest
        Least designs in a leaf; a twentieth of those known where that is less.

    References
    ----------
    Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS 2017.
    """

    name: ClassVar[str] = "boosted-trees"
    reference: ClassVar[str] = "Ke et al. (2017), LightGBM"

    trees: int = 200
    leaves: int = 15
    rate: float = 0.05
    smallest: int = 5

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        for field, right, expected in (
            ("trees", self.trees >= 1, "at least 1"),
            ("leaves", self.leaves >= 2, "at least 2"),
            ("rate", 0.0 < self.rate <= 1.0, "more than 0, at most 1"),
            ("smallest", self.smallest >= 1, "at least 1"),
        ):
            if not right:
                raise InputError("impossible number", field=field, found=getattr(self, field), expected=expected)

    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        """Learn as `Predictor.fit` says."""
        import lightgbm

        settings = {
            "objective": "regression",
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": max(1, min(self.smallest, len(rows) // 20)),
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "seed": int(rng.integers(2**31)),
            "verbosity": -1,
        }
        boosters = []
        for column in values.T:
            data = lightgbm.Dataset(rows, label=column, params={"min_data_in_bin": 1, "verbosity": -1})
            boosters.append(lightgbm.train(settings, data, num_boost_round=self.trees))
        return _Forest(tuple(boosters))


@dataclass(frozen=True)
class _Forest:
    boosters: tuple[lightgbm.Booster, ...]

    def __call__(self, rows: Floats) -> Floats:
        columns = [np.asarray(booster.predict(rows, num_threads=1)) for booster in self.boosters]
        return np.stack(columns, axis=1) if columns else np.empty((len(rows), 0))
