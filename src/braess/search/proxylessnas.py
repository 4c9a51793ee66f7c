"""ProxylessNAS: one option of each choice at a time, behind gates whose logits learn from two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.search._mixed import Mixed
from braess.search._validate import at_least, not_negative, one_of, positive

if TYPE_CHECKING:
    from braess.learn.relaxation import Mixing, Penalty
    from braess.learn.relaxation.choices import Choices
    from braess.problem import Problem


@dataclass(frozen=True)
class ProxylessNAS(Mixed):
    """Differentiable search with single paths: the memory of one design for weights, of two for logits.

    Use it where a mixture of all options is too large. Needs the extra ``learn``.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip, every
        As in `Relaxed`; these are the settings published for ImageNet, but for the leader's betas.
    cost
        ``"power-log"`` as the authors' code has it by default and ``"linear"`` as the paper, with ``usual``; ``"budget"`` or
        ``"none"``. A soft price does not keep a limit.
    stiffness
        As in `Mixed`.
    usual
        A cost of the usual size (the paper's reference); 0: the problem's limit.
    factor, power
        Of ``"power-log"``: the loss times ``factor * (log(cost) / log(usual)) ^ power``.
    strength
        Of ``"linear"``: the loss plus ``strength * (cost - usual) / usual``.
    estimator
        ``"gradient"``: through the gates of so many ``paths``; ``"reinforce"``: the score function over ``draws`` designs, each
        compared with the mean of the others (the authors: with a moving average of earlier ones).
    paths
        Options of each choice that logits learn from; 0 for all.
    draws
        Of ``"reinforce"``, at least 2.

    References
    ----------
    Cai, Zhu and Han (2019), "ProxylessNAS: direct neural architecture search on target task and hardware", arXiv:1812.00332.
    """

    name: ClassVar[str] = "proxylessnas"
    summary: ClassVar[str] = "trains one option of each choice at a time, logits behind gates, with a price on the cost"
    reference: ClassVar[str] = "Cai, Zhu and Han (2019), arXiv:1812.00332"
    costs: ClassVar[tuple[str, ...]] = ("none", "power-log", "linear", "budget")

    epochs: int = 120
    warmup: int = 40
    inner: int = 5
    leader_rate: float = 1e-3
    leader_decay: float = 0.0
    follower_floor: float = 0.0
    follower_decay: float = 4e-5
    cost: str = "power-log"
    usual: float = 0.0
    factor: float = 0.2
    power: float = 0.3
    strength: float = 0.1
    estimator: str = "gradient"
    paths: int = 2
    draws: int = 10

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        positive("factor", self.factor)
        not_negative(usual=self.usual, power=self.power, strength=self.strength)
        one_of("estimator", self.estimator, ("gradient", "reinforce"))
        at_least("paths", self.paths, 0)
        at_least("draws", self.draws, 2)

    def mixture(self, problem: Problem, rng: np.random.Generator) -> Choices[Any]:
        """Return the mixture to train: single paths for the follower."""
        from braess.learn.relaxation import Gates

        choices = super().mixture(problem, rng)
        choices.sharing = Gates(1)
        choices.draws = self.draws if self.estimator == "reinforce" else 0
        return choices

    def penalty(self, choices: Choices[Any]) -> Penalty | None:
        """Return what the cost adds."""
        from braess.learn.relaxation import Linear, PowerLog

        if self.cost not in ("power-log", "linear"):
            return super().penalty(choices)
        usual = self.usual or choices.limit
        if usual is None:
            message = "nobody says which cost is usual"
            raise InputError(message, field="usual", found=self.usual, expected="a number, or a problem with a budget")
        return Linear(self.strength, usual) if self.cost == "linear" else PowerLog(usual, self.factor, self.power)

    def mixing(self, epoch: int) -> Mixing:  # noqa: ARG002 -- always the same
        """Return gates."""
        from braess.learn.relaxation import Gates

        return Gates(self.paths)
