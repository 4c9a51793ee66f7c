"""DARTS as a search: a relaxation is trained by gradients of leader and follower in turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from braess.search._relaxed import Relaxed

if TYPE_CHECKING:
    from braess.learn.bilevel import Method


@dataclass(frozen=True)
class DARTS(Relaxed):
    """Differentiable search: train the relaxation of a problem, and read designs out of it.

    Use it where a problem has a relaxation (`Relaxable`). Of first order it does not see the follower's answer: where the
    leader's loss depends on the decisions through the follower alone, such as a penalty or the weight of an example, nothing
    moves, and the second order is needed. Needs the extra ``learn``.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip
        As in `Relaxed`; these are the settings published for cells of convolutions.
    order
        1, or 2: one step of the follower ahead.
    product
        Of second order: ``"exact"`` second derivatives, or ``"differences"`` of gradients, as published.
    xi
        Length of that step; 0 for the follower's learning rate at the time.

    References
    ----------
    Liu, Simonyan and Yang (2019), "DARTS: differentiable architecture search", arXiv:1806.09055.
    """

    name: ClassVar[str] = "darts"
    summary: ClassVar[str] = "trains a relaxation by gradients of leader and follower in turns, reads designs out of it"
    reference: ClassVar[str] = "Liu, Simonyan and Yang (2019), arXiv:1806.09055"

    order: int = 1
    product: str = "exact"
    xi: float = 0.0

    def method(self) -> Method:
        """Return how leader and follower move."""
        from braess.learn import bilevel

        return bilevel.DARTS(inner=self.inner, order=self.order, product=self.product, xi=self.xi or None)
