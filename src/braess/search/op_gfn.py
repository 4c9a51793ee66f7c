"""Order-preserving generative flow networks: a sampler of the best designs that needs no scale of what is good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from braess.problem import Problem
from braess.search._gflownet_settings import GFlowNetSearch
from braess.search.base import Running


@dataclass(frozen=True)
class OPGFN(GFlowNetSearch):
    """A policy that builds designs decision by decision, and learns from nothing but which designs are better.

    With several objectives, the designs that no other dominates are to be drawn equally often, and all others not at all; with
    one, the better of two is to be drawn more often. Units and scales of objectives make no difference. Dominance counts
    among all designs evaluated, so that what was best in one batch does not stay so. Needs the extra ``learn``.

    References
    ----------
    Chen and Mauch (2024), "Order-preserving GFlowNets", arXiv:2310.00386. Dominance among all designs is after Global-order
    GFlowNets (arXiv:2504.02968).
    """

    name: ClassVar[str] = "op-gfn"
    summary: ClassVar[str] = "generative flow network that learns from the order of designs alone; many different best ones"
    reference: ClassVar[str] = "Chen and Mauch (2024), arXiv:2310.00386"

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._op_gfn import OPGFNRun

        return OPGFNRun(problem, rng, self)
