"""Monte Carlo tree search: designs as successive choices, and statistics of every beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least, between
from braess.search.base import Running, Search


@dataclass(frozen=True)
class MCTS(Search):
    """Monte Carlo tree search with upper confidence bounds, for designs that are made by successive choices.

    A design is a way down the tree of its space (`Tree`). From the root the child with the greatest upper confidence bound is
    taken, one never visited before all others; the first node without children gets them, and from there the way goes on at
    random. What the design is worth is added to all nodes of the way that were in the tree. Worth is the objective on the range
    seen so far, from 0 to 1; what fails or breaks constraints is worth 0 as long as something does not. No design is evaluated
    twice: one that is met again counts again, with what it came to, and parts of the tree where every design is known are
    closed. Reals are cut into cells.

    Use it where the first choices matter more than the last ones, such as the kind and number of parts before their settings.

    Parameters
    ----------
    exploration
        Weight c of the bound ``c sqrt(2 log(n) / n_i)`` beside the mean worth of a child.
    bisect
        Whether options with an order are found by halving, so that neighbours share statistics.
    resolution
        Cells that a real is cut into; each stands for its middle.
    batch
        Designs proposed before any of them is told: as if the earlier had come to nothing, so that later ones go elsewhere.

    References
    ----------
    Negrinho and Gordon (2017), "DeepArchitect", arXiv:1704.08792, section 5; Kocsis and Szepesvári (2006), "Bandit based
    Monte-Carlo planning", doi:10.1007/11871842_29. Worth and closed parts are ours.
    """

    name: ClassVar[str] = "mcts"
    summary: ClassVar[str] = "Monte Carlo tree search over successive choices, upper confidence bounds; any space"
    reference: ClassVar[str] = "Negrinho and Gordon (2017), arXiv:1704.08792"
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    exploration: float = 0.5
    bisect: bool = False
    resolution: int = 64
    batch: int = 1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        between("exploration", self.exploration, 0.0, float("inf"))
        at_least("resolution", self.resolution, 2)
        at_least("batch", self.batch, 1)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._mcts import MCTSRun

        return MCTSRun(problem, rng, self)
