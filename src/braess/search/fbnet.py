"""FBNet: a distribution over designs, trained by noisy mixtures that cool, with a price on the cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.search._mixed import Mixed
from braess.search._validate import at_least, not_negative, positive

if TYPE_CHECKING:
    from braess.learn.bilevel import Training
    from braess.learn.relaxation import Mixing, Penalty
    from braess.learn.relaxation.choices import Choices
    from braess.space import Designs


@dataclass(frozen=True)
class FBNet(Mixed):
    """Differentiable search of a distribution: noisy mixtures cool down to single options, and designs are drawn.

    Use it where options have additive costs, such as latencies of blocks. Needs the extra ``learn``.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip, every
        As in `Relaxed`; these are the settings published for ImageNet.
    cost
        ``"log-power"`` as published, whose costs must exceed 1 in their unit; ``"budget"`` or ``"none"``.
    stiffness
        As in `Mixed`.
    factor, power
        Of ``"log-power"``: the loss times ``factor * log(cost) ^ power``.
    temperature
        Of the noisy softmax at first.
    cooling
        The temperature falls by the factor ``exp(-cooling)`` each epoch.
    draws
        Designs drawn at a reading, besides the likeliest.

    References
    ----------
    Wu et al. (2019), "FBNet: hardware-aware efficient ConvNet design via differentiable neural architecture search",
    arXiv:1812.03443.
    """

    name: ClassVar[str] = "fbnet"
    summary: ClassVar[str] = "trains a distribution over designs by noisy mixtures that cool, with a price on the cost"
    reference: ClassVar[str] = "Wu et al. (2019), arXiv:1812.03443"
    costs: ClassVar[tuple[str, ...]] = ("none", "log-power", "budget")

    epochs: int = 90
    warmup: int = 10
    leader_rate: float = 0.01
    leader_decay: float = 5e-4
    follower_rate: float = 0.1
    follower_floor: float = 0.0
    cost: str = "log-power"
    factor: float = 0.2
    power: float = 0.6
    temperature: float = 5.0
    cooling: float = 0.045
    draws: int = 5

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        positive("factor", self.factor)
        positive("temperature", self.temperature)
        not_negative(power=self.power, cooling=self.cooling)
        at_least("draws", self.draws, 0)

    def penalty(self, choices: Choices[Any]) -> Penalty | None:
        """Return what the cost adds."""
        from braess.learn.relaxation import LogPower

        return LogPower(self.factor, self.power) if self.cost == "log-power" else super().penalty(choices)

    def mixing(self, epoch: int) -> Mixing:
        """Return the noisy softmax of an epoch."""
        from braess.learn.relaxation import Gumbel

        return Gumbel(self.temperature * math.exp(-self.cooling * epoch))

    def read(self, training: Training, rng: np.random.Generator) -> Designs:
        """Return what is likeliest, and draws."""
        import torch

        from braess.learn.relaxation import drawn

        likeliest = super().read(training, rng)
        if not self.draws:
            return likeliest
        choices: Choices[Any] = training.problem  # type: ignore[assignment]  # it trains no other
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        options = drawn(training.leader.tensors["logits"], choices.allowed, self.draws, generator)
        return likeliest.space.concatenate([likeliest, choices.read(options)])
