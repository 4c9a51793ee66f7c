"""Gradient search: multi-start quasi-Newton descent for reals, sequential linearisation for discrete designs.

How it fits asking and telling. A solver that runs a whole descent by itself would hide the evaluations from the study:
nothing recorded, no progress, a budget that means nothing. Here every point at which the objective is wanted is asked
for as a design, so the study evaluates, records and counts it. Under bounds alone that takes a quasi-Newton method whose
state lies between two points (`braess.search._quasi_newton`): SciPy's L-BFGS-B cannot be stopped there and continued, and
to run it again from the start for each point costs more than a small follower. Under constraints SciPy's SLSQP is run
again all the same (`braess.search._slsqp`), since its descents are short.

What it costs. The search itself computes gradients, each about one more solve of the follower: at each accepted point of
a descent under bounds, at each point under constraints, and for discrete designs once for each round of candidates. A
study's count of evaluations does not include them, its seconds do. They are pure functions of the design and computed
when the next design is asked for, so a resumed study computes them again.
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

    Reals: projected quasi-Newton descents in the unit cube, or SciPy's sequential quadratic programming where there are
    constraints. The first starts in the middle, the others at random. Points on the way may break a curved constraint
    by a little and are recorded as infeasible; the ends keep it.

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
    Bertsekas (1982), "Projected Newton methods for optimization problems with simple constraints", doi:10.1137/0320018.
    Nocedal (1980), "Updating quasi-Newton matrices with limited storage", doi:10.1090/S0025-5718-1980-0572855-7.
    Kraft (1988), "A software package for sequential quadratic programming", DFVLR-FB 88-28. Linearisation under move
    limits: Griffith and Stewart (1961), doi:10.1287/mnsc.7.4.379.
    """

    name: ClassVar[str] = "gradient"
    summary: ClassVar[str] = "multi-start quasi-Newton descent, or linearisation with exact checks; problems with derivatives"
    reference: ClassVar[str] = "Bertsekas (1982), doi:10.1137/0320018; Griffith and Stewart (1961), doi:10.1287/mnsc.7.4.379"
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
        from braess.search._elite import Elite
        from braess.search._linearised import LinearisedRun

        return LinearisedRun(problem, rng, Elite(problem.space, self.elite, self.strength))

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
