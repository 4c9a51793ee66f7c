"""Implicit hypergradients: how the follower's optimum moves with the leader, by conjugate gradients on its Hessian."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from braess.errors import InputError
from braess.learn.bilevel.method import Method

if TYPE_CHECKING:
    from braess.learn.bilevel.training import Training


@dataclass(frozen=True, kw_only=True)
class Implicit(Method):
    """The leader's gradient as if the follower stood at its optimum, by the implicit function theorem.

    ``d upper / d a - (d² lower / da dw) (d² lower / dw² + damping)⁻¹ (d upper / d w)``, exact where the follower is at its
    optimum. The inverse is applied by conjugate gradients, which end early where a direction has no positive curvature.

    Parameters
    ----------
    inner
        As in `Method`: enough moves to keep the follower near its optimum.
    tolerance
        Length of the residual, as a share of that of the right-hand side, at which conjugate gradients end.
    steps
        Most of their steps.
    damping
        Added to the diagonal of the Hessian, beside the follower's weight decay.

    References
    ----------
    Pedregosa (2016), "Hyperparameter optimization with approximate gradient", arXiv:1602.02355; Rajeswaran, Finn, Kakade and
    Levine (2019), "Meta-learning with implicit gradients", arXiv:1909.04630.
    """

    tolerance: float = 1e-6
    steps: int = 100
    damping: float = 0.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        if not 0.0 < self.tolerance < 1.0:
            raise InputError("out of range", field="tolerance", found=self.tolerance, expected="between 0 and 1")
        if self.steps < 1:
            raise InputError("too small", field="steps", found=self.steps, expected="at least 1")
        if not 0.0 <= self.damping < math.inf:
            raise InputError("out of range", field="damping", found=self.damping, expected="at least 0")

    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move the follower, then the leader."""
        self.follow(training, lower, upper)
        follower, leader = training.followers[0], training.leader.leaves
        both = training.gradient("upper", follower.scratch(), upper, [*leader, *follower.leaves])
        slope = training.gradient("lower", follower.scratch(), lower[-1], follower.leaves, graph=True)
        solved = self._solved(training, slope, both[len(leader) :])
        mixed = training.product(slope, solved, leader)
        training.lead([one - other for one, other in zip(both, mixed, strict=False)])

    def _solved(
        self, training: Training, slope: Sequence[torch.Tensor], right: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, ...]:
        """Return the inverse of the damped Hessian times a vector, in the form of the follower's tensors."""
        leaves = training.followers[0].leaves
        shift = self.damping + training.recipe.follower.decay

        def applied(vector: torch.Tensor) -> torch.Tensor:
            return _flat(training.product(slope, _like(vector, leaves), leaves)) + shift * vector

        residual = _flat(right)
        found, direction, length = torch.zeros_like(residual), residual, residual @ residual
        end = self.tolerance**2 * length
        for _ in range(self.steps):
            if length <= end:
                break
            image = applied(direction)
            curvature = direction @ image
            if curvature <= 0.0:
                break
            found = found + length / curvature * direction
            residual = residual - length / curvature * image
            before, length = length, residual @ residual
            direction = residual + length / before * direction
        return _like(found, leaves)


def _flat(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def _like(vector: torch.Tensor, tensors: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    parts = torch.split(vector, [tensor.numel() for tensor in tensors])
    return tuple(part.reshape(tensor.shape) for part, tensor in zip(parts, tensors, strict=True))
