"""Evolution on predictions that knows they are noisy: it asks for a few designs, and learns from them what was missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._elite import Elite
from braess.search._generations import Generations, scores
from braess.search._new import new_rows
from braess.search._variation import Variation
from braess.space import Designs
from braess.space._vector import Bools

if TYPE_CHECKING:
    from braess.learn.correction import Correction
    from braess.learn.surrogate import Surrogate

_REMEMBERED = 100_000  # designs solved that are remembered
_NORMAL = 1.645  # half width of an interval that holds 90 % of a normal distribution, in standard deviations


@dataclass(eq=False)
class Population:
    """Designs with what is known of them.

    Parameters
    ----------
    rows
        ``[n, width]`` flat designs.
    predicted
        ``[n]`` objective to make small as the model says.
    violation
        ``[n]``, as predicted or as solved.
    exact
        ``[n]`` objective as solved, not-a-number where it is not.
    trusted
        ``[n]`` false where the model has learned from nothing like this.
    """

    rows: Floats
    predicted: Floats
    violation: Floats
    exact: Floats
    trusted: Bools

    def __len__(self) -> int:
        """Return ``n``."""
        return len(self.rows)

    def take(self, rows: NDArray[np.int64]) -> Population:
        """Return some of the designs."""
        return Population(self.rows[rows], self.predicted[rows], self.violation[rows], self.exact[rows], self.trusted[rows])

    def with_others(self, other: Population) -> Population:
        """Return the designs of both."""
        return Population(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.predicted, other.predicted]),
            np.concatenate([self.violation, other.violation]),
            np.concatenate([self.exact, other.exact]),
            np.concatenate([self.trusted, other.trusted]),
        )


class PredictedRun(Generations):
    """Generations on predictions, then a few designs to solve, and again.

    Where a design has not been solved its objective is drawn from its interval, anew for each choice of parents and of
    survivors, so a lucky error does not live long; those to solve are the ones whose intervals reach lowest. What was
    solved teaches the correction and is known exactly from then on.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    surrogate
        Predicts.
    correction
        Learns what it misses.
    elite
        Good designs, shared with other searches: they join the population, and the best one solved is given as a start.
    variation
        Crossover and mutation.
    population, generations, solved
        Designs that survive, generations between two that are solved, designs that are solved then.
    """

    def __init__(
        self,
        problem: Problem,
        rng: np.random.Generator,
        *,
        surrogate: Surrogate,
        correction: Correction,
        elite: Elite,
        variation: Variation,
        population: int,
        generations: int,
        solved: int,
    ) -> None:
        super().__init__(problem, rng)
        self._surrogate, self._correction, self._elite = surrogate, correction, elite
        self._variation, self._size, self._generations, self._solved = variation, population, generations, solved
        self._exact: dict[bytes, tuple[float, float]] = {}
        self.predicted = 0
        self._population = self._judged(self.space.concatenate([]))
        self._asked = self._population

    def note(self, designs: Designs, evaluations: Evaluations) -> None:
        """Remember what others had solved."""
        violations, objectives = scores(evaluations, self.signs)
        for key, violation, objective in zip(designs.pack(), violations.tolist(), objectives[:, 0].tolist(), strict=True):
            self._exact[key] = (violation, objective)
        while len(self._exact) > _REMEMBERED:
            del self._exact[next(iter(self._exact))]

    def _next(self) -> Designs:
        self._population.violation, self._population.exact = self._solved_by_now(self._population)
        self._meet(self.space.unflatten(self._elite.rows))
        if len(self._population) < self._size:
            self._meet(self.repaired(self.space.sample(self._size, self.rng)))
        for _ in range(self._generations):
            self._meet(self._offspring())
            self._survive()
        return self._to_solve()

    def _learn(self, evaluations: Evaluations) -> None:
        self.note(self.generation, evaluations)
        violations, objectives = scores(evaluations, self.signs)
        found = self._asked
        found.violation, found.exact = violations, objectives[:, 0]
        good = np.isfinite(found.exact) & np.isfinite(found.predicted)
        self._correction.learn(found.rows[good], found.predicted[good], found.exact[good])
        self._population = self._population.with_others(found)
        best = int(np.lexsort((found.exact, found.violation))[0])
        key = (float(found.violation[best]), float(found.exact[best]))
        if key[0] < np.inf:
            self._elite.add(key, found.rows[best])
            self._elite.give_start(found.rows[best])

    def _offspring(self) -> Designs:
        children = self._variation.offspring(self.space, self._winners(), self._winners(), self.rng)
        return self.repaired(self.space.unflatten(children))

    def _winners(self) -> Floats:
        """Return the winners ``[size, width]`` of tournaments of two, of what intervals hold at random."""
        here = self._population
        pairs = self.rng.integers(len(here), size=(2, self._size))
        value = self._drawn(here)[:, None]
        violation = here.violation[pairs]
        first = np.where(violation[0] == violation[1], value[pairs[0], 0] <= value[pairs[1], 0], violation[0] < violation[1])
        winners: Floats = here.rows[np.where(first, pairs[0], pairs[1])]
        return winners

    def _survive(self) -> None:
        here = self._population
        order = np.lexsort((self._drawn(here), here.violation))[: self._size]
        self._population = here.take(np.sort(order))

    def _drawn(self, population: Population) -> Floats:
        """Draw an objective of each design from its interval, ``[n]``."""
        mean, half = self._interval(population)
        drawn: Floats = mean + half / _NORMAL * self.rng.standard_normal(len(mean))
        return np.nan_to_num(drawn, nan=np.inf)

    def _interval(self, population: Population) -> tuple[Floats, Floats]:
        """Return objective and half width of each design, ``[n]``: none where it is solved."""
        if not len(population):
            return np.empty(0), np.empty(0)
        mean, half = self._correction.apply(population.rows, population.predicted)
        known = ~np.isnan(population.exact)
        return np.where(known, population.exact, mean), np.where(known, 0.0, half)

    def _to_solve(self) -> Designs:
        here = self._population
        mean, half = self._interval(here)
        order = np.lexsort((np.nan_to_num(mean - half, nan=np.inf), ~here.trusted, here.violation))
        unknown = order[np.isnan(here.exact[order])]
        if not len(unknown):  # every design is known: look elsewhere
            self._meet(self.repaired(self.space.sample(self._solved, self.rng)))
            here = self._population
            unknown = np.flatnonzero(np.isnan(here.exact))
        chosen = np.sort(unknown[: self._solved])
        self._asked = here.take(chosen)
        self._population = here.take(np.setdiff1d(np.arange(len(here)), chosen))
        return self.space.unflatten(self._asked.rows)

    def _meet(self, designs: Designs) -> None:
        """Predict the designs that are not in the population yet, and let them in."""
        known = set(self.space.unflatten(self._population.rows).pack())
        self._population = self._population.with_others(self._judged(new_rows(designs, known)))

    def _judged(self, designs: Designs) -> Population:
        if not len(designs):
            nothing = np.empty(0)
            return Population(np.empty((0, self.space.width)), nothing, nothing, nothing, np.empty(0, dtype=np.bool_))
        predicted, trusted = self._surrogate.predict(designs)
        self.predicted += len(designs)
        violations, objectives = scores(predicted, self.signs)
        unsolved = np.full(len(designs), np.nan)
        judged = Population(self.space.flatten(designs)[0], objectives[:, 0], violations, unsolved, trusted)
        judged.violation, judged.exact = self._solved_by_now(judged)
        return judged

    def _solved_by_now(self, population: Population) -> tuple[Floats, Floats]:
        """Return violations and exact objectives ``[n]``, those of designs that anybody had solved among them."""
        keys = self.space.unflatten(population.rows).pack()
        pairs = [
            self._exact.get(key, known)
            for key, *known in zip(keys, population.violation.tolist(), population.exact.tolist(), strict=True)
        ]
        found = np.array(pairs).reshape(len(keys), 2)
        return found[:, 0], found[:, 1]
