"""F2SA: first derivatives alone, with what the follower reaches by itself taken off the penalty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from braess.errors import InputError
from braess.learn.bilevel.method import Method

if TYPE_CHECKING:
    from braess.learn.bilevel.training import Training


@dataclass(frozen=True, kw_only=True)
class F2SA(Method):
    """Fully first-order method: the leader pays for how far the follower is from its best, not for how good its best is.

    Descends ``upper(a, y) + penalty * (lower(a, y) - lower(a, z))`` over the leader ``a`` and ``y``, while the follower ``z``
    makes the lower loss small by itself. The larger the penalty, the nearer the optimum is to that of the bilevel problem.
    The leader's gradient is taken where those of ``y`` and ``z`` are, so a move costs three gradients.

    Parameters
    ----------
    inner
        As in `Method`: moves of both copies for one of the leader.
    penalty
        Weight of the lower loss. ``y`` descends the sum divided by it, so the follower's learning rate does not depend on it.

    References
    ----------
    Kwon, Kwon, Wright and Nowak (2023), "A fully first-order method for stochastic bilevel optimization", arXiv:2301.10945.
    The penalty stays the same here.
    """

    copies: ClassVar[int] = 2

    penalty: float = 10.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        if not 0.0 < self.penalty < math.inf:
            raise InputError("impossible value", field="penalty", found=self.penalty, expected="more than 0")

    def follow(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move both copies, with the leader as it is."""
        for batch in lower:
            self._copies(training, batch, upper, [])

    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move both copies, then the leader."""
        self.follow(training, lower[:-1], upper)
        training.lead(self._copies(training, lower[-1], upper, training.leader.leaves))

    def _copies(self, training: Training, lower: Any, upper: Any, leader: list[torch.Tensor]) -> list[torch.Tensor]:
        """Move both copies; return the derivatives of the sum by these tensors of the leader where the copies were before."""
        z, y = training.followers
        n, clip = len(leader), training.recipe.clip
        alone = training.gradient("lower", z.tensors | z.buffers, lower, [*leader, *z.leaves])
        near = training.gradient("lower", y.tensors | y.buffers, lower, [*leader, *y.leaves])
        good = training.gradient("upper", y.scratch(), upper, [*leader, *y.leaves])
        z.move(alone[n:], clip)
        y.move([one + other / self.penalty for one, other in zip(near[n:], good[n:], strict=True)], clip)
        parts = zip(good[:n], near[:n], alone[:n], strict=True)
        return [best + self.penalty * (one - other) for best, one, other in parts]
