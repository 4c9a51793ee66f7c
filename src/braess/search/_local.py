"""The running state of `local`: restarts, measures single changes, tries pairs, steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from braess.problem import Evaluations, Problem
from braess.search._elite import Elite, Key
from braess.search._generations import Generations, scores
from braess.search._interactions import Interactions
from braess.search._moves import Effects, Moves, moves_from, reversals
from braess.space import Designs
from braess.space._vector import Bools, Floats

if TYPE_CHECKING:
    from braess.search.local import Local

_FIRST = 64  # random designs of which the first start is the best
_STARTS = 8  # designs of which a restart is the best
_REFRESHED = 100  # flips with known effects measured again at a time, about
_SINGLES = 2000  # most single changes measured at a time
_SHORTLIST = 200  # most single changes whose pairs are ranked
_LEAPS = 8  # most pairs made at once
_RANDOM_EPISODES = 2  # local optima found from random designs before the first mixture
_RANDOM_RESTARTS = 0.05  # share of restarts from a random design after that
_FRUITLESS = 60  # phases in a row without a design not met before that end the search
_OPTIMISM = 0.5  # standard deviations by which a pair never tried is expected to do better than the sum of its changes
_REMEMBERED = 500_000  # evaluations remembered

Known = tuple[float, float, tuple[float, ...]]  # violation, objective to make small, constraints


class LocalRun(Generations):
    """Runs through phases: ``start`` (restart), ``singles`` (measure every change), ``pairs`` (try the best pairs).

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    elite
        Local optima to restart from; may be shared with other searches.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Local, elite: Elite) -> None:
        super().__init__(problem, rng)
        self._settings = settings
        self._known: dict[bytes, Known] = {}
        self._interactions = Interactions(self.space, _OPTIMISM)
        self._elite = elite
        self._phase: Literal["start", "singles", "pairs"] = "start"
        self._proposed = self.space.concatenate([])
        self._neighbours: list[Designs] = []
        self._fresh_effects = False
        self._effects = Effects(Moves(np.empty((0, 2), dtype=np.int64), np.empty((0, 2))), np.empty(0), np.empty((0, 0)))
        self._row: Floats = np.empty(0)
        self._anchor: Floats = np.empty(0)  # where every change was measured last
        self._here: Known = (np.inf, np.inf, ())
        self._episode: tuple[Key, Floats] = ((np.inf, np.inf), self._row)
        self._best: Key = (np.inf, np.inf)
        self._floor: Key = (np.inf, np.inf)  # value of the last local optimum of the episode
        self._tabu_until = np.zeros(self.space.width, dtype=np.int64)
        self._step = 0
        self._stalled = 0

    def _next(self) -> Designs:
        for _ in range(_FRUITLESS):
            if len(self._known) >= self.space.cardinality:
                break
            self._proposed = {"start": self._starts, "singles": self._singles, "pairs": self._pairs}[self._phase]()
            packed = self._proposed.pack()
            unknown = dict.fromkeys(key for key in packed if key not in self._known)
            if unknown:
                return self.space.unpack(list(unknown))
            self._digest()
        return self.space.concatenate([])

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        for key, violation, objective, constraints in zip(
            self.generation.pack(),
            violations.tolist(),
            objectives[:, 0].tolist(),
            evaluations.constraints.tolist(),
            strict=True,
        ):
            self._known[key] = (violation, objective, tuple(constraints))
        self._digest()

    def _digest(self) -> None:
        """Draw the conclusions from the evaluations of all that was proposed."""
        if self._phase == "start":
            self._begin()
        elif self._phase == "singles":
            self._measure()
        else:
            self._choose()

    def _starts(self) -> Designs:
        rng, elite = self.rng, self._elite
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        given = elite.next_start()
        if given is not None:
            return given
        if len(elite) == 0:
            designs = self.space.sample(_FIRST, rng)
        elif len(elite) < _RANDOM_EPISODES or rng.random() < _RANDOM_RESTARTS:
            designs = self.space.sample(_STARTS, rng)
        elif len(elite) > 1 and rng.random() < self._settings.mix:
            designs = elite.mixed(_STARTS, rng)
        else:
            designs = elite.disturbed(_STARTS, rng)
        return self.repaired(designs)

    def _begin(self) -> None:
        found = [self._known[key] for key in self._proposed.pack()]
        first = min(range(len(found)), key=lambda i: found[i][:2])
        if found[first][0] == np.inf:
            return  # every start failed: there is nothing to improve on, so the next phase is another start
        self._stalled = 0
        self._episode = ((np.inf, np.inf), self._row)
        self._floor = (np.inf, np.inf)
        self._move_to(self._proposed.take([first]))
        self._tabu_until[:] = 0
        self._phase = "singles"

    def _move_to(self, design: Designs) -> None:
        row = self.space.flatten(design)[0][0]
        self._here = self._known[design.pack()[0]]
        if len(self._row):
            changed = row != self._row
            self._effects = self._interactions.carried(self._effects, self._row, row)
            self._step += 1
            tenure = self._settings.tenure
            self._tabu_until[changed] = self._step + tenure + int(self.rng.integers(0, tenure // 2 + 1))
        self._row = row
        self._best = min(self._best, self._here[:2])
        if self._here[:2] < self._episode[0]:
            self._episode = (self._here[:2], row)
            self._stalled = 0

    def _singles(self) -> Designs:
        design = self.space.unflatten(self._row[None])
        active = self.space.flatten(design)[1][0]
        moves = moves_from(self.space, self._row, active, _SINGLES, self.rng)
        self._measured = moves = moves.take(self._worth_measuring(moves))
        changed = self.space.unflatten(moves.apply(self._row))
        turned = self.space.unflatten(reversals(self.space, self._row, active, _SINGLES, self.rng))
        self._neighbours = [changed, self._opened(changed, active), turned]
        return self.space.concatenate(self._neighbours)

    def _worth_measuring(self, moves: Moves) -> Bools:
        """Choose the changes to measure: unknown ones, the most promising ones, and some at random; all if few."""
        chosen = self._interactions.unmeasured(self._effects, moves)
        if len(moves) <= _REFRESHED or chosen.all():
            return np.ones(len(moves), dtype=np.bool_)
        promising = self._effects.shortlist(np.array(self._here[2]), _REFRESHED // 2)
        columns = np.zeros(self.space.width, dtype=np.bool_)
        columns[promising.moves.columns] = True
        columns[self.rng.permutation(self.space.width)[: _REFRESHED // 2]] = True
        return chosen | moves.touches(columns)

    def _opened(self, changed: Designs, active: Bools) -> Designs:
        """Return the neighbours in which variables came to be decided, with random values of those."""
        if not self.space.conditional:
            return changed.take([])
        matrix, mask = self.space.flatten(changed)
        drawn = self.space.sample(len(changed), self.rng)
        opened = mask & ~active
        rows = np.flatnonzero(opened.any(axis=1))
        return self.space.unflatten(np.where(opened, _plain(drawn), matrix)[rows])

    def _measure(self) -> None:
        found = [self._known[key] for key in self._neighbours[0].pack()]
        objective = np.array([known[1] for known in found]) - self._here[1]
        constraints = np.array([known[2] for known in found]).reshape(len(found), -1) - np.array(self._here[2])
        usable = np.isfinite(objective) & np.isfinite(constraints).all(axis=1)
        measured = Effects(self._measured, objective, constraints).take(usable)
        if len(self._anchor):
            self._interactions.revise(self._effects, measured, self._anchor, self._row)
        self._anchor = self._row
        self._effects = self._effects.updated(measured)
        self._fresh_effects = True
        self._phase = "pairs"

    def _pairs(self) -> Designs:
        here = np.array(self._here[2])
        effects = self._effects.shortlist(here, _SHORTLIST)
        pairs, violation, objective = effects.pairs(here, self._interactions.expected(effects.moves, self._row))
        if not self._fresh_effects:
            self._neighbours = []
        if not self._fresh_effects and not self._uphill:
            promising = (violation < self._here[0]) | ((violation <= self._here[0]) & (objective < 0.0))
            pairs = pairs[promising]
        chosen = pairs[: self._settings.candidates]
        first, second = (effects.moves.take(chosen[:, side]) for side in (0, 1))
        self._tried = (first, second, effects.objective[chosen].sum(axis=1))
        matrix = first.apply(self._row)
        np.put_along_axis(matrix, second.columns, second.values, axis=1)
        leaps = effects.leaps(self._row, here, pairs[: 4 * self._settings.candidates], _LEAPS)
        both = self.space.unflatten(np.concatenate([matrix, leaps]))
        self._neighbours = [*self._neighbours, both]
        return both

    @property
    def _uphill(self) -> bool:
        """Whether the walk is above the last local optimum: no need to measure every change before each step."""
        return self._floor <= self._here[:2]

    def _learn_pairs(self) -> None:
        first, second, sums = self._tried
        found = [self._known[key] for key in self._neighbours[-1].pack()[: len(sums)]]
        gains = np.array([known[1] for known in found]) - self._here[1]
        self._interactions.learn(first, second, self._row, gains - sums)

    def _choose(self) -> None:
        if self._fresh_effects:
            self._learn_pairs()
        neighbours = self.space.concatenate(self._neighbours)
        found = [self._known[key][:2] for key in neighbours.pack()]
        matrix = self.space.flatten(neighbours)[0]
        differs = matrix != self._row
        tabu = (differs & (self._tabu_until > self._step)).any(axis=1) | ~differs.any(axis=1)
        allowed = [i for i, key in enumerate(found) if key[0] < np.inf and (not tabu[i] or key < self._best)]
        choice = min(allowed, key=lambda i: found[i]) if allowed else None
        improves = choice is not None and found[choice] < self._here[:2]
        if not improves and not self._fresh_effects and not (self._uphill and choice is not None):
            self._phase = "singles"
            return
        if not improves:
            self._stalled += 1
            self._floor = min(self._floor, self._here[:2])
        self._fresh_effects = False
        if choice is None or self._stalled > self._settings.patience:
            self._elite.add(*self._episode)
            self._phase = "start"
            return
        self._move_to(neighbours.take([choice]))


def _plain(designs: Designs) -> Floats:
    return designs.space.flatten(designs)[0]
