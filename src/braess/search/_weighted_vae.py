"""A model that weighs designs, at work: its newest designs are weighed, and it learns them further."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.stats import norm

from braess.learn.vae import StackedVAE
from braess.problem import Problem
from braess.problem.evaluations import Floats
from braess.search._vae_run import Lesson, VAERun

if TYPE_CHECKING:
    from braess.search.weighted_vae import WeightedVAE

_QUANTILE = 0.95


class WeightedVAERun(VAERun["WeightedVAE"]):
    """A search at work.

    Parameters
    ----------
    problem, rng, settings
        As in `VAERun`.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: WeightedVAE) -> None:
        super().__init__(problem, rng, settings)
        self._first: StackedVAE | None = None

    def graduate(self, model: StackedVAE) -> None:
        """Take the model that has learned the lesson; the first one is remembered."""
        super().graduate(model)
        if self._first is None:
            self._first = model

    def lesson(self) -> Lesson:
        """Return the newest designs with their weights; at first all designs."""
        if self.model is None:
            self.rows.standardise(self.points)
        settings = self.settings
        newest = slice(None) if settings.weights == "none" else slice(-self.rounds[-1], None)
        alike = settings.weights == "none" or (self.model is None and settings.first == "alike")
        worth, rows = self.worth, self.rows.encode(self.points[newest])
        weights = np.ones(len(rows)) if alike else self._weights(worth, rows)
        total = weights.sum()
        weights = weights * (len(weights) / total) if total > 0.0 else np.ones(len(weights))
        learned, weighed = (torch.tensor(values, dtype=torch.float32) for values in (worth[newest], weights))
        return Lesson(self.model or self.fresh_model(), rows, learned, weighed, self.generator(), None)

    def _weights(self, worth: Floats, rows: torch.Tensor) -> Floats:
        """Weigh the designs of the newest round."""
        settings = self.settings
        newest = worth[-len(rows) :]
        if settings.weights == "rwr":
            return _exponential(settings.alpha * newest)
        if settings.weights == "cem-pi":  # the probability to improve grows with the worth, and so does its quantile
            return np.asarray(newest >= np.quantile(newest, _QUANTILE), dtype=np.float64)
        rounds = np.split(worth, np.cumsum(self.rounds)[:-1])[settings.first == "alike" :]
        bar = max(float(np.quantile(one, _QUANTILE)) for one in rounds)
        logs: Floats = np.asarray(norm.logsf(bar, newest, settings.noise))
        if settings.weights == "cbas" and self._first is not None:
            logs = logs + self._log_ratio(rows)
        return _exponential(logs)

    @torch.no_grad()
    def _log_ratio(self, rows: torch.Tensor) -> Floats:
        """Return how much likelier the first model rebuilds rows ``[n, width]`` than the present one, in logarithms."""
        assert self._first is not None
        assert self.model is not None
        first, present = (
            self.rows.columns.log_likelihood(rows[None], model.decode(model.encode(rows[None]).means))[0]
            for model in (self._first, self.model)
        )
        ratio: Floats = (first - present).numpy().astype(np.float64)
        return ratio

    def _codes(self, model: StackedVAE) -> Callable[[int], torch.Tensor]:
        return lambda n: self.normal(n, model.recipe.latent)


def _exponential(logs: Floats) -> Floats:
    """Return the exponentials of ``[n]`` over the largest."""
    weights: Floats = np.exp(logs - logs.max())
    return weights
