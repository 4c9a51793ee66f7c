"""Single-Path NAS: options are parts of one largest option, and thresholds that learn with the weights decide what stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.problem import Nestable, Problem, capability
from braess.search._relaxed import Relaxed
from braess.search._validate import between, not_negative

if TYPE_CHECKING:
    from braess.learn.bilevel import Hook, Method, Relaxation


@dataclass(frozen=True)
class SinglePathNAS(Relaxed):
    """Differentiable search with one superkernel for each layer: costs as much as to train one network.

    Use it where options are nested, such as kernels of different sizes and numbers of channels. Weights and thresholds learn
    from one loss on the same data. Needs the extra ``learn``.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip, every
        As in `Relaxed`. The authors take RMSProp for all; here weights have momentum and thresholds Adam. While weights warm
        up, decisions are dropped at random and the cost does not count.
    strength
        What the logarithm of the cost is multiplied by.
    keep
        Share of decisions that stay in training while weights warm up.

    References
    ----------
    Stamoulis et al. (2019), "Single-Path NAS: designing hardware-efficient ConvNets in less than 4 hours", arXiv:1904.02877.
    """

    name: ClassVar[str] = "single-path-nas"
    summary: ClassVar[str] = "trains one network whose parts are the options; thresholds decide what stays"
    reference: ClassVar[str] = "Stamoulis et al. (2019), arXiv:1904.02877"

    epochs: int = 8
    warmup: int = 5
    leader_rate: float = 0.01
    leader_decay: float = 0.0
    strength: float = 0.1
    keep: float = 0.6

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        not_negative(strength=self.strength)
        between("keep", self.keep, 0.0, 1.0)

    def method(self) -> Method:
        """Return how leader and follower move: together."""
        from braess.learn.bilevel import Joint

        return Joint(inner=self.inner)

    def relaxation(self, problem: Problem, rng: np.random.Generator) -> Relaxation[Any]:
        """Return the superkernels to train."""
        nestable = capability(problem, Nestable)  # type: ignore[type-abstract]
        assert nestable is not None
        found: Relaxation[Any] = nestable.nested(rng)
        return found

    def hooks(self) -> tuple[Hook, ...]:
        """Return what ends the warm-up."""
        from braess.search._single_path import WarmUp

        return (WarmUp(self),)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is None and capability(problem, Nestable) is None:  # type: ignore[type-abstract]
            return "needs a problem whose options are parts of one another (`nested`)"
        return reason
