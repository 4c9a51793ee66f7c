"""Several small networks that learned from different draws of the same examples: where they disagree, nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn._stacked import perceptron
from braess.problem.evaluations import Floats


@dataclass(frozen=True)
class EnsembleRecipe:
    """Sizes of an ensemble, and how it is trained.

    Parameters
    ----------
    members
        Number of networks.
    hidden
        Units of each of two hidden layers.
    steps
        Of Adam.
    minibatch
        Rows in a step.
    rate, decay
        Learning rate and weight decay.
    """

    members: int = 8
    hidden: int = 64
    steps: int = 300
    minibatch: int = 64
    rate: float = 3e-3
    decay: float = 1e-4


class Ensemble:
    """Perceptrons trained as one stack, each on rows drawn with replacement.

    Lakshminarayanan, Pritzel and Blundell (2017), "Simple and scalable predictive uncertainty estimation using deep ensembles",
    arXiv:1612.01474, with bootstrapped rows.

    Parameters
    ----------
    rows
        ``[n, d]`` examples.
    values
        ``[n, m]`` what belongs to them.
    recipe
        Sizes and training.
    rng
        Where first weights and drawn rows come from.
    """

    def __init__(self, rows: NDArray[np.float32], values: Floats, recipe: EnsembleRecipe, rng: np.random.Generator) -> None:
        self._mean, spread = values.mean(axis=0), values.std(axis=0)
        self._spread = np.where(spread > 0.0, spread, 1.0)
        generators = [torch.Generator().manual_seed(int(seed)) for seed in rng.integers(2**62, size=recipe.members)]
        self._size = recipe.members
        sizes = (rows.shape[1], recipe.hidden, recipe.hidden, values.shape[1])
        self._members = perceptron(sizes, generators)
        self._train(torch.from_numpy(rows), torch.from_numpy((values - self._mean) / self._spread).float(), recipe, rng)

    def _train(self, rows: torch.Tensor, values: torch.Tensor, recipe: EnsembleRecipe, rng: np.random.Generator) -> None:
        optimiser = torch.optim.AdamW(self._members.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.steps)
        drawn = rng.integers(len(rows), size=(recipe.members, len(rows)))
        each = np.arange(recipe.members)[:, None]
        for _ in range(recipe.steps):
            some = drawn[each, rng.integers(len(rows), size=(recipe.members, min(recipe.minibatch, len(rows))))]
            optimiser.zero_grad(set_to_none=True)
            loss = (self._members(rows[some]) - values[some]).square().mean(dim=(1, 2)).sum()
            loss.backward()
            optimiser.step()
            falling.step()

    def __call__(self, rows: NDArray[np.float32]) -> Floats:
        """Return what each member says of rows ``[n, d]``, ``[members, n, m]``."""
        given = torch.from_numpy(rows)
        with torch.no_grad():
            found = self._members(given.expand(self._size, *given.shape))
        return np.asarray(found.numpy() * self._spread + self._mean)
