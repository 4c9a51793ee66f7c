"""A model with codes ordered by worth, at work: trained anew in each round, asked near the best codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.stats import chi2, spearmanr

from braess.learn.vae import Ordering, StackedVAE
from braess.problem import Problem
from braess.problem.evaluations import Floats
from braess.search._vae_run import Lesson, VAERun

if TYPE_CHECKING:
    from braess.search.pgvae import PGVAE

_TARGET = 0.99  # quantile of worth whose distance from the best says how far from the best codes to look
_SLACK, _PRIOR_SLACK = 0.01, 0.1  # in shares of the range, added to that distance
_WITHIN = 0.99  # of a normal distribution, which the prior mode fits into that distance


class PGVAERun(VAERun["PGVAE"]):
    """A search at work.

    Parameters
    ----------
    problem, rng, settings
        As in `VAERun`.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: PGVAE) -> None:
        super().__init__(problem, rng, settings)
        self._ordered: list[float] = []

    def monitor(self) -> dict[str, Floats]:
        """Return Spearman's correlation of worth and density of codes in each round."""
        return {"order of codes": np.array(self._ordered)}

    def lesson(self) -> Lesson:
        """Return all designs so far, and a model that has learned nothing."""
        self.rows.standardise(self.points)
        worth = torch.tensor(self.worth, dtype=torch.float32)
        ordering = Ordering(self.settings.tau, self.settings.ordering)
        rows = self.rows.encode(self.points)
        return Lesson(self.fresh_model(), rows, worth, torch.ones_like(worth), self.generator(), ordering)

    def _codes(self, model: StackedVAE) -> Callable[[int], torch.Tensor]:
        with torch.no_grad():
            codes = model.encode(self.rows.encode(self.points)[None])
        density, worth = codes.log_density[0].numpy().astype(np.float64), self.worth
        self._note(worth, density)
        reach = self.settings.tau * (worth.max() - np.quantile(worth, _TARGET))
        if self.settings.proposals == "prior":
            spread = (reach + self.settings.tau * _PRIOR_SLACK) / (0.5 * chi2.ppf(_WITHIN, self.settings.latent))
            return lambda n: spread**0.5 * self.normal(n, self.settings.latent)
        best = np.argsort(-density, kind="stable")
        near = best[density[best] > density.max() - reach - self.settings.tau * _SLACK][: self.settings.size]
        means, log_variances = codes.means[0, near], codes.log_variances[0, near]

        def around(n: int) -> torch.Tensor:
            which = torch.arange(n) * len(near) // n
            deviation = (self.settings.tau * log_variances[which].exp()).sqrt()
            return means[which] + deviation * self.normal(n, self.settings.latent)

        return around

    def _note(self, worth: Floats, density: Floats) -> None:
        if np.ptp(worth) > 0.0 and np.ptp(density) > 0.0:
            self._ordered.append(float(spearmanr(worth, density).statistic))
