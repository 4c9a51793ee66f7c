"""Search among designs that grow: what the follower has learned of a design serves the larger ones made of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, Literal

import numpy as np

from braess.errors import InputError
from braess.problem import Growable, Problem, capability
from braess.search._validate import at_least, one_of, positive
from braess.search.base import Running, Search

_CONTROLLERS = ("reinforce", "evolution", "random")
_REWARDS = ("standard", "tan")


@dataclass(frozen=True)
class EAS(Search):
    """Grow designs by making elements larger and inserting new ones: efficient architecture search by network transformation.

    Needs a problem whose designs grow (`braess.problem.Growable`). Where its follower can start from an earlier state
    (`braess.problem.WarmStart`), that of a grown design starts from that of the design it was grown from: a network is trained
    on from the weights of a smaller one. The smallest design is evaluated first, then ``nets`` grown from it at a time; from
    stage to stage, the best design so far is what others grow from. No design is evaluated twice. Designs never shrink, so
    what is best is best among what can be grown in time.

    The controllers differ in how designs grow. ``reinforce``: a network reads the design, decides which elements grow and what
    is inserted where, and learns from what the grown designs come to. ``random``: the same number of steps, by chance: what an
    agent has to beat. ``evolution``: hill climbing: few changes at a time, always of the best design so far. Where nothing new
    is found, growth begins with the smallest design again; the search ends when that finds nothing either. ``reinforce`` needs
    the extra ``learn``.

    Parameters
    ----------
    controller
        ``"reinforce"``, ``"evolution"`` or ``"random"``.
    nets
        Designs grown before any of them is evaluated.
    widenings, deepenings
        Steps of ``reinforce`` and ``random`` for each design: in one of the first any elements may grow, in one of the second a
        new one is inserted.
    changes
        Most changes of ``evolution`` for each design.
    stage
        Rounds of ``reinforce`` and ``random``, after which the best design becomes what others grow from; 0: never.
    reward
        What the agent makes large: ``"standard"``: the objective in standard deviations of those so far; ``"tan"``: the tangent
        of so much of a right angle, for objectives that are shares or in %, such as accuracy, of which 0.99 counts most.
    rate
        Learning rate of the agent.
    entropy
        Weight of the entropy of its decisions.

    References
    ----------
    Cai, Chen, Zhang, Yu and Wang (2018), "Efficient architecture search by network transformation", arXiv:1707.04873; for
    ``evolution``: Elsken, Metzen and Hutter (2017), arXiv:1711.04528.
    """

    name: ClassVar[str] = "eas"
    summary: ClassVar[str] = "grows designs, each from the follower's state of a smaller one; by an agent, evolution or chance"
    reference: ClassVar[str] = "Cai, Chen, Zhang, Yu and Wang (2018), arXiv:1707.04873"
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    controller: str = "reinforce"
    nets: int = 10
    widenings: int = 4
    deepenings: int = 5
    changes: int = 5
    stage: int = 5
    reward: str = "standard"
    rate: float = 2e-3
    entropy: float = 1e-5

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there if it is needed."""
        one_of("controller", self.controller, _CONTROLLERS)
        one_of("reward", self.reward, _REWARDS)
        at_least("nets", self.nets, 1)
        at_least("widenings", self.widenings, 0)
        at_least("deepenings", self.deepenings, 0)
        at_least("widenings + deepenings", self.widenings + self.deepenings, 1)
        at_least("changes", self.changes, 1)
        at_least("stage", self.stage, 0)
        positive("rate", self.rate)
        if not self.entropy >= 0.0:
            raise InputError("impossible value", field="entropy", found=self.entropy, expected="at least 0")
        if self.controller == "reinforce" and find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="controller", expected="pip install 'braess[learn]'")

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is not None:
            return reason
        if capability(problem, Growable) is None:  # type: ignore[type-abstract]
            return "needs designs that grow (`growable`)"
        return None

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._eas import EASRun

        return EASRun(problem, rng, self)
