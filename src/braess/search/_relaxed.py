"""What searches that train a relaxation share: their hyper-parameters, and which problems they can handle."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem, Relaxable, capability
from braess.search._validate import at_least, between, not_negative, positive
from braess.search.base import Running, Search

if TYPE_CHECKING:
    from braess.learn.bilevel import Hook, Method, Recipe, Relaxation, Training
    from braess.space import Designs


@dataclass(frozen=True)
class Relaxed(Search):
    """A search that trains a relaxation of the problem, and asks now and then for the designs that are read out of it.

    What the study evaluates does not change how training goes on. No design is asked for twice. The search ends with the
    last epoch. Its seconds are those of the study; what each epoch took is kept with the record. It goes on from its last
    checkpoint.

    Parameters
    ----------
    epochs
        Passes over the lower half of the relaxation's data.
    warmup
        First epochs, in which the follower alone is trained.
    inner
        Steps of the follower for one of the leader.
    leader_rate, leader_decay
        Learning rate and weight decay of the leader's Adam, which has betas of 0.5 and 0.999.
    follower_rate, follower_floor, momentum, follower_decay
        Learning rate of the follower's gradient descent at first and at the end of a cosine, its momentum and weight decay.
    clip
        Longest gradient of the follower; 0 for any length.
    every
        Epochs between two readings; the last epoch is always read. A study cannot stop in between.
    """

    ends: ClassVar[bool] = True

    epochs: int = 50
    warmup: int = 0
    inner: int = 1
    leader_rate: float = 3e-4
    leader_decay: float = 1e-3
    follower_rate: float = 0.025
    follower_floor: float = 0.001
    momentum: float = 0.9
    follower_decay: float = 3e-4
    clip: float = 5.0
    every: int = 1

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        at_least("epochs", self.epochs, 1)
        between("warmup", self.warmup, 0, self.epochs - 1)
        at_least("inner", self.inner, 1)
        at_least("every", self.every, 1)
        for name in ("leader_rate", "follower_rate"):
            positive(name, getattr(self, name))
        between("follower_floor", self.follower_floor, 0.0, self.follower_rate)
        between("momentum", self.momentum, 0.0, 1.0)
        not_negative(leader_decay=self.leader_decay, follower_decay=self.follower_decay, clip=self.clip)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")
        self.method()

    @abstractmethod
    def method(self) -> Method:
        """Return how leader and follower move; raises `InputError` where hyper-parameters are impossible."""

    def recipe(self) -> Recipe:
        """Return how training goes."""
        from braess.learn.bilevel import SGD, Adam, Recipe

        return Recipe(
            epochs=self.epochs,
            leader=Adam(rate=self.leader_rate, betas=(0.5, 0.999), decay=self.leader_decay),
            follower=SGD(rate=self.follower_rate, floor=self.follower_floor, momentum=self.momentum, decay=self.follower_decay),
            warmup=self.warmup,
            clip=self.clip or None,
        )

    def relaxation(self, problem: Problem, rng: np.random.Generator) -> Relaxation[Any]:
        """Return the relaxation to train, with what the method sets in it."""
        relaxable = capability(problem, Relaxable)  # type: ignore[type-abstract]
        assert relaxable is not None
        found: Relaxation[Any] = relaxable.relaxation(rng)
        return found

    def hooks(self) -> tuple[Hook, ...]:
        """Return what is done besides as training goes on; nothing by default."""
        return ()

    def read(self, training: Training, rng: np.random.Generator) -> Designs:  # noqa: ARG002 -- for those that draw
        """Read designs out of a training, the likeliest first."""
        relaxation: Relaxation[Any] = training.problem  # type: ignore[assignment]  # it is one
        return relaxation.designs(training.leader.tensors, training.followers[0].tensors)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._relaxed_run import RelaxedRun

        return RelaxedRun(problem, rng, self)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is None and capability(problem, Relaxable) is None:  # type: ignore[type-abstract]
            return "needs a problem with a relaxation to train (`relaxation`)"
        return reason
