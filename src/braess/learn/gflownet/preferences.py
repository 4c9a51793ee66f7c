"""Preferences over several rewards: drawn, shown to a network, and turned into one reward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from braess.problem.evaluations import Floats

SCALARISATIONS = ("sum", "product", "tchebycheff")
_BINS = 20


@dataclass(frozen=True)
class Preferences:
    """What is preferred, and how sharply (Jain et al. 2023, arXiv:2210.12765, section 4).

    Parameters
    ----------
    objectives
        Number ``k`` of rewards, each between 0 and 1.
    scalarisation
        How weights ``w`` turn rewards ``R`` into one: ``sum``: ``Σ w R``; ``product``: ``Π R ^ w``; ``tchebycheff``:
        ``1 - max w (1 - R)``, which reaches hollow parts of a front.
    concentration
        Of the Dirichlet distribution of weights; 1: all are as likely, more: balanced ones more so.
    sharpest
        Greatest exponent of the reward; exponents are uniform between 1 and this.
    least
        Smallest reward that is told from nothing.
    """

    objectives: int
    scalarisation: str = "sum"
    concentration: float = 1.0
    sharpest: float = 32.0
    least: float = 1e-3

    @property
    def width(self) -> int:
        """Numbers that make up a condition."""
        return _BINS * (self.objectives * (self.objectives > 1) + 1)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw weights ``[n, k]`` and exponents ``[n]``."""
        weights = rng.dirichlet(np.full(self.objectives, self.concentration), size=n)
        return weights, rng.uniform(1.0, self.sharpest, size=n)

    def condition(self, weights: Floats, exponents: Floats) -> NDArray[np.float32]:
        """Return what a network reads of weights ``[n, k]`` and exponents ``[n]``: bars that rise with each, ``[n, width]``."""
        shares = exponents[:, None] / self.sharpest
        given = np.concatenate([weights, shares], axis=1) if self.objectives > 1 else shares
        bars = np.clip(given[:, :, None] * _BINS - np.arange(_BINS), 0.0, 1.0)
        return np.asarray(bars.reshape(len(given), -1), dtype=np.float32)

    def log_reward(self, rewards: Floats, weights: Floats, exponents: Floats) -> Floats:
        """Return the logarithm of one reward ``[n]`` for rewards ``[n, k]``, weights ``[n, k]`` and exponents ``[n]``."""
        bounded = np.clip(rewards, self.least, 1.0)
        if self.scalarisation == "product":
            return np.asarray(exponents * (weights * np.log(bounded)).sum(axis=1))
        total, worst = (weights * bounded).sum(axis=1), (weights * (1.0 - bounded)).max(axis=1)
        one = total if self.scalarisation == "sum" else 1.0 - worst
        return np.asarray(exponents * np.log(np.maximum(one, self.least)))
