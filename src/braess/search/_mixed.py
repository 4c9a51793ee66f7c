"""What searches share that train a mixture of options: which problems they can handle, and what a cost adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Mixable, Problem, capability
from braess.search._relaxed import Relaxed
from braess.search._validate import one_of, positive

if TYPE_CHECKING:
    from braess.learn.bilevel import Hook, Method
    from braess.learn.relaxation import Mixing, Penalty
    from braess.learn.relaxation.choices import Choices


@dataclass(frozen=True)
class Mixed(Relaxed):
    """A search that trains a mixture of all options of all choices.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip, every
        As in `Relaxed`.
    cost
        What the cost of a mixture adds to the leader's loss: one of `costs`. Cost is what the problem has a limit on, or else
        its second objective. ``"none"``: nothing; ``"budget"``: a price that grows until the limit is kept.
    stiffness
        Of the price under ``"budget"``, see `braess.learn.relaxation.Budget`.

    Attributes
    ----------
    costs
        What ``cost`` may be.
    """

    costs: ClassVar[tuple[str, ...]] = ("none", "budget")

    cost: str = "none"
    stiffness: float = 10.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        one_of("cost", self.cost, self.costs)
        positive("stiffness", self.stiffness)

    def method(self) -> Method:
        """Return how leader and follower move: by turns, the follower's answer left out."""
        from braess.learn.bilevel import DARTS

        return DARTS(inner=self.inner)

    def relaxation(self, problem: Problem, rng: np.random.Generator) -> Choices[Any]:
        """Return the mixture to train, with what the method sets in it."""
        choices = self.mixture(problem, rng)
        if self.cost != "none" and not choices.priced:
            message = "the problem has no cost: neither a budget nor a second objective"
            raise InputError(message, field="cost", found=self.cost, expected="none")
        choices.penalty = self.penalty(choices)
        return choices

    def mixture(self, problem: Problem, rng: np.random.Generator) -> Choices[Any]:
        """Return the mixture to train."""
        mixable = capability(problem, Mixable)  # type: ignore[type-abstract]
        assert mixable is not None
        found: Choices[Any] = mixable.mixture(rng)
        return found

    def penalty(self, choices: Choices[Any]) -> Penalty | None:
        """Return what the cost adds."""
        return choices.budget(self.stiffness) if self.cost == "budget" else None

    def mixing(self, epoch: int) -> Mixing:  # noqa: ARG002 -- for those that cool
        """Return how options are weighed in an epoch."""
        from braess.learn.relaxation import Softmax

        return Softmax()

    def hooks(self) -> tuple[Hook, ...]:
        """Return what sets the mixing and lets prices grow."""
        from braess.search._course import Course

        return (Course(self),)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is None and capability(problem, Mixable) is None:  # type: ignore[type-abstract]
            return "needs a problem whose decisions are choices that can be mixed (`mixture`)"
        return reason
