"""Bayesian optimisation with a network fitted once, to made-up functions, in place of processes fitted each time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, Literal

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._validate import at_least, one_of
from braess.search.base import Running, Search

_ACQUISITIONS = ("cei", "cei+", "penalty")


@dataclass(frozen=True)
class PFNBO(Search):
    """Bayesian optimisation with a prior-fitted network: for expensive followers, and several times faster than with processes.

    A network that has seen hundreds of thousands of made-up functions reads the evaluations so far and says what any other
    design may come to; nothing is fitted but a polynomial trend of each objective and constraint, which the network then knows
    the rest of. The design that promises most by that is evaluated. Proposals look for it everywhere and, in turns, within a
    window around the best design known, with models of what lies near; the window follows the steps that improve and
    shrinks after failures. As long as nothing is feasible, the probability of being so is all that counts. Values of failed
    evaluations count as the worst seen. No design is evaluated twice. Binaries, integers and categories are searched by local
    moves; permutations as keys that are sorted. Needs the extra ``learn``.

    Parameters
    ----------
    initial
        Designs of a Latin hypercube before there is a model; 0 for two more than twice as many as there are coordinates,
        from 10 to 50.
    batch
        Designs proposed before any of them is told: the later ones as if the earlier had come to what is foretold.
    acquisition
        ``"cei"``: expected improvement times the probability of keeping each constraint; ``"cei+"``: the same, where twice that
        probability counts, up to 1; ``"penalty"``: expected improvement of the objective plus a multiple of squared violations,
        which grows by half after every five evaluations without gain.
    starts, kept
        Points that are looked at for each proposal, and the best of them that are looked around.

    References
    ----------
    Yu, Picard and Ahmed (2024), "Fast and accurate Bayesian optimization with pre-trained transformers for constrained
    engineering problems", arXiv:2404.04495; Müller, Feurer, Hollmann and Hutter (2023), "PFNs4BO", arXiv:2305.17535. The
    network, trends and windows are ours.
    """

    name: ClassVar[str] = "pfn-bo"
    summary: ClassVar[str] = "Bayesian optimisation with a prior-fitted network, for expensive constrained followers"
    reference: ClassVar[str] = "Yu, Picard and Ahmed (2024), arXiv:2404.04495"
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    initial: int = 0
    batch: int = 1
    acquisition: str = "cei"
    starts: int = 256
    kept: int = 4

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        at_least("initial", self.initial, 0)
        at_least("batch", self.batch, 1)
        one_of("acquisition", self.acquisition, _ACQUISITIONS)
        at_least("kept", self.kept, 1)
        at_least("starts", self.starts, self.kept)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._pfn_bo import PFNBORun

        return PFNBORun(problem, rng, self)
