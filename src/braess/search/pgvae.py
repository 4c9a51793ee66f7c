"""PGVAE: a generative model whose codes are ordered by what designs are worth, however few of them are good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._generative import Generative
from braess.search._validate import one_of, positive
from braess.search.base import Running


@dataclass(frozen=True)
class PGVAE(Generative):
    """Property-guided variational autoencoder: for labelled designs of which few are good, far from the many bad ones.

    In each round an autoencoder learns all designs known so far. A loss makes differences in the log density of their codes
    ``tau`` times the differences in what they are worth, so the best designs sit at the origin, the worst far out, and each
    level of worth has room of its own whatever the number of designs. New designs are decoded near the best codes. Models that
    weigh designs instead (`weighted-vae`) lose the good ones the more often, the farther they lie from the others. Worth is in
    shares of the range of all designs so far; those that break constraints count as the worst, and as long as all do, a smaller
    violation is worth more. No design is evaluated twice. Permutations are not decided. A round takes seconds, so it is meant
    for followers that take as long. Needs the extra ``learn``.

    Parameters
    ----------
    examples, size, latent, hidden, beta, epochs, minibatch, rate
        As in `Generative`.
    tau
        Difference between the log densities of the best and the worst design's codes.
    ordering
        Weight of the loss that orders codes.
    proposals
        ``"neighbourhood"``: around the codes of known designs whose density says that they are among the best; ``"prior"``:
        around the origin.

    References
    ----------
    Ghaffari, Saleh, Schwing, Wang, Burke and Sinha (2024), "Robust model-based optimization for challenging fitness
    landscapes", arXiv:2305.13650.
    """

    name: ClassVar[str] = "pgvae"
    summary: ClassVar[str] = "a generative model with codes ordered by worth, for labelled designs of which few are good"
    reference: ClassVar[str] = "Ghaffari, Saleh, Schwing, Wang, Burke and Sinha (2024), arXiv:2305.13650"

    tau: float = 5.0
    ordering: float = 1.0
    proposals: Literal["neighbourhood", "prior"] = "neighbourhood"

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        positive("tau", self.tau)
        positive("ordering", self.ordering)
        one_of("proposals", self.proposals, ("neighbourhood", "prior"))

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._pgvae import PGVAERun

        return PGVAERun(problem, rng, self)
