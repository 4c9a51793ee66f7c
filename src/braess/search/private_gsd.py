"""Private-GSD: a table that fits given answers, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Incremental, Problem, capability
from braess.search._validate import at_least, between
from braess.search.base import Running, Search


@dataclass(frozen=True)
class PrivateGSD(Search):
    """Elitist search on the rows of a table, each generation by one or two cells, for problems that tell what that changes.

    A generation makes candidates of the best table, all by one operator: a cell gets another value, or one between two
    quantiles of its column; one or two cells are copied from another row; two rows exchange a cell. The best candidate takes
    the place of the table if it is better. Operators that improve are used more often. The problem says what a candidate
    changes in time that does not grow with the table (`Incremental`), so one design that is asked for stands for thousands of
    generations; what is told is its exact evaluation.

    The search ends where the objective reaches the problem's goal (``noise``: a share of it), or where a block of generations
    gains too little. Privacy is not its business: that of a table is settled when its answers are measured.

    Parameters
    ----------
    candidates
        Made in each generation.
    block
        Generations between two evaluations; 0 for as many as the table has rows, at least 100.
    tolerance
        The search ends after a block that lowers the objective by less than this share of it.
    noise
        It ends, too, where the objective is at most this share of the problem's goal, that which errors alone would come to;
        0 fits on. The best fit lies below the goal and, as a rule, nearer to the truth than one that ends there. Only for
        objectives that are not negative.
    rate
        By how much the weight of an operator grows when it improves, over the probability with which it was chosen.
    uniform
        Share of the generations whose operator is drawn uniformly.

    References
    ----------
    Liu, Tang, Vietri and Wu (2023), "Generating private synthetic data with genetic algorithms", ICML, arXiv:2306.03257.
    Operators as in the maintained code, chosen anew after each improvement, not after each block.
    """

    name: ClassVar[str] = "private-gsd"
    summary: ClassVar[str] = "elitist search on the cells of a table, for problems that tell what a few cells change"
    reference: ClassVar[str] = "Liu, Tang, Vietri and Wu (2023), arXiv:2306.03257"
    kinds: ClassVar[frozenset[str]] = frozenset({"binary", "integer", "categorical", "real"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"
    ends: ClassVar[bool] = True

    candidates: int = 50
    block: int = 0
    tolerance: float = 1e-3
    noise: float = 0.0
    rate: float = 0.1
    uniform: float = 0.05

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("candidates", self.candidates, 1)
        at_least("block", self.block, 0)
        between("tolerance", self.tolerance, 0.0, 1.0)
        between("noise", self.noise, 0.0, 100.0)
        between("rate", self.rate, 0.0, 1.0)
        between("uniform", self.uniform, 1e-3, 1.0)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is not None:
            return reason
        if capability(problem, Incremental) is None:  # type: ignore[type-abstract]
            return "needs a problem that tells what a few changed values do to its objective"
        if problem.constraints:
            return "keeps no constraints"
        sizes = {leaf.variable.size for leaf in problem.space.leaves}
        if len(sizes) != 1 or sizes & {None, 1}:
            return "needs a table: vectors of one size, of at least two rows"
        return None

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._private_gsd import PrivateGSDRun

        return PrivateGSDRun(problem, rng, self)
