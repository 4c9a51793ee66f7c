"""Order-preserving generative flow networks: a sampler of the best designs that needs no scale of what is good."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._validate import at_least, between, one_of, positive
from braess.search.base import Running, Search

_CONSTRUCTIONS = ("ordered", "any-order", "increments")


@dataclass(frozen=True)
class OPGFN(Search):
    """A policy that builds designs decision by decision, and learns from nothing but which designs are better.

    With several objectives, the designs that no other dominates are to be drawn equally often, and all others not at all; with
    one, the better of two is to be drawn more often. Units and scales of objectives make no difference. Dominance counts
    among all designs evaluated, so that what was best in one batch does not stay so. Needs the extra ``learn``.

    Parameters
    ----------
    batch
        Designs asked for before the network learns from them; as many of the best known and as many others join each lesson.
    updates
        Lessons after each batch.
    construction
        ``ordered``: one decision after another, for every space; ``any-order``: whichever decision next; ``increments``: whole
        numbers in steps of one.
    digits
        Real numbers take one of ``8 ** digits`` values.
    hidden, layers
        Units of each hidden layer of the network, and number of these.
    rate
        Learning rate.
    explore
        Share of steps that are random.

    References
    ----------
    Chen and Mauch (2024), "Order-preserving GFlowNets", arXiv:2310.00386. Dominance among all designs is after Global-order
    GFlowNets (arXiv:2504.02968).
    """

    name: ClassVar[str] = "op-gfn"
    summary: ClassVar[str] = "generative flow network that learns from the order of designs alone; many different best ones"
    reference: ClassVar[str] = "Chen and Mauch (2024), arXiv:2310.00386"

    batch: int = 64
    updates: int = 64
    construction: str = "ordered"
    digits: int = 3
    hidden: int = 128
    layers: int = 2
    rate: float = 5e-3
    explore: float = 0.05

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        for name in ("batch", "updates", "digits", "hidden", "layers"):
            at_least(name, getattr(self, name), 1)
        positive("rate", self.rate)
        between("explore", self.explore, 0.0, 1.0)
        one_of("construction", self.construction, _CONSTRUCTIONS)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._op_gfn import OPGFNRun

        return OPGFNRun(problem, rng, self)
