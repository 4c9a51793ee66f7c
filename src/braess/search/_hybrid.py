"""The running state of `hybrid`: evolution on predictions and searches that solve every design, taking turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, GraphView, Problem, capability
from braess.search._elite import Elite
from braess.search._generations import Generations, scores
from braess.search._predicted import PredictedRun
from braess.search.capabilities import Predictions
from braess.space import Designs

if TYPE_CHECKING:
    from braess.learn.preparation import Prepared
    from braess.search.hybrid import Hybrid

_ELITE, _STRENGTH = 8, 6  # as in `local`
_RAREST = 5  # times that the wait for a search which finds nothing doubles at the most


@dataclass(eq=False)
class _Turn:
    """One of the searches that take turns.

    Parameters
    ----------
    run
        The search.
    cost
        What an evaluation of it costs, with all that it predicts for it, in evaluations.
    due
        When its next turn is: the least is next, the first of equals.
    failures
        Turns in a row that found nothing.
    over
        Whether it has nothing left to ask.
    """

    run: Generations
    cost: float = 1.0
    due: float = 1.0
    failures: int = 0
    over: bool = False


class HybridRun:
    """Lets several searches take turns of as many evaluations; they share an elite.

    Each gets the same time, and less if it finds nothing. Predictions begin where they cost less than the answers they are for;
    otherwise they wait, the longer the more they cost.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    prepared
        The model.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Hybrid, prepared: Prepared) -> None:
        from braess.learn.correction import Correction
        from braess.learn.surrogate import Surrogate

        self._signs, self._settings, self._prepared = problem.signs, settings, prepared
        inside = cast("Problem", capability(problem, cast("type[Any]", GraphView)))
        self._surrogate = Surrogate(inside, prepared.model)
        conformal = prepared.calibration.conformal
        self._correction = Correction(conformal.radius, conformal.coverage)
        self._elite = Elite(problem.space, _ELITE, _STRENGTH)
        self._predicted = PredictedRun(
            problem,
            rng,
            surrogate=self._surrogate,
            correction=self._correction,
            elite=self._elite,
            variation=settings.variation(crossover_spread=15.0),
            population=settings.population,
            generations=settings.generations,
            solved=settings.solved,
        )
        cost = 1.0 + prepared.cost * settings.population * settings.generations / settings.solved
        improvers = (_Turn(run) for run in _improvers(problem, rng, self._elite))
        self._turns = [_Turn(self._predicted, cost, due=cost - 1.0), *improvers]
        self._turn, self._left, self._found = self._next_turn(), settings.turn, False
        self._best: tuple[tuple[float, float], Designs] = ((np.inf, np.inf), problem.space.concatenate([]))
        self._solved = 0

    def ask(self, n: int) -> Designs:
        """Return the next at most ``n`` designs of the search whose turn it is."""
        if n < 1:
            raise InputError("nothing asked for", field="n", found=n, expected="at least 1")
        while True:
            asked = self._turn.run.ask(min(n, self._left))
            if len(asked):
                return asked
            self._turn.over = True
            if all(turn.over for turn in self._turns):
                return asked
            self._end_turn()

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Take the evaluations of the batch asked for last."""
        self._turn.run.tell(designs, evaluations)
        self._predicted.note(designs, evaluations)
        self._solved += len(designs)
        self._note_best(designs, evaluations)
        self._left -= len(designs)
        if self._left <= 0:
            self._end_turn()

    def predictions(self) -> Predictions:
        """Say what was predicted, what was solved, and how far predictions were off for the best design."""
        key, best = self._best
        error = None
        if len(best) and key[0] <= 0.0:
            predicted, _ = self._surrogate.predict(best)
            found = float(predicted.objectives[0, 0] * self._signs[0])
            corrected = float(self._correction.apply(best.space.flatten(best)[0], np.array([found]))[0][0])
            error = (found - key[1]) / abs(key[1]), (corrected - key[1]) / abs(key[1])
        return Predictions(
            predicted=self._predicted.predicted,
            solved=self._solved,
            error=None if error is None else error[0],
            corrected_error=None if error is None else error[1],
            covered=self._correction.covered,
            model=self._prepared.describe(),
        )

    def _note_best(self, designs: Designs, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self._signs)
        best = int(np.lexsort((objectives[:, 0], violations))[0])
        key = float(violations[best]), float(objectives[best, 0])
        if key < self._best[0]:
            self._best, self._found = (key, designs.take([best])), True

    def _end_turn(self) -> None:
        turn = self._turn
        turn.failures = 0 if self._found else min(turn.failures + 1, _RAREST)
        turn.due += turn.cost * 2.0**turn.failures
        self._turn, self._left, self._found = self._next_turn(), self._settings.turn, False

    def _next_turn(self) -> _Turn:
        return min((turn for turn in self._turns if not turn.over), key=lambda turn: turn.due)


def _improvers(problem: Problem, rng: np.random.Generator, elite: Elite) -> list[Generations]:
    """Return the searches that climb from what is found, solving each design: those that can handle the problem."""
    from braess.search.gradient import Gradient
    from braess.search.local import Local

    found: list[Generations] = []
    if Gradient.refusal(problem) is None and "real" not in problem.space.kinds:
        from braess.search._linearised import LinearisedRun

        found.append(LinearisedRun(problem, rng, elite))
    if Local.refusal(problem) is None:
        from braess.search._local import LocalRun

        found.append(LocalRun(problem, rng, Local(), elite))
    return found
