"""DARTS: the leader descends as if the follower stayed where it is, or moved one gradient step further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from braess.errors import InputError
from braess.learn.bilevel.method import Method

if TYPE_CHECKING:
    from braess.learn.bilevel.training import Training

_REACH = 0.01  # length of the step that finite differences take, as published


@dataclass(frozen=True, kw_only=True)
class DARTS(Method):
    """Differentiable architecture search, as a method for any leader and follower.

    The leader's gradient is that of the upper loss at ``w' = w - xi * gradient of the lower loss at w``. Of first order
    ``xi`` is 0: what the follower would answer is left out, so that where the upper loss does not name the leader's tensors
    nothing moves them. Of second order the answer of that one step is derived, which takes the mixed second derivatives of
    the lower loss times a vector. Costs of one move, in gradients: 2 of first order, 4 and a product of second, or 5 with
    finite differences.

    Parameters
    ----------
    inner
        As in `Method`.
    order
        1 or 2.
    product
        Of second order: ``"exact"`` by automatic differentiation, or ``"differences"`` of two gradients, as published.
    xi
        Length of the step; ``None`` for the follower's learning rate at the time.

    References
    ----------
    Liu, Simonyan and Yang (2019), "DARTS: differentiable architecture search", arXiv:1806.09055, equations 6 to 8. The step is
    one of plain gradient descent with weight decay, also where the follower has momentum.
    """

    order: int = 1
    product: str = "exact"
    xi: float | None = None

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        if self.order not in (1, 2):
            raise InputError("unknown order", field="order", found=self.order, expected="1 or 2")
        if self.product not in ("exact", "differences"):
            raise InputError("unknown option", field="product", found=self.product, expected="exact or differences")
        if self.xi is not None and not self.xi > 0.0:
            raise InputError("impossible value", field="xi", found=self.xi, expected="more than 0")

    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move the leader, then the follower."""
        if self.order == 1:
            follower = training.followers[0]
            training.lead(training.gradient("upper", follower.scratch(), upper, training.leader.leaves))
        else:
            training.lead(self._second(training, lower[0], upper))
        self.follow(training, lower, upper)

    def _second(self, training: Training, lower: Any, upper: Any) -> list[torch.Tensor]:
        """Return the gradient of the upper loss one step of the follower ahead."""
        follower, leader = training.followers[0], training.leader.leaves
        xi, exact = follower.rate if self.xi is None else self.xi, self.product == "exact"
        slope = training.gradient("lower", follower.scratch(), lower, follower.leaves, graph=exact)
        decay = training.recipe.follower.decay
        with torch.no_grad():
            ahead = [weight - xi * (one + decay * weight) for weight, one in zip(follower.leaves, slope, strict=True)]
        for weight in ahead:
            weight.requires_grad_()
        direct, pull = _parted(training.gradient("upper", follower.scratch(ahead), upper, [*leader, *ahead]), len(leader))
        if exact:
            mixed: Sequence[torch.Tensor] = training.product(slope, pull, leader)
        else:
            mixed = _differences(training, lower, pull)
        return [one - xi * other for one, other in zip(direct, mixed, strict=True)]


def _differences(training: Training, lower: Any, vector: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the mixed second derivatives of the lower loss times a vector, by central differences (equation 8)."""
    follower, leader = training.followers[0], training.leader.leaves
    length = float(torch.stack([one.square().sum() for one in vector]).sum().sqrt())
    if length == 0.0:
        return [torch.zeros_like(tensor) for tensor in leader]
    reach = _REACH / length
    sides = []
    for sign in (1.0, -1.0):
        moved = [(weight + sign * reach * one).detach() for weight, one in zip(follower.leaves, vector, strict=True)]
        sides.append(training.gradient("lower", follower.scratch(moved), lower, leader))
    return [(up - down) / (2.0 * reach) for up, down in zip(*sides, strict=True)]


def _parted(gradient: Sequence[torch.Tensor], first: int) -> tuple[Sequence[torch.Tensor], Sequence[torch.Tensor]]:
    return gradient[:first], gradient[first:]
