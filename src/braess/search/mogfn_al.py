"""Active learning with generative flow networks: few evaluations, chosen among what a network draws by an ensemble's word."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._validate import at_least, between, positive
from braess.search.base import Running, Search


@dataclass(frozen=True)
class MOGFNAL(Search):
    """For expensive followers: an ensemble of networks foretells, a generative flow network draws what promises most.

    Every round an ensemble learns all evaluations so far; a policy learns to draw designs in proportion to a power of how much
    they are expected to add to the hypervolume of the front (with one objective: to the best value); of those drawn the ones
    that together add most are evaluated. The policy takes a design of the front and changes a few decisions; where a space is
    conditional or has permutations it builds designs from nothing. Needs the extra ``learn``.

    Parameters
    ----------
    initial
        Random designs before the first round.
    batch
        Designs evaluated in each round.
    edits
        Decisions changed at most.
    updates
        Lessons of the policy in each round.
    lesson
        Designs drawn for a lesson.
    sharpness
        Power of what is promised in proportion to which designs are drawn.
    hidden
        Units of each of the policy's two hidden layers.
    rate
        Its learning rate.
    explore
        Share of steps that are random.
    digits
        Real numbers take one of ``8 ** digits`` values.

    References
    ----------
    Jain, Raparthy, Hernández-García, Rector-Brooks, Bengio, Miret and Bengio (2023), "Multi-objective GFlowNets",
    arXiv:2210.12765, section 4.2. The ensemble in place of a Gaussian process on a language model's features is ours.
    """

    name: ClassVar[str] = "mogfn-al"
    summary: ClassVar[str] = "active learning: an ensemble foretells, a generative flow network draws what promises most"
    reference: ClassVar[str] = "Jain et al. (2023), arXiv:2210.12765"

    initial: int = 64
    batch: int = 16
    edits: int = 4
    updates: int = 150
    lesson: int = 64
    sharpness: float = 8.0
    hidden: int = 64
    rate: float = 5e-3
    explore: float = 0.05
    digits: int = 3

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        at_least("initial", self.initial, 2)
        for name in ("batch", "edits", "updates", "lesson", "hidden", "digits"):
            at_least(name, getattr(self, name), 1)
        for name in ("sharpness", "rate"):
            positive(name, getattr(self, name))
        between("explore", self.explore, 0.0, 1.0)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._mogfn_al import MOGFNALRun

        return MOGFNALRun(problem, rng, self)
