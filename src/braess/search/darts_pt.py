"""DARTS-PT: after a mixture is trained, each choice keeps the option whose loss hurts most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from braess.problem import Problem
from braess.search._mixed import Mixed
from braess.search._validate import at_least, positive
from braess.search.base import Running

if TYPE_CHECKING:
    from braess.learn.bilevel import Recipe


@dataclass(frozen=True)
class DARTSPT(Mixed):
    """Differentiable search with perturbation-based selection: options are judged by the loss without them, not by logits.

    A mixture is trained as `darts` does; then, choice after choice in a random order, the option is kept without which the loss
    on the upper half is largest, the weights of the others not being made up for, and the rest trains on for some epochs. The
    authors count errors where the loss is taken here. Designs are asked for once the mixture is trained, as `darts` would read
    them, and at the end. Needs the extra ``learn``. The order of the choices matters: look at more than one seed.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip
        As in `Relaxed`; these are the settings published for CIFAR-10.
    every
        As in `Relaxed`, while the mixture is trained.
    cost, stiffness
        As in `Mixed`.
    fixed
        Whether logits stay as they are, so that all options weigh the same: better in the paper's table 6.
    tuning
        Epochs after each decision.
    tuning_share
        Learning rate of these over that at the start.

    References
    ----------
    Wang, Cheng, Chen, Tang and Hsieh (2021), "Rethinking architecture selection in differentiable NAS", arXiv:2108.04392.
    """

    name: ClassVar[str] = "darts-pt"
    summary: ClassVar[str] = "trains a relaxation, then keeps of each choice the option whose loss hurts most"
    reference: ClassVar[str] = "Wang, Cheng, Chen, Tang and Hsieh (2021), arXiv:2108.04392"

    every: int = 50
    fixed: bool = False
    tuning: int = 5
    tuning_share: float = 0.1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        at_least("tuning", self.tuning, 0)
        positive("tuning_share", self.tuning_share)

    def recipe(self) -> Recipe:
        """Return how the mixture is trained: where logits are fixed, the follower alone."""
        recipe = super().recipe()
        return replace(recipe, warmup=recipe.epochs) if self.fixed else recipe

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._darts_pt import DARTSPTRun

        return DARTSPTRun(problem, rng, self)
