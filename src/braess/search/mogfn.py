"""Multi-objective generative flow networks: a sampler of designs for every preference."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._validate import at_least, between, one_of, positive
from braess.search.base import Running, Search

_SCALARISATIONS = ("sum", "product", "tchebycheff")
_CONSTRUCTIONS = ("ordered", "any-order", "increments")


@dataclass(frozen=True)
class MOGFN(Search):
    """A policy that builds designs decision by decision, each as often as it is worth by a preference over the objectives.

    One network serves all preferences, so that one search finds many different designs along the front. It learns from all
    designs evaluated, by trajectory balance. Worth counts from the middle of what was found to the best of it. Needs the
    extra ``learn``.

    Parameters
    ----------
    batch
        Designs asked for before the network learns from them; as many known ones join each lesson.
    updates
        Lessons after each batch.
    scalarisation
        How a preference turns objectives into one worth: weighted ``sum``, ``product`` of powers, or ``tchebycheff``, which
        reaches hollow parts of a front too.
    concentration
        Of the Dirichlet distribution of preferences; 1: all are as likely.
    sharpest
        Power of the worth in proportion to which designs are asked for. Lessons are about all powers from 1 on.
    least
        Worth that counts as none.
    construction
        ``ordered``: one decision after another, for every space; ``any-order``: whichever decision next; ``increments``: whole
        numbers in steps of one.
    digits
        Real numbers take one of ``8 ** digits`` values.
    hidden, layers
        Units of each hidden layer of the network, and number of these.
    rate, flow_rate
        Learning rates of the policy and of the size of the flow.
    explore
        Share of steps that are random.

    References
    ----------
    Jain, Raparthy, Hernández-García, Rector-Brooks, Bengio, Miret and Bengio (2023), "Multi-objective GFlowNets",
    arXiv:2210.12765: preference-conditional networks. Replay of known designs is ours.
    """

    name: ClassVar[str] = "mogfn"
    summary: ClassVar[str] = "generative flow network that draws designs for any preference; many different ones"
    reference: ClassVar[str] = "Jain et al. (2023), arXiv:2210.12765"

    batch: int = 64
    updates: int = 64
    scalarisation: str = "tchebycheff"
    concentration: float = 1.0
    sharpest: float = 32.0
    least: float = 0.1
    construction: str = "ordered"
    digits: int = 3
    hidden: int = 128
    layers: int = 2
    rate: float = 3e-3
    flow_rate: float = 1e-1
    explore: float = 0.05

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        for name in ("batch", "updates", "digits", "hidden", "layers"):
            at_least(name, getattr(self, name), 1)
        for name in ("concentration", "rate", "flow_rate"):
            positive(name, getattr(self, name))
        between("sharpest", self.sharpest, 1.0, 1e3)
        between("least", self.least, 1e-6, 0.5)
        between("explore", self.explore, 0.0, 1.0)
        one_of("scalarisation", self.scalarisation, _SCALARISATIONS)
        one_of("construction", self.construction, _CONSTRUCTIONS)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._mogfn import MOGFNRun

        return MOGFNRun(problem, rng, self)
