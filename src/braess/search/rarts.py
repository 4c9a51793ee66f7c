"""RARTS as a search: a relaxation is trained by first-order gradients of one energy with two followers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from braess.search._relaxed import Relaxed

if TYPE_CHECKING:
    from braess.learn.bilevel import Method


@dataclass(frozen=True)
class RARTS(Relaxed):
    """Relaxed search of first order: train the relaxation of a problem with two tied followers, and read designs out of it.

    Use it where a problem has a relaxation (`Relaxable`) whose follower fits its data about equally well whatever the leader
    picks: the leader is also led by the lower loss, and likes what makes it small. Needs the extra ``learn``.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip
        As in `Relaxed`; these are the settings published for cells of convolutions.
    penalty
        Weight of the lower loss (the paper's lambda). The larger it is, the smaller the learning rates must be.
    coupling
        How strongly the two followers are tied (the paper's beta).
    sweep
        ``"gauss-seidel"``: the newest tensors count, as published; ``"jacobi"``: those before they move, with half the
        gradients.

    References
    ----------
    Xue, Qi and Xin (2022), "RARTS: an efficient first-order relaxed architecture search method", arXiv:2008.03901, which does
    not say the weights used for networks: those here are ours.
    """

    name: ClassVar[str] = "rarts"
    summary: ClassVar[str] = "trains a relaxation by first-order gradients of one energy with two tied followers"
    reference: ClassVar[str] = "Xue, Qi and Xin (2022), arXiv:2008.03901"

    penalty: float = 1.0
    coupling: float = 1.0
    sweep: str = "gauss-seidel"

    def method(self) -> Method:
        """Return how leader and follower move."""
        from braess.learn import bilevel

        return bilevel.RARTS(inner=self.inner, penalty=self.penalty, coupling=self.coupling, sweep=self.sweep)
