"""Multi-objective generative flow networks: a sampler of designs for every preference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from braess.problem import Problem
from braess.search._gflownet_settings import GFlowNetSearch
from braess.search._validate import between, one_of, positive
from braess.search.base import Running

_SCALARISATIONS = ("sum", "product", "tchebycheff")


@dataclass(frozen=True)
class MOGFN(GFlowNetSearch):
    """A policy that builds designs decision by decision, each as often as it is worth by a preference over the objectives.

    One network serves all preferences, so that one search finds many different designs along the front. It learns from all
    designs evaluated, by trajectory balance. Worth counts from the middle of what was found to the best of it. Needs the
    extra ``learn``.

    Parameters
    ----------
    scalarisation
        How a preference turns objectives into one worth: weighted ``sum``, ``product`` of powers, or ``tchebycheff``, which
        reaches hollow parts of a front too.
    concentration
        Of the Dirichlet distribution of preferences; 1: all are as likely.
    sharpest
        Power of the worth in proportion to which designs are asked for. Lessons are about all powers from 1 on.
    least
        Worth that counts as none.
    flow_rate
        Learning rate of the size of the flow.

    References
    ----------
    Jain, Raparthy, Hernández-García, Rector-Brooks, Bengio, Miret and Bengio (2023), "Multi-objective GFlowNets",
    arXiv:2210.12765: preference-conditional networks. Replay of known designs is ours.
    """

    name: ClassVar[str] = "mogfn"
    summary: ClassVar[str] = "generative flow network that draws designs for any preference; many different ones"
    reference: ClassVar[str] = "Jain et al. (2023), arXiv:2210.12765"

    rate: float = 3e-3
    scalarisation: str = "sum"
    concentration: float = 1.0
    sharpest: float = 32.0
    least: float = 0.3
    flow_rate: float = 1e-1

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        super().__post_init__()
        positive("concentration", self.concentration)
        positive("flow_rate", self.flow_rate)
        between("sharpest", self.sharpest, 1.0, 1e3)
        between("least", self.least, 1e-6, 0.5)
        one_of("scalarisation", self.scalarisation, _SCALARISATIONS)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._mogfn import MOGFNRun

        return MOGFNRun(problem, rng, self)
