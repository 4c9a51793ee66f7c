"""Generative models that weigh designs by what they are worth: CbAS, DbAS, reward-weighted regression, CEM-PI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._generative import Generative
from braess.search._validate import between, one_of, positive
from braess.search.base import Running

_WEIGHTS = ("cbas", "dbas", "rwr", "cem-pi", "none")


@dataclass(frozen=True)
class WeightedVAE(Generative):
    """A variational autoencoder that learns good designs more than others, round after round: the baseline of `pgvae`.

    The first model learns the designs known. Each round decodes new designs from the prior, weighs them by
    what they are worth, and trains the model further on these newest ones alone. Worth is in shares of the range of all
    designs so far, as in `pgvae`. Where good designs are common such a model is enough; where they are rare it
    learns the others, less so if it weighs designs from the start (``first``) and sharply (``"cem-pi"``, ``"rwr"``). No design
    is evaluated twice. Permutations are not decided. Needs the extra ``learn``.

    Parameters
    ----------
    examples, size, latent, hidden, beta, epochs, minibatch, rate
        As in `Generative`.
    weights
        ``"dbas"``: probability to be above the highest 0.95 quantile of a round so far; ``"cbas"``: the same, times how much
        likelier the first model rebuilds the design than the present one; ``"rwr"``: exponential of the worth; ``"cem-pi"``: 1
        for the likeliest improvements, those above the 0.95 quantile of the round, 0 for others; ``"none"``: 1 for all
        designs so far, not for the newest alone.
    first
        Whether the first model learns the designs known all ``"alike"``, as published, or ``"weighed"`` like those of a round.
    alpha
        Of ``"rwr"``, for the whole range of worth.
    noise
        Standard deviation of what a design is found to be worth.

    References
    ----------
    Brookes, Park and Listgarten (2019), "Conditioning by adaptive sampling for robust design", arXiv:1901.10060; Brookes and
    Listgarten (2018), "Design by adaptive sampling", arXiv:1810.03714; Peters and Schaal (2007), doi:10.1145/1273496.1273590.
    Densities of ``"cbas"`` are those of rebuilding a design, after Ghaffari et al. (2024), not estimates of its likelihood.
    """

    name: ClassVar[str] = "weighted-vae"
    summary: ClassVar[str] = "a generative model that learns good designs more than others: CbAS, DbAS, RWR, CEM-PI"
    reference: ClassVar[str] = "Brookes, Park and Listgarten (2019), arXiv:1901.10060"

    weights: Literal["cbas", "dbas", "rwr", "cem-pi", "none"] = "cbas"
    first: Literal["alike", "weighed"] = "alike"
    alpha: float = 10.0
    noise: float = 0.01

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        one_of("weights", self.weights, _WEIGHTS)
        one_of("first", self.first, ("alike", "weighed"))
        between("alpha", self.alpha, 0.0, 700.0)
        positive("noise", self.noise)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._weighted_vae import WeightedVAERun

        return WeightedVAERun(problem, rng, self)
