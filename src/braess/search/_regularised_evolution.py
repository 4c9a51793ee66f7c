"""The running state of `regularised-evolution`: a queue of the youngest designs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Bools, Floats
from braess.search._generations import Generations, scores
from braess.search._new import by_chance, new_designs
from braess.search._variation import Variation
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.regularised_evolution import RegularisedEvolution

_ATTEMPTS = 200  # draws of children, until one is new
_PATIENCE = 20  # draws after which one more decision is changed, over and over
_BY_CHANCE = 160  # draws after which designs are drawn at random


class RegularisedEvolutionRun(Generations):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: RegularisedEvolution) -> None:
        super().__init__(problem, rng)
        self._settings = settings
        self._change = Variation(0.0, 1.0, 0.0, crossover_spread=15.0, mutation_spread=20.0)
        self._met: set[bytes] = set()
        self._alive: Floats = np.empty((0, self.space.width))  # the oldest first
        self._keys: Floats = np.empty((0, 2))  # violation and objective of each
        low, high = self.space.bounds
        self._free: Bools = high > low

    def _next(self) -> Designs:
        settings = self._settings
        if len(self._alive) == 0:
            return new_designs(settings.population, lambda _: self._drawn(settings.population), self._met, _ATTEMPTS)
        return new_designs(settings.batch, self._children, self._met, _ATTEMPTS)

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        most = self._settings.population
        keys = np.column_stack([violations, objectives[:, 0]])
        self._alive = np.concatenate([self._alive, self.space.flatten(self.generation)[0]])[-most:]
        self._keys = np.concatenate([self._keys, keys])[-most:]

    def _drawn(self, n: int) -> Designs:
        return self.repaired(by_chance(self.space, n, self.rng))

    def _children(self, attempt: int) -> Designs:
        """Return a batch of children; with the number of attempts, of more changes, and at last any designs."""
        n = self._settings.batch
        if attempt >= _BY_CHANCE:
            return self._drawn(n)
        designs = self.space.unflatten(self._alive[[self._parent() for _ in range(n)]])
        for _ in range(1 + attempt // _PATIENCE):
            designs = self._mutated(designs)
        return self.repaired(designs)

    def _parent(self) -> int:
        """Return the best of a sample of the population."""
        size = min(self._settings.sample, len(self._alive))
        drawn = self.rng.choice(len(self._alive), size=size, replace=False)
        return int(drawn[np.lexsort((self._keys[drawn, 1], self._keys[drawn, 0]))[0]])

    def _mutated(self, designs: Designs) -> Designs:
        """Change one decision of each design; what comes to be decided is drawn."""
        space, rng = self.space, self.rng
        if not self._free.any():
            return designs
        rows, active = space.flatten(designs)
        order = np.where(active & self._free, rng.random(rows.shape), -1.0)
        hits = np.zeros_like(active)
        hits[np.arange(len(rows)), order.argmax(axis=1)] = order.max(axis=1) >= 0.0
        changed = rows.copy()
        for leaf in space.leaves:
            if hits[:, leaf.columns].any():
                changed[:, leaf.columns] = self._change.changed(
                    leaf.variable, rows[:, leaf.columns], hits[:, leaf.columns], rng
                )
        if not space.conditional:
            return space.unflatten(changed)
        children, drawn = space.unflatten(changed), space.sample(len(rows), rng)
        matrix, now = space.flatten(children)
        return space.unflatten(np.where(now & ~active, space.flatten(drawn)[0], matrix))
