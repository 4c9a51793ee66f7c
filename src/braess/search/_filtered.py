"""A search behind a filter at work: asks the one that proposes until something is worth evaluating."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from braess.learn.prior_fitted.classifier import TabularClassifier
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Bools, Floats
from braess.search._encoding import Encoding
from braess.search._proposing import ProposingRun
from braess.search.base import Running
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.filtered import Filtered

_ROUNDS = 50  # of proposals without any to evaluate, then the most probable one is
_REMEMBERED = 2 * TabularClassifier.MOST  # evaluations that the classifier reads at most, the last ones


class FilteredRun(ProposingRun):
    """A search at work.

    Parameters
    ----------
    problem, rng, proposer
        As in `ProposingRun`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Filtered, proposer: Running) -> None:
        super().__init__(problem, rng, proposer)
        self._settings = settings
        self._encoding = Encoding(self.space)
        self._rows: Floats = np.empty((0, self._encoding.width))
        self._feasible: Bools = np.empty(0, dtype=np.bool_)
        self._worst: Floats = np.full(len(problem.objectives), -np.inf)
        self._violations: Floats = np.empty((0, len(problem.constraints)))
        self._foretold: Floats = np.empty(0)

    def _next(self) -> Designs:
        for left in reversed(range(_ROUNDS)):
            few = self._settings.known - len(self._rows)  # until there is something to foretell from
            self._proposed = self._proposer.ask(min(self._settings.batch, few) if few > 0 else self._settings.batch)
            self._foretold = self._probability(self._proposed)
            drawn = self.rng.random(len(self._proposed)) < self._settings.checked
            self._chosen = (self._foretold >= self._settings.least) | drawn
            if left == 0 and len(self._proposed):
                self._chosen[np.argmax(self._foretold)] = True
            if self._chosen.any() or len(self._proposed) == 0:
                break
            self._proposer.tell(self._proposed, self._left_out())
        return self._taken()

    def _learn(self, evaluations: Evaluations) -> None:
        failed = evaluations.failed
        rows = self._encoding(torch.tensor(self.space.to_unit(self.generation))).numpy()
        self._rows = np.concatenate([self._rows, rows])[-_REMEMBERED:]
        self._feasible = np.concatenate([self._feasible, evaluations.feasible])[-_REMEMBERED:]
        if not failed.all():
            self._worst = np.maximum(self._worst, (evaluations.objectives * self.signs)[~failed].max(axis=0))
        bad = ~failed & ~evaluations.feasible & np.isfinite(evaluations.constraints).all(axis=1)
        self._violations = np.concatenate([self._violations, np.maximum(evaluations.constraints[bad], 0.0)])[-_REMEMBERED:]
        super()._learn(evaluations)

    def _probability(self, designs: Designs) -> Floats:
        """Return how likely designs are feasible; 1 as long as too little is known."""
        few = len(self._rows) < self._settings.known or self._feasible.all() or not self._feasible.any()
        if few or len(designs) == 0:
            return np.ones(len(designs))
        rows = self._encoding(torch.tensor(self.space.to_unit(designs))).numpy()
        return TabularClassifier(self._rows, self._feasible, scaled=False).probability(rows)

    def _left_out(self) -> Evaluations:
        """Return what the proposer is told of designs that are not evaluated."""
        foretold = self._foretold[~self._chosen]
        typical = self._violations.mean(axis=0) if len(self._violations) else np.ones(self._violations.shape[1])
        objectives = np.broadcast_to(self._worst * self.signs, (len(foretold), len(self._worst)))
        return Evaluations.of(objectives, (1.0 - foretold)[:, None] * typical, exact=False)
