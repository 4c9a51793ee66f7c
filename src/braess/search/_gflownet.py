"""The loop of searches with a generative flow network: designs drawn from it, evaluated once, and learned from ever after."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from braess.learn.gflownet.named import construction_of
from braess.learn.gflownet.network import GFlowNet, Loss, Shape
from braess.learn.gflownet.slots import Ints
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations, scores
from braess.search._gflownet_settings import GFlowNetSearch
from braess.search._new import by_chance, new_designs
from braess.space import Designs

_ATTEMPTS = 4  # to draw designs that are new


class GFlowNetRun(Generations):
    """A running search with a generative flow network.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    search
        Its hyper-parameters.
    condition
        Numbers that make up a condition of the network.
    flow_rate
        Learning rate of the size of the flow.
    """

    def __init__(
        self, problem: Problem, rng: np.random.Generator, search: GFlowNetSearch, *, condition: int, flow_rate: float
    ) -> None:
        super().__init__(problem, rng)
        self.construction = construction_of(problem.space, search.construction, search.digits)
        shape = Shape(search.hidden, search.layers, search.rate, flow_rate)
        self.network = GFlowNet(self.construction, condition, shape, rng)
        self.batch, self.updates, self.explore = search.batch, search.updates, search.explore
        self.states = self.construction.start(0)  # [n, s] of all designs evaluated, as near as they can be built
        self.violation: Floats = np.empty(0)
        self.values: Floats = np.empty((0, len(problem.objectives)))  # [n, m], to be small, infinite where it failed
        self._known: set[bytes] = set()

    @abstractmethod
    def conditions(self, n: int) -> NDArray[np.float32]:
        """Draw the conditions ``[n, condition]`` that designs are to be asked for under."""

    @abstractmethod
    def lesson(self, fresh: Ints) -> tuple[Ints, NDArray[np.float32], Loss]:
        """Choose what one step of learning is from, those evaluated last being ``fresh``.

        Returns
        -------
        rows, conditions, loss
            ``[k]`` of the designs evaluated, ``[k, condition]``, and what is to be small.
        """

    def _next(self) -> Designs:
        def draw(attempt: int) -> Designs:
            learned = len(self.states) > 0 and attempt < _ATTEMPTS - 1
            return self.repaired(self._drawn() if learned else by_chance(self.space, self.batch, self.rng))

        return new_designs(self.batch, draw, self._known, _ATTEMPTS)

    def _drawn(self) -> Designs:
        ways = self.network.sample(self.conditions(self.batch), explore=self.explore, rng=self.rng)
        return self.construction.designs(ways.ends)

    def _learn(self, evaluations: Evaluations) -> None:
        violation, values = scores(evaluations, self.signs)
        fresh = np.arange(len(violation)) + len(self.violation)
        self.states = np.concatenate([self.states, self.construction.states(self.generation)])
        self.violation = np.concatenate([self.violation, violation])
        self.values = np.concatenate([self.values, values])
        if not np.isfinite(self.violation).any():
            return
        for _ in range(self.updates):
            rows, conditions, loss = self.lesson(fresh)
            self.network.update(self.network.replay(self.states[rows], self.rng), conditions, loss)
