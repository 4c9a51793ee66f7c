"""Branch and bound: the best design with a proof, for problems that can bound what a box of designs holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.errors import InputError
from braess.problem import Bounded, Problem, capability
from braess.search._validate import at_least
from braess.search.base import Running, Search
from braess.search.registry import find


@dataclass(frozen=True)
class BranchAndBound(Search):
    """Best-first branch and bound with dives, after a heuristic has found a good design to prune with.

    A box of designs is bounded by the problem, split at the decision whose splits have raised bounds most (pseudo-costs), and
    dropped once its bound says that no design in it is better than the best one known by more than the gap asked for. Relaxed
    designs, rounded, are evaluated too. The search may be ended at any time: it knows a bound on what all designs can reach,
    and it ends by itself when the best design is within the gap of it. Interrupted, it goes on without bounding again what it
    has bounded.

    Use it for one objective where the problem has bounds: to the end on binaries and integers; on reals, whose boxes are split
    in space, for a few decisions, and for a valid gap on more. Bounds hold at whatever precision the problem solves its
    relaxations; where that is too coarse for the gap asked for, the gap proven at the end says so.

    Parameters
    ----------
    gap
        Relative gap to prove.
    nodes
        Boxes split at a time, on as many threads.
    threads
        Threads that bound boxes. The designs asked for do not depend on it.
    heuristic
        Search that looks for a good design first, none with ``first = 0``; left out: ``local`` for whole numbers, ``gradient``
        or ``differential-evolution`` for reals.
    first
        Evaluations it gets.

    References
    ----------
    Land and Doig (1960), "An automatic method of solving discrete programming problems", Econometrica 28, 497-520,
    doi:10.2307/1910129. Pseudo-costs: Benichou et al. (1971), "Experiments in mixed-integer linear programming", Mathematical
    Programming 1, 76-94, doi:10.1007/BF01584074.
    """

    name: ClassVar[str] = "branch-and-bound"
    summary: ClassVar[str] = "best-first branch and bound with dives: the best design with a proof, where a problem has bounds"
    reference: ClassVar[str] = "Land and Doig (1960), doi:10.2307/1910129"
    kinds: ClassVar[frozenset[str]] = frozenset({"binary", "integer", "real"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"
    ends: ClassVar[bool] = True

    gap: float = 1e-6
    nodes: int = 8
    threads: int = 2
    heuristic: str | None = None
    first: int = 200

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        if not 0.0 <= self.gap < 1.0:
            raise InputError("impossible gap", field="gap", found=self.gap, expected="at least 0 and below 1")
        at_least("nodes", self.nodes, 1)
        at_least("threads", self.threads, 1)
        at_least("first", self.first, 0)
        if self.heuristic is not None:
            find(self.heuristic, field="heuristic")

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem without bounds, and one that the heuristic named cannot handle."""
        super().require_fit(problem)
        if self.heuristic is not None and self.first:
            find(self.heuristic)().require_fit(problem)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        bounded = capability(problem, Bounded)  # type: ignore[type-abstract]
        reason = "it bounds nothing" if bounded is None else bounded.unbounded()
        return super().refusal(problem) or (None if reason is None else f"needs a problem with bounds: {reason}")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._bounding import BranchAndBoundRun

        return BranchAndBoundRun(problem, rng, self)
