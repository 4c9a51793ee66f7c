"""Growing at work: rounds of designs grown from one, a pool of all that was evaluated, stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Growable, Problem, capability
from braess.problem.evaluations import Floats
from braess.search._controllers import Chance, Controller, Path, changed, grown
from braess.search._generations import Generations, scores
from braess.search._new import new_rows
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.eas import EAS

_DRY = 20  # rounds without a new design, after which growth begins anew
_MOST_ACCURATE = 0.99  # that the tangent counts, which goes to infinity at 1


class EASRun(Generations):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: EAS) -> None:
        super().__init__(problem, rng)
        growable = capability(problem, Growable)  # type: ignore[type-abstract]
        assert growable is not None
        self._growable = growable
        self._settings = settings
        self._whole = 100.0 if problem.objectives[0].unit == "%" else 1.0  # that shares are parts of
        self._controller = _controller(settings, growable, rng)
        self._smallest = growable.smallest()
        self._start = self._best = self._smallest
        self._best_rank = (np.inf, np.inf)
        self._pool: dict[bytes, tuple[float, float]] = {}  # violation and objective by design
        self._asked: set[bytes] = set()
        self._parents: dict[bytes, bytes] = {}
        self._paths: list[Path] = []
        self._rounds = 0

    def parents(self, designs: Designs) -> Sequence[bytes | None]:
        """Return the hash of the design that each of the batch asked for last was grown from."""
        return [self._parents.get(key) for key in designs.hashes()]

    def _next(self) -> Designs:
        if not self._pool:
            return new_rows(self._smallest, self._asked)
        for start in (self._start, self._smallest):
            self._start = start
            for _ in range(_DRY):
                self._paths = self._grown()
                found = new_rows(self.space.concatenate([path.design for path in self._paths]), self._asked)
                if len(found):
                    [parent] = self._start.hashes()
                    self._parents = dict.fromkeys(found.hashes(), parent)
                    return found
                self._round()
        return self.space.concatenate([])

    def _grown(self) -> list[Path]:
        settings = self._settings
        if settings.controller == "evolution":
            return changed(self._growable, self._start, settings.nets, settings.changes, self.rng)
        steps = (settings.widenings, settings.deepenings)
        return grown(self._growable, self._start, settings.nets, steps, self._controller, self.rng)

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        for design, violation, objective in zip(self.generation, violations.tolist(), objectives[:, 0].tolist(), strict=True):
            self._pool[design.pack()[0]] = (violation, objective)
            if (violation, objective) < self._best_rank:
                self._best, self._best_rank = design, (violation, objective)
        if self._paths:
            self._round()
        if self._settings.controller == "evolution":
            self._start = self._best

    def _round(self) -> None:
        """Let the controller learn what has become of the designs, and go on to the next stage after enough rounds."""
        ends = [self._pool[path.design.pack()[0]] for path in self._paths]
        self._controller.learn(self._paths, self._rewards(np.array(ends)))
        self._rounds += 1
        if self._settings.stage and self._rounds % self._settings.stage == 0:
            self._start = self._best

    def _rewards(self, ends: Floats) -> Floats:
        """Return what ``[n, 2]`` violations and objectives are worth: what is not feasible as much as the worst that is."""
        known = np.array(list(self._pool.values()))
        feasible = known[(known[:, 0] == 0.0) & np.isfinite(known[:, 1]), 1]
        if not len(feasible):
            return np.zeros(len(ends))
        values = np.where(ends[:, 0] == 0.0, np.minimum(ends[:, 1], feasible.max()), feasible.max())
        if self._settings.reward == "standard":
            spread = float(feasible.std())
            return -(values - feasible.mean()) / spread if spread else np.zeros(len(ends))
        shares = (-values if self.signs[0] < 0 else self._whole - values) / self._whole
        if (shares < 0.0).any() or (shares > 1.0).any():
            raise InputError(
                "the tangent rewards shares",
                field="reward",
                found=values.tolist(),
                expected=f"objectives from 0 to {self._whole:g}",
            )
        rewards: Floats = np.tan(np.minimum(shares, _MOST_ACCURATE) * np.pi / 2.0)
        return rewards


def _controller(settings: EAS, growable: Growable, rng: np.random.Generator) -> Controller:
    if settings.controller != "reinforce":
        return Chance()
    from braess.search._eas_agent import Agent

    return Agent(growable.vocabulary, growable.insertions, rng, rate=settings.rate, entropy=settings.entropy)
