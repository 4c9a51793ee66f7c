"""RARTS: one energy of the leader and two copies of the follower, tied to each other, descended in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from braess.errors import InputError
from braess.learn.bilevel.method import Method

if TYPE_CHECKING:
    from braess.learn.bilevel.mover import Mover
    from braess.learn.bilevel.problem import Half
    from braess.learn.bilevel.training import Training

_SWEEPS = ("gauss-seidel", "jacobi")


@dataclass(frozen=True, kw_only=True)
class RARTS(Method):
    """Relaxed architecture search of first order, as a method for any leader and follower.

    Descends ``upper(a, y) + penalty * lower(a, w) + coupling / 2 * |y - w|²`` over the follower ``w``, its copy ``y`` and the
    leader ``a``; there are no second derivatives. Use it where the least lower loss is about the same for all ``a``, such as
    where the follower can fit its data whatever the leader picks. Where it is not, the energy rewards an ``a`` that makes
    the lower loss small, which is not what the leader is asked for: of two penalties on coefficients it likes the smaller.

    Parameters
    ----------
    inner
        As in `Method`: moves of both copies for one of the leader.
    penalty
        Weight of the lower loss (the paper's lambda). The larger it is, the smaller the learning rates must be.
    coupling
        How strongly the copies are tied (the paper's beta). With both small the minimum is far off that of the bilevel
        problem, or there is none.
    sweep
        ``"gauss-seidel"``: the newest tensors count, as published, four gradients a move; ``"jacobi"``: the leader's gradient
        is taken where the copies' gradients are, two in all.

    References
    ----------
    Xue, Qi and Xin (2022), "RARTS: an efficient first-order relaxed architecture search method", arXiv:2008.03901.
    """

    copies: ClassVar[int] = 2

    penalty: float = 10.0
    coupling: float = 10.0
    sweep: str = "gauss-seidel"

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        for name in ("penalty", "coupling"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise InputError("impossible value", field=name, found=getattr(self, name), expected="more than 0")
        if self.sweep not in _SWEEPS:
            raise InputError("unknown option", field="sweep", found=self.sweep, expected=f"one of {', '.join(_SWEEPS)}")

    def follow(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move both copies, with the leader as it is."""
        for batch in lower:
            self._copies(training, batch, upper, [])

    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move both copies, then the leader."""
        leader = training.leader.leaves
        if self.sweep == "jacobi":
            self.follow(training, lower[:-1], upper)
            training.lead(self._copies(training, lower[-1], upper, leader))
            return
        self.follow(training, lower, upper)
        w, y = training.followers
        parts = (
            training.gradient("lower", w.scratch(), lower[-1], leader),
            training.gradient("upper", y.scratch(), upper, leader),
        )
        training.lead([self.penalty * one + other for one, other in zip(*parts, strict=True)])

    def _copies(self, training: Training, lower: Any, upper: Any, leader: list[torch.Tensor]) -> list[torch.Tensor]:
        """Move both copies; return the derivatives of the energy by these tensors of the leader where each copy was before."""
        w, y = training.followers
        by_lower = self._copy(training, "lower", w, y, lower, leader)
        by_upper = self._copy(training, "upper", y, w, upper, leader)
        return [one + other for one, other in zip(by_lower, by_upper, strict=True)]

    def _copy(
        self, training: Training, half: Half, own: Mover, other: Mover, batch: Any, leader: list[torch.Tensor]
    ) -> list[torch.Tensor]:
        weight = self.penalty if half == "lower" else 1.0
        gradient = training.gradient(half, own.tensors | own.buffers, batch, [*leader, *own.leaves])
        with torch.no_grad():
            ties = [self.coupling * (one - two) for one, two in zip(own.leaves, other.leaves, strict=True)]
        own.move([weight * one + tie for one, tie in zip(gradient[len(leader) :], ties, strict=True)], training.recipe.clip)
        return [weight * one for one in gradient[: len(leader)]]
