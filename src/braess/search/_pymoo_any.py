"""An algorithm of pymoo that we know nothing of: built from its options, never asked twice for one design, kept by replay."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.termination import NoTermination
from pymoo.termination import get_termination

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations, scores
from braess.search._pymoo import FAILED, settled
from braess.space import Designs

_ATTEMPTS = 100  # generations in a row without anything new

Worth = tuple[float, Floats]  # violation, objectives to make small


class AnyAlgorithm(Generations):
    """An algorithm of pymoo at work in the unit cube.

    Some of them run as generators, which no pickle can hold: what they were told is kept instead, and told to a new one again.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    kind, options
        Class of the algorithm, and what it is built with.
    generations
        When it ends by itself; 0 for never.
    """

    def __init__(
        self, problem: Problem, rng: np.random.Generator, kind: type[Any], options: dict[str, Any], generations: int
    ) -> None:
        super().__init__(problem, rng)
        self._recipe = kind, options, generations, len(problem.constraints) > 0
        self._began = copy.deepcopy(rng.bit_generator.state)
        self._history: list[list[Worth]] = []  # by generation, of designs that were new
        self._begin()

    def _begin(self) -> None:
        kind, options, generations, constrained = self._recipe
        self._constrained = constrained
        width = self.space.width
        outside = PymooProblem(
            n_var=width, n_obj=len(self.signs), n_ieq_constr=int(constrained), xl=np.zeros(width), xu=np.ones(width)
        )
        ends = get_termination("n_gen", generations) if generations else NoTermination()
        try:
            self._algorithm = kind(**options)
            self._algorithm.setup(outside, termination=ends, seed=int(self.rng.integers(2**31)), verbose=False)
        except Exception as error:  # pymoo raises whatever it likes
            message = f"pymoo cannot run {kind.__name__} here: {error}"
            raise InputError(message, field="options", found=options, expected="options that it knows") from error
        self._algorithm.random_state = self.rng
        self._worth: dict[bytes, Worth] = {}
        self._asked: Any = None  # always a population
        self._answer: Any = None  # the same, or the one individual that was asked for
        self._keys: list[bytes] = []
        self._new: list[bytes] = []

    def _next(self) -> Designs:
        for _ in range(_ATTEMPTS):
            asked = self._algorithm.ask() if self._algorithm.has_next() else None
            if asked is None:
                break
            self._asked, self._answer = asked if isinstance(asked, Population) else Population.create(asked), asked
            if len(self._asked) == 0:
                break
            designs = settled(self, self._asked)
            self._keys = designs.pack()
            first = {key: i for i, key in reversed(list(enumerate(self._keys)))}
            self._new = [key for key in dict.fromkeys(self._keys) if key not in self._worth]
            if self._new:
                return designs.take([first[key] for key in self._new])
            self._tell()
        return self.space.concatenate([])

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        violations, objectives = (np.where(np.isfinite(part), part, FAILED) for part in (violations, objectives))
        worth = list(zip(violations.tolist(), objectives, strict=True))
        self._history.append(worth)
        self._take(worth)

    def _take(self, worth: list[Worth]) -> None:
        self._worth |= dict(zip(self._new, worth, strict=True))
        self._tell()

    def _tell(self) -> None:
        for individual, key in zip(self._asked, self._keys, strict=True):
            violation, individual.F = self._worth[key]
            individual.G = np.array([violation] if self._constrained else [])
            individual.H = np.array([])
            individual.evaluated.update(("F", "G", "H"))
        self._algorithm.evaluator.n_eval += len(self._asked)
        self._algorithm.tell(infills=self._answer)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the algorithm."""
        return {name: value for name, value in vars(self).items() if name not in ("_algorithm", "_asked", "_answer", "_worth")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the algorithm again and tell it all it was told."""
        vars(self).update(state)
        now, pending = copy.deepcopy(self.rng.bit_generator.state), self._told < len(self.generation)
        self.rng.bit_generator.state = self._began
        self._begin()
        for worth in self._history:
            self._next()
            self._take(worth)
        if pending or self._over:
            self._next()
        if self.rng.bit_generator.state != now:
            raise InputError("the algorithm did not go the same way again", field="algorithm", found=self._recipe[0].__name__)
