"""The running state of `private-gsd`: blocks of generations on the one table, and the choice of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from braess.problem import Evaluations, Incremental, Increments, Problem, capability
from braess.problem.evaluations import Floats
from braess.search._cell_moves import DRAWS, candidates, columns_of, quantiles
from braess.search._generations import Generations
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.private_gsd import PrivateGSD

_FEWEST = 100  # generations in a block
_CHUNK = 128  # generations whose random numbers are drawn at once
_BEHIND = 6.0  # logarithm of the most by which the weights of two operators may differ, so that none is lost
_ROUNDING = 1e-13  # share of the objective below which a gain may be rounding


class Operators:
    """Which operator is used next: exponential weights that grow with improvements, as in EXP3.

    Weights stay within a factor of each other, since an operator that is of no use now may be the only one later.

    Parameters
    ----------
    available
        Operators there are.
    rate, uniform
        As in the settings.
    """

    def __init__(self, available: tuple[int, ...], rate: float, uniform: float) -> None:
        self._available = available
        self._rate = rate
        self._uniform = uniform
        self._weights = np.zeros(len(available))
        self._place = 0

    @property
    def shares(self) -> Floats:
        """Probability of each operator."""
        grown = np.exp(self._weights - self._weights.max())
        shares: Floats = (1.0 - self._uniform) * grown / grown.sum() + self._uniform / len(grown)
        return shares

    def choose(self, draw: float) -> int:
        """Return an operator by a uniform number."""
        sums = np.cumsum(self.shares)
        self._place = min(int(np.searchsorted(sums, draw, side="right")), len(sums) - 1)
        return self._available[self._place]

    def reward(self) -> None:
        """Let the weight of the operator chosen last grow: it improved the table."""
        self._weights[self._place] += self._rate / self.shares[self._place]
        self._weights = np.maximum(self._weights - self._weights.max(), -_BEHIND)


class PrivateGSDRun(Generations):
    """One table that only gets better; each design asked for is what a block of generations made of it.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: PrivateGSD) -> None:
        super().__init__(problem, rng)
        incremental = capability(problem, Incremental)  # type: ignore[type-abstract]
        assert incremental is not None, "private-gsd starts on problems that tell what changes do"
        self._begin = incremental.increments
        self._goal = float(self.signs[0]) * incremental.goal * settings.noise if settings.noise else -np.inf
        self._settings = settings
        self._columns = columns_of(self.space)
        self._block = settings.block or max(_FEWEST, self.space.width // len(self._columns.low))
        self._operators = Operators(self._columns.available, settings.rate, settings.uniform)
        self._state: Increments | None = None
        self._ended = False
        self._accepted: list[float] = []

    def give_start(self, row: Floats) -> None:
        """Begin at a flat design ``[width]`` in place of a random one; only before anything is asked for."""
        self._state = self._begin(row)

    def monitor(self) -> dict[str, Floats]:
        """Return for each design after the first how many candidates were compared for it and how many were accepted."""
        compared = np.full(len(self._accepted), float(self._block * self._settings.candidates))
        return {"candidates for a design": compared, "accepted for a design": np.array(self._accepted)}

    def _next(self) -> Designs:
        if self._state is None:
            designs = self.space.sample(1, self.rng)
            self._state = self._begin(self.space.flatten(designs)[0][0])
            self._ended = float(self.signs[0]) * self._state.value <= self._goal
            return designs
        if self._ended:
            return self.space.sample(0, self.rng)
        before = float(self.signs[0]) * self._state.value
        self._state = self._begin(self._state.row)  # values summed up over a block are computed anew
        self._accepted.append(float(self._run_block(self._state)))
        after = float(self.signs[0]) * self._state.value
        self._ended = after <= self._goal or before - after <= self._settings.tolerance * abs(before)
        return self.space.unflatten(self._state.row[None])

    def _learn(self, evaluations: Evaluations) -> None:
        """Nothing is to be learned: what a block made of the table was known change by change."""

    def _run_block(self, state: Increments) -> int:
        """Carry a block of generations out and return how many improved the table."""
        accepted, sign = 0, float(self.signs[0])
        edges = quantiles(state.row, len(self._columns.low))
        for begun in range(0, self._block, _CHUNK):
            draws = self.rng.random((min(_CHUNK, self._block - begun), self._settings.candidates, DRAWS))
            choices = self.rng.random(len(draws))
            for which, draw in zip(choices.tolist(), draws, strict=True):
                places, values = candidates(state.row, self._columns, edges, self._operators.choose(which), draw)
                changes = sign * state.changes(places, values)
                best = int(changes.argmin())
                if changes[best] < -_ROUNDING * abs(state.value):
                    state.apply(places[best], values[best])
                    self._operators.reward()
                    accepted += 1
                if sign * state.value <= self._goal:
                    return accepted
        return accepted
