"""GM: options whose gradients disagree get weights of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from braess.problem import Problem
from braess.search._mixed import Mixed
from braess.search._validate import at_least, one_of
from braess.search.base import Running

if TYPE_CHECKING:
    from braess.learn.bilevel import Recipe

WAYS = ("gradients", "random", "exhaustive")


@dataclass(frozen=True)
class GM(Mixed):
    """Differentiable search with several mixtures, each of a part of the space: parted where options disagree on weights.

    A mixture of everything trains for ``before`` epochs; then the choice is parted in two groups of options whose gradients by
    the shared weights agree least, and so on with both parts. After the last parting weights start anew and each part trains
    for ``epochs``. Each part asks for its own designs, which the study compares. Needs the extra ``learn``.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip, every
        As in `Relaxed`, for each part in the end; logits stay as they are before that, as the authors have it.
    cost, stiffness
        As in `Mixed`.
    partings
        How often each part is parted.
    before
        Epochs before each parting.
    way
        ``"gradients"``; ``"random"``: groups of a choice that are drawn; ``"exhaustive"``: one part for each option of a choice
        that is drawn, as Few-Shot NAS does (Zhao et al. 2021, arXiv:2006.06863).
    batches
        From which gradients are averaged.

    References
    ----------
    Hu et al. (2022), "Generalizing few-shot NAS with gradient matching", arXiv:2203.15207. Cuts are compared by the mean
    agreement between groups, so that choices of different sizes compare.
    """

    name: ClassVar[str] = "gm"
    summary: ClassVar[str] = "trains several relaxations of parts of the space, parted where options disagree on weights"
    reference: ClassVar[str] = "Hu et al. (2022), arXiv:2203.15207"

    epochs: int = 30
    partings: int = 2
    before: int = 15
    way: str = "gradients"
    batches: int = 20

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        at_least("partings", self.partings, 1)
        at_least("before", self.before, 1)
        one_of("way", self.way, WAYS)
        at_least("batches", self.batches, 1)

    def first_recipe(self) -> Recipe:
        """Return how mixtures train before they are parted: the follower alone."""
        return replace(self.recipe(), epochs=self.before, warmup=self.before)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._gm import GMRun

        return GMRun(problem, rng, self)
