"""Gradient search: multi-start quasi-Newton descent for reals, sequential linearisation for discrete designs.

How it fits asking and telling. A solver that runs a whole descent by itself would hide the evaluations from the study:
nothing recorded, no progress, a budget that means nothing. Here every point at which the objective is wanted is asked
for as a design, so the study evaluates, records and counts it; SciPy is stopped there and run again up to that point when
it has been told (`braess.search._descent`). What is left to the search is the gradient, a pure function of the design,
which is computed when the next design is asked for and therefore computed again when a study is resumed.

What it costs. A gradient takes about one more solve of the follower, which a study's count of evaluations does not
include while its seconds do. With reals each evaluation is followed by one gradient; with discrete designs each round of
up to log2(width) + 1 candidates is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Differentiable, DifferentiableConstraints, Problem, capability
from braess.search._validate import at_least, between
from braess.search.base import Running, Search


@dataclass(frozen=True)
class Gradient(Search):
    """Follow the gradient of one objective, from many starts, until the budget of the study ends.

    Reals: projected quasi-Newton descents in the unit cube by SciPy, L-BFGS-B where there are only bounds, SLSQP where
    there are constraints. The first starts in the middle, the others at random.

    Binaries and integers: the objective is linearised at the current design, with the curvature along each variable
    that earlier gradients showed. The best steps of that model within the constraints and within 1, 2, 4, … changes are
    evaluated exactly (linear programs, rounded), and the best of them is taken if it improves. Where none does, the
    search restarts from a disturbed one of the best designs met.

    Use it wherever the problem has derivatives (`Differentiable`, and `DifferentiableConstraints` where it has
    constraints): it needs a small part of the evaluations of methods that see values only. It finds local optima, hence
    the many starts. SciPy's own steps take longer than most followers with constraints on more than some 300 reals.
    Problems that mix reals with discrete variables are refused.

    Parameters
    ----------
    descents
        Descents of reals that are carried on side by side, so that as many workers have something to evaluate.
    tolerance
        Relative improvement of the objective at which a descent of reals ends.
    elite
        Discrete local optima kept to restart from.
    strength
        Changes that disturb one of them.

    References
    ----------
    Byrd, Lu, Nocedal and Zhu (1995), "A limited memory algorithm for bound constrained optimization",
    doi:10.1137/0916069. Kraft (1988), "A software package for sequential quadratic programming", DFVLR-FB 88-28.
    Linearisation under move limits: Griffith and Stewart (1961), doi:10.1287/mnsc.7.4.379.
    """

    name: ClassVar[str] = "gradient"
    summary: ClassVar[str] = "multi-start quasi-Newton descent, or linearisation with exact checks; problems with derivatives"
    reference: ClassVar[str] = "Byrd, Lu, Nocedal and Zhu (1995), doi:10.1137/0916069"
    kinds: ClassVar[frozenset[str]] = frozenset({"real", "integer", "binary"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    descents: int = 1
    tolerance: float = 1e-8
    elite: int = 8
    strength: int = 12

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("descents", self.descents, 1)
        between("tolerance", self.tolerance, 1e-15, 0.1)
        at_least("elite", self.elite, 1)
        at_least("strength", self.strength, 1)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        if problem.space.kinds == {"real"}:
            from braess.search._descent import DescentRun

            return DescentRun(problem, rng, self.descents, self.tolerance)
        from braess.search._linearised import LinearisedRun

        return LinearisedRun(problem, rng, self.elite, self.strength)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is not None:
            return reason
        if "real" in problem.space.kinds and len(problem.space.kinds) > 1:
            return "cannot decide reals and discrete variables at once"
        if capability(problem, Differentiable) is None:  # type: ignore[type-abstract]
            return "needs a problem with derivatives (`value_and_gradient`)"
        if problem.constraints and capability(problem, DifferentiableConstraints) is None:  # type: ignore[type-abstract]
            return "needs the derivatives of the constraints (`constraint_and_gradient`)"
        return None
