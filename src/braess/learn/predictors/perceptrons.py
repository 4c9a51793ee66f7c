"""Small neural networks on one-hot designs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from braess.errors import InputError
from braess.learn.predictors.base import Learned, Predictor
from braess.problem.evaluations import Floats

if TYPE_CHECKING:
    from braess.learn.ensemble import Ensemble


@dataclass(frozen=True)
class Perceptrons(Predictor):
    """The mean of some perceptrons that learned from different draws of the measured designs. Needs the extra ``learn``.

    Parameters
    ----------
    members, hidden, steps
        As in `braess.learn.ensemble.EnsembleRecipe`.

    References
    ----------
    Lakshminarayanan, Pritzel and Blundell (2017), "Simple and scalable predictive uncertainty estimation using deep ensembles",
    arXiv:1612.01474.
    """

    name: ClassVar[str] = "mlp"
    reference: ClassVar[str] = "Lakshminarayanan, Pritzel and Blundell (2017), arXiv:1612.01474"

    members: int = 8
    hidden: int = 64
    steps: int = 300

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        for field in ("members", "hidden", "steps"):
            if getattr(self, field) < 1:
                raise InputError("too small", field=field, found=getattr(self, field), expected="at least 1")

    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        """Learn as `Predictor.fit` says."""
        from braess.learn.ensemble import Ensemble, EnsembleRecipe

        recipe = EnsembleRecipe(members=self.members, hidden=self.hidden, steps=self.steps)
        return _Mean(Ensemble(rows.astype(np.float32), values, recipe, rng))


@dataclass(frozen=True)
class _Mean:
    ensemble: Ensemble

    def __call__(self, rows: Floats) -> Floats:
        mean: Floats = self.ensemble(rows.astype(np.float32)).mean(axis=0)
        return mean
