"""The running state of `smbo`: what was told, and the model that picks the next designs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._choices import Choices, NGrams
from braess.search._generations import Generations, scores
from braess.search._new import by_chance, new_designs
from braess.search._ridge import Ridge
from braess.search._worth import worth_of
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.smbo import SMBO

_ATTEMPTS = 200  # draws of candidates, until some are new


class SMBORun(Generations):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: SMBO) -> None:
        super().__init__(problem, rng)
        self._settings = settings
        self._met: set[bytes] = set()
        self._designs = self.space.concatenate([])
        self._violations, self._objectives = np.empty(0), np.empty(0)

    def _next(self) -> Designs:
        settings = self._settings
        if len(self._designs) == 0:
            found = self._new(settings.initial, self._met)
        else:
            candidates = self._new(settings.candidates, set(self._met))
            order = self.rng.permutation(len(candidates))
            foretold = self._foretold(candidates) if len(candidates) else np.empty(0)
            best = np.argsort(-foretold, kind="stable")
            by_luck = self.rng.random(settings.batch) < settings.epsilon
            found = candidates.take(_picked(best.tolist(), order.tolist(), by_luck.tolist()))
            self._met.update(found.pack())
        return found

    def _new(self, n: int, known: set[bytes]) -> Designs:
        return new_designs(n, lambda attempt: self._drawn(n, attempt), known, _ATTEMPTS)

    def _drawn(self, n: int, attempt: int) -> Designs:
        """Draw designs; where most are known, all there are of a small space."""
        return self.repaired(self.space.sample(n, self.rng) if attempt < _ATTEMPTS // 2 else by_chance(self.space, n, self.rng))

    def _foretold(self, candidates: Designs) -> Floats:
        """Return the worth of candidates by the model."""
        settings = self._settings
        features: Choices | NGrams = Choices(self.space)
        if settings.features == "n-grams":
            features = NGrams(self.space, settings.longest, settings.seen)
            features.learn(self._designs)
        worth = worth_of(self._violations, self._objectives)
        return Ridge.fit(features(self._designs), worth)(features(candidates))

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        self._designs = self.space.concatenate([self._designs, self.generation])
        self._violations = np.concatenate([self._violations, violations])
        self._objectives = np.concatenate([self._objectives, objectives[:, 0]])


def _picked(best: list[int], order: list[int], by_luck: list[bool]) -> list[int]:
    """Take from the best, or by luck in random order, each at most once."""
    taken: list[int] = []
    for luck in by_luck:
        left = [row for row in (order if luck else best) if row not in taken]
        taken += left[:1]
    return taken
