"""The running state of `gradient` on discrete designs: linearise, evaluate the best steps of the model, restart."""

from __future__ import annotations

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._elite import Elite, Key
from braess.search._generations import Generations, scores
from braess.search._linear_model import LinearModel
from braess.search._slopes import Slopes
from braess.space import Designs

_RANDOM = 2  # restarts from a random design before the first from a disturbed local optimum
_FRUITLESS = 200  # restarts in a row at designs met before that end the search
_REMEMBERED = 1_000_000  # designs remembered so as not to ask for them again
_GROWTH = 2.0  # times the steps that improved last: as far as the next may reach
_WORST: Key = (np.inf, np.inf)


class LinearisedRun(Generations):
    """Climbs from one start after another.

    A generation is either one start, or the candidates of one linearisation. The best candidate becomes the current
    design if it is better (first by violation, then by objective); otherwise the climb is over.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    elite
        Local optima to restart from; may be shared with other searches.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, elite: Elite) -> None:
        super().__init__(problem, rng)
        self._slopes = Slopes(problem)
        self._model = LinearModel(self.space)
        self._elite = elite
        self._met: set[bytes] = set()
        self._starts = 0
        self._row: Floats = np.empty(0)
        self._key: Key = _WORST
        self._within = np.inf  # steps from the design that are worth a look

    def _next(self) -> Designs:
        if self._key[0] < np.inf:
            candidates = self._candidates()
            if len(candidates):
                return candidates
            self._elite.add(self._key, self._row)
        self._key = _WORST
        for _ in range(_FRUITLESS):
            fresh = self._unmet(self.repaired(self._start()))
            if len(fresh):
                return fresh
        return self.space.concatenate([])

    def _start(self) -> Designs:
        """Return one that was given, else the design nearest to nothing first, then random ones, then a disturbed optimum."""
        given = self._elite.next_start()
        if given is not None:
            return given
        self._starts += 1
        if self._starts == 1:
            return self.space.unflatten(np.clip(0.0, *self.space.bounds)[None])
        if self._starts <= 1 + _RANDOM or len(self._elite) == 0:
            return self.space.sample(1, self.rng)
        return self._elite.disturbed(1, self.rng)

    def _candidates(self) -> Designs:
        found = self._slopes.at(self._row)
        if found is None:
            return self.space.concatenate([])
        self._model.learn(self._row, found[1])
        return self._unmet(self.space.unflatten(self._model.steps(self._row, *self._slopes.limits(self._row), self._within)))

    def _unmet(self, designs: Designs) -> Designs:
        keys = designs.hashes()
        fresh = [i for i, key in enumerate(keys) if key not in self._met and key not in keys[:i]]
        if len(self._met) < _REMEMBERED:
            self._met.update(keys)
        return designs.take(fresh)

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        best = np.lexsort([objectives[:, 0], violations])[0]
        key = (float(violations[best]), float(objectives[best, 0]))
        if key < self._key:
            row = self.space.flatten(self.generation.take([best]))[0][0]
            self._within = _GROWTH * float(np.abs(row - self._row).sum()) if self._key[0] < np.inf else np.inf
            self._key, self._row = key, row
        elif self._key[0] < np.inf:
            self._elite.add(self._key, self._row)
            self._key = _WORST
