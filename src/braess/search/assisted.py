"""Any search with a cheap rating beside it: of several proposals only the most promising are evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from braess.problem import Evaluations, Problem, Rateable, capability
from braess.search._proposing import Proposing, ProposingRun
from braess.search._validate import at_least
from braess.search.base import Running
from braess.space import Designs


@dataclass(frozen=True)
class Assisted(Proposing):
    """Another search, of whose proposals only those are evaluated that rate best.

    The problem rates designs before they are evaluated (`braess.problem.RatedBy`), such as by a score of the untrained network.
    The search that proposes is told that evaluations of what was left out failed. Worth it where a rating costs
    far less than an evaluation and ranks better than chance; searches that propose one design at a time gain nothing.

    Parameters
    ----------
    search
        Name of the search that proposes; left out: ``genetic`` for one objective, ``nsga2`` for several.
    options
        Its hyper-parameters; where it is not named, what both of these have.
    candidates
        Proposals for each design that is evaluated.
    batch
        Designs chosen together, at most.

    References
    ----------
    Zhang and Jia (2022), "GradSign: model performance inference with theoretical insights", arXiv:2110.08616,
    section 5: the same for regularised evolution, REINFORCE, BOHB and random search.
    """

    name: ClassVar[str] = "assisted"
    summary: ClassVar[str] = "another search, of whose proposals those are evaluated that a cheap rating finds most promising"
    reference: ClassVar[str] = "Zhang and Jia (2022), arXiv:2110.08616"

    candidates: int = 5
    batch: int = 10

    def __post_init__(self) -> None:
        """Check the hyper-parameters, those of the search that proposes among them."""
        at_least("candidates", self.candidates, 1)
        at_least("batch", self.batch, 1)
        super().__post_init__()

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        rating = capability(problem, Rateable)  # type: ignore[type-abstract]
        return super().refusal(problem) or ("needs a problem that rates designs (`Rateable`)" if rating is None else None)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        return AssistedRun(problem, rng, self, self.proposer(len(problem.objectives)).start(problem, rng))


class AssistedRun(ProposingRun):
    """A search at work.

    Parameters
    ----------
    problem, rng, proposer
        As in `ProposingRun`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Assisted, proposer: Running) -> None:
        super().__init__(problem, rng, proposer)
        rating = capability(problem, Rateable)  # type: ignore[type-abstract]
        assert rating is not None
        self._settings, self._rating = settings, rating
        self._widths = len(problem.objectives), len(problem.constraints)

    def _next(self) -> Designs:
        self._proposed = self._proposer.ask(self._settings.candidates * self._settings.batch)
        n = len(self._proposed)
        best = np.argsort(-self._rating.rate(self._proposed), kind="stable")[: max(1, round(n / self._settings.candidates))]
        self._chosen = np.isin(np.arange(n), best)
        return self._taken()

    def _left_out(self) -> Evaluations:
        return Evaluations.failure(int((~self._chosen).sum()), *self._widths, "not evaluated: others rate better")
