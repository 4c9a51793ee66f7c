"""Local search with tabu memory and restarts from an elite, for discrete designs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least, between
from braess.search.base import Running, Search


@dataclass(frozen=True)
class Local(Search):
    """Best-improvement local search over changes and pairs of changes, with tabu memory and restarts from an elite.

    Every single change of the current design is evaluated (flips, other values, exchanges of two items, stretches
    turned around). Their effects on the objective and on each constraint, added up, rank all pairs of changes; the
    most promising pairs are evaluated too, and the best few together. A pair that drops one candidate and adds another
    keeps a budget nearly spent. What a pair of flips did beyond the sum is remembered, corrects later rankings and
    carries measured effects over to the next design; with more than a hundred flips only the most promising, some
    random ones and those without a known effect are measured again.

    The best neighbour is taken (first by violation, then by objective); after it, pairs are ranked by the effects
    already measured as long as that finds improvements. At a local optimum the best neighbour that touches no recently
    changed decision is taken even if it is worse; after ``patience`` such steps without a new best of the walk, the
    search restarts from a mixture of two of the best local optima, from a disturbed one or from a random design.

    Use it for one objective on discrete spaces, above all under a budget, when evaluations are precious. It ends when
    it finds nothing left to ask.

    Parameters
    ----------
    candidates
        Pairs of changes evaluated at a time.
    tenure
        Steps for which a changed decision stays as it is, unless that gives the best design so far.
    patience
        Steps uphill without a better design after which to restart.
    elite
        Local optima kept to restart from.
    strength
        Changes that disturb a local optimum.
    mix
        Share of restarts that mix two local optima instead of disturbing one.

    References
    ----------
    Glover (1989), "Tabu search, part I", doi:10.1287/ijoc.1.3.190.
    """

    name: ClassVar[str] = "local"
    summary: ClassVar[str] = "tabu search over changes and pairs of changes, restarts from an elite; discrete spaces"
    reference: ClassVar[str] = "Glover (1989), doi:10.1287/ijoc.1.3.190"
    kinds: ClassVar[frozenset[str]] = frozenset({"binary", "integer", "categorical", "permutation"})
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    candidates: int = 30
    tenure: int = 4
    patience: int = 4
    elite: int = 8
    strength: int = 6
    mix: float = 0.5

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("candidates", self.candidates, 1)
        at_least("tenure", self.tenure, 0)
        at_least("patience", self.patience, 0)
        at_least("elite", self.elite, 1)
        at_least("strength", self.strength, 1)
        between("mix", self.mix, 0.0, 1.0)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._elite import Elite
        from braess.search._local import LocalRun

        return LocalRun(problem, rng, self, Elite(problem.space, self.elite, self.strength))
