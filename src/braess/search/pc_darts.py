"""PC-DARTS: only a part of what flows through a choice is mixed, and inputs of a node have logits of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.problem import Mixable, Problem, capability
from braess.search._mixed import Mixed
from braess.search._validate import at_least

if TYPE_CHECKING:
    from braess.learn.relaxation.choices import Choices


@dataclass(frozen=True)
class PCDARTS(Mixed):
    """Differentiable search with partial channel connections: less memory and time than `darts`, by nearly the factor ``part``.

    Use it where `darts` is too slow or takes too much memory. Needs a problem whose mixtures can be partial, and the extra
    ``learn``. Published results are the best of several searches: look at more than one seed.

    Parameters
    ----------
    epochs, warmup, inner, leader_rate, leader_decay, follower_rate, follower_floor, momentum, follower_decay, clip, every
        As in `Relaxed`; these are the settings published for CIFAR-10.
    cost, stiffness
        As in `Mixed`.
    part
        One in so many channels is mixed (the paper's K).
    inputs
        Each node keeps so many inputs, the strongest by options and edges together; 0: all. The paper keeps 2.

    References
    ----------
    Xu et al. (2020), "PC-DARTS: partial channel connections for memory-efficient architecture search", arXiv:1907.05737.
    """

    name: ClassVar[str] = "pc-darts"
    summary: ClassVar[str] = "trains a relaxation in which a part of the channels is mixed and inputs of a node are weighed"
    reference: ClassVar[str] = "Xu et al. (2020), arXiv:1907.05737"

    warmup: int = 15
    leader_rate: float = 6e-4
    follower_rate: float = 0.1
    follower_floor: float = 0.0
    part: int = 4
    inputs: int = 0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        at_least("part", self.part, 1)
        at_least("inputs", self.inputs, 0)

    def mixture(self, problem: Problem, rng: np.random.Generator) -> Choices[Any]:
        """Return the mixture to train."""
        mixable = capability(problem, Mixable)  # type: ignore[type-abstract]
        assert mixable is not None
        found: Choices[Any] = mixable.mixture(rng, part=self.part)
        found.inputs = self.inputs
        return found
