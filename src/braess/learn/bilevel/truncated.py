"""Truncated hypergradients: the follower's last gradient steps are derived, back to where they began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from braess.errors import InputError
from braess.learn.bilevel.method import Method
from braess.learn.bilevel.recipe import SGD

if TYPE_CHECKING:
    from braess.learn.bilevel.recipe import Recipe
    from braess.learn.bilevel.training import Training


@dataclass(frozen=True, kw_only=True)
class Truncated(Method):
    """The follower takes ``inner`` gradient steps, and the leader's gradient is that of the upper loss after them.

    The steps are derived in reverse; where the first one began counts as given, so the gradient is off by what is left of the
    start after so many steps. The follower's optimiser must be plain gradient descent.

    Parameters
    ----------
    inner
        As in `Method`: steps that are derived.
    checkpointed
        Whether to keep of each step only where it began, and make the rest again on the way back: memory of one step, twice
        the gradients, and the same result.

    References
    ----------
    Shaban, Cheng, Hatch and Boots (2019), "Truncated back-propagation for bilevel optimization", arXiv:1810.10667.
    """

    inner: int = 10
    checkpointed: bool = False

    def require(self, recipe: Recipe) -> None:
        """Refuse a follower that does not take plain gradient steps (`InputError`)."""
        follower = recipe.follower
        if not isinstance(follower, SGD) or follower.momentum or recipe.clip is not None:
            raise InputError(
                "steps of this follower are not derived", field="follower", expected="SGD without momentum and clipping"
            )

    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move the follower, then the leader."""
        follower, leader = training.followers[0], training.leader.leaves
        rate, decay = follower.rate, training.recipe.follower.decay
        starts: list[list[torch.Tensor]] = []
        slopes: list[Sequence[torch.Tensor]] = []
        now = follower.leaves
        for batch in lower:
            starts.append(now)
            tensors = dict(zip(follower.tensors, now, strict=True)) | follower.buffers
            slopes.append(training.gradient("lower", tensors, batch, now, graph=not self.checkpointed))
            now = _stepped(now, slopes[-1], rate, decay)
        both = training.gradient("upper", follower.scratch(now), upper, [*leader, *now])
        direct, pull = list(both[: len(leader)]), list(both[len(leader) :])
        for start, slope, batch in zip(reversed(starts), reversed(slopes), reversed(lower), strict=True):
            if self.checkpointed:
                slope = training.gradient("lower", follower.scratch(start), batch, start, graph=True)  # noqa: PLW2901
            found = training.product(slope, pull, [*leader, *start])
            direct = [one - rate * other for one, other in zip(direct, found, strict=False)]
            pull = [(1.0 - rate * decay) * one - rate * other for one, other in zip(pull, found[len(leader) :], strict=True)]
        with torch.no_grad():
            for weight, moved in zip(follower.leaves, now, strict=True):
                weight.copy_(moved)
        training.lead(direct)


def _stepped(weights: Sequence[torch.Tensor], slope: Sequence[torch.Tensor], rate: float, decay: float) -> list[torch.Tensor]:
    """Return where one step leads, as tensors of their own to derive by."""
    with torch.no_grad():
        moved = [weight - rate * (one + decay * weight) for weight, one in zip(weights, slope, strict=True)]
    return [weight.requires_grad_() for weight in moved]
