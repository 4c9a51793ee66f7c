"""Any search behind a filter: designs that are likely infeasible are not evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._proposing import Proposing
from braess.search._validate import at_least, between
from braess.search.base import Running


@dataclass(frozen=True)
class Filtered(Proposing):
    """Another search, whose designs are evaluated only if they may be feasible.

    A classifier reads the designs evaluated so far (`braess.learn.prior_fitted.classifier`) and says how likely those that the
    search proposes keep all constraints. Improbable ones are not evaluated: the search is told that they violate
    constraints, the more the less probable they are, and have the worst objectives seen. Some are evaluated all the same,
    so that a mistake does not last. Worth it where an evaluation takes longer than the tenth of a second or so in which the
    classifier answers, and where constraints are known only after it. Needs the extra ``learn``.

    Parameters
    ----------
    search
        Name of the search that proposes; left out: ``genetic`` for one objective, ``nsga2`` for several.
    options
        Its hyper-parameters; where it is not named, what both of these have.
    least
        Probability to be feasible below which a design is not evaluated.
    checked
        Share of those that are evaluated all the same.
    known
        Evaluations before any design is left out; both feasible and infeasible ones must be among those.
    batch
        Designs looked at together, at most.

    References
    ----------
    Picard and Ahmed (2024), "Fast and accurate zero-training classification for tabular engineering data", arXiv:2401.06948,
    for the use of such a classifier in design.
    """

    name: ClassVar[str] = "filtered"
    summary: ClassVar[str] = "another search that evaluates only designs which a prior-fitted classifier finds likely feasible"
    reference: ClassVar[str] = "Picard and Ahmed (2024), arXiv:2401.06948"

    least: float = 0.2
    checked: float = 0.05
    known: int = 20
    batch: int = 50

    def __post_init__(self) -> None:
        """Check the hyper-parameters, those of the search that proposes among them."""
        between("least", self.least, 0.0, 1.0)
        between("checked", self.checked, 0.0, 1.0)
        at_least("known", self.known, 1)
        at_least("batch", self.batch, 1)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")
        super().__post_init__()

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        return super().refusal(problem) or (None if problem.constraints else "needs a problem with constraints")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._filtered import FilteredRun

        return FilteredRun(problem, rng, self, self.proposer(len(problem.objectives)).start(problem, rng))
