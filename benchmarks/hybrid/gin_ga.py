"""GIN-GA as Madadi and Correia (2023, arXiv:2303.06024) have published it, to compare with.

Their genetic algorithm with the settings of their code, whole generations at once, on what their network predicts; the best
twenty of the last generation are solved, and the best of these that is allowed is what it has found.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.road import LaneAddition, LaneSwap
from braess.learn import Model
from braess.learn.surrogate import Surrogate

_POPULATION, _SOLVED, _PENALTY, _CROSSING = 128, 20, 500.0, 0.5
_RESERVE = 1.5  # solves of the last designs that the time limit leaves time for, as measured

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """Shares of the best and of all parents in a population, and the probability that a decision mutates."""

    elite: float
    parents: float
    mutation: float
    best_is_parent: bool


ADDITION = Settings(elite=0.3, parents=0.4, mutation=0.05, best_is_parent=False)
SWAP = Settings(elite=0.4, parents=0.5, mutation=0.02, best_is_parent=True)


class _Predicted:
    """What designs are worth by the network: total travel time, and a penalty for what they cost beyond the budget."""

    def __init__(self, problem: LaneAddition | LaneSwap, network: Model) -> None:
        self._problem, self._surrogate = problem, Surrogate(problem, network)

    def worth(self, rows: Floats) -> Floats:
        """Return what to make small, ``[n]``."""
        problem, designs = self._problem, self._problem.space.unflatten(rows)
        total: Floats = self._surrogate.predict(designs)[0].objectives[:, 0]
        if problem.budget is None:
            return total
        return total + _PENALTY * np.maximum(problem.construction_cost(designs) - problem.budget, 0.0)


def gin_ga(problem: LaneAddition | LaneSwap, network: Model, *, seed: int, seconds: float) -> dict[str, Any]:
    """Search on predictions, solve the twenty best of the last generation, and return the best of these that is allowed.

    Where none is, that is the design that changes nothing.
    """
    began = time.monotonic()
    rng, space = np.random.default_rng(seed), problem.space
    predictor = _Predicted(problem, network)
    settings = ADDITION if isinstance(problem, LaneAddition) else SWAP
    low, high = space.bounds
    share = 0.5 if problem.budget is None else problem.budget / float(problem.cost.sum())
    rows = _first(low, high, share, rng)
    worth = predictor.worth(rows)
    before = time.monotonic()
    problem.evaluate(space.unflatten(rows[:1]))
    reserve = _RESERVE * _SOLVED * (time.monotonic() - before)
    predicted = len(rows)
    while time.monotonic() - began < seconds - reserve:
        order = np.argsort(worth, kind="stable")
        rows, worth = rows[order], worth[order]
        parents = _parents(rows, settings, rng)
        children = _children(parents, len(rows) - len(parents), low, high, settings, rng)
        rows = _without_copies(np.concatenate([parents, children]), low, high, share, rng)
        worth = predictor.worth(rows)
        predicted += len(rows)
    order = np.argsort(worth, kind="stable")[:_SOLVED]
    designs = space.unflatten(rows[order])
    solved = problem.evaluate(designs)
    best = int(np.argmin(np.where(solved.feasible, solved.objectives[:, 0], np.inf)))
    allowed = bool(solved.feasible[best])
    exact = float(solved.objectives[best, 0])
    return {
        "best": designs.take([best]) if allowed else space.unflatten(np.zeros((1, rows.shape[1]))),
        "evaluations": len(order),
        "seconds": time.monotonic() - began,
        "predicted": predicted,
        "error": (float(worth[order[best]]) - exact) / exact,
    }


def _first(low: Floats, high: Floats, share: float, rng: np.random.Generator) -> Floats:
    """Return nothing, everything, the opposite of everything where there is one, and random designs."""
    rows = _random(_POPULATION, low, high, share, rng)
    rows[0], rows[1] = np.zeros_like(low), high
    if (low < 0).any():
        rows[2] = low
    return rows


def _random(n: int, low: Floats, high: Floats, share: float, rng: np.random.Generator) -> Floats:
    """Return designs ``[n, k]``: binaries are 1 with the share of the budget, other integers uniform."""
    binary = (low == 0) & (high == 1)
    drawn = rng.integers(low.astype(np.int64), high.astype(np.int64), size=(n, len(low)), endpoint=True)
    return np.where(binary, rng.random((n, len(low))) < share, drawn).astype(np.float64)


def _parents(rows: Floats, settings: Settings, rng: np.random.Generator) -> Floats:
    """Return the parents, which survive: the best, and others by rank; ``rows`` are best first."""
    best, n = int(settings.elite * len(rows)), int(settings.parents * len(rows))
    rest = np.arange(best, len(rows))
    chance = np.arange(len(rest), 0, -1, dtype=np.float64)
    return np.concatenate([rows[:best], rows[rng.choice(rest, size=n - best, p=chance / chance.sum())]])


def _children(parents: Floats, n: int, low: Floats, high: Floats, settings: Settings, rng: np.random.Generator) -> Floats:
    """Return ``n`` children of parents of which each takes part with probability one half."""
    taking_part = np.flatnonzero(rng.random(len(parents)) < _CROSSING)
    taking_part = taking_part if len(taking_part) else np.arange(len(parents))
    first, second = rng.choice(taking_part, size=(2, (n + 1) // 2))
    if settings.best_is_parent:
        first[:] = 0
    swapped = rng.random((len(first), parents.shape[1])) < 0.5
    one, other = parents[first], parents[second]
    children = np.concatenate([np.where(swapped, other, one), np.where(swapped, one, other)])[:n]
    hit = rng.random(children.shape) < settings.mutation
    drawn = rng.integers(low.astype(np.int64), high.astype(np.int64), size=children.shape, endpoint=True)
    return np.where(hit, drawn, children)


def _without_copies(rows: Floats, low: Floats, high: Floats, share: float, rng: np.random.Generator) -> Floats:
    """Return the designs, random ones in place of copies."""
    _, first = np.unique(rows, axis=0, return_index=True)
    copies = np.setdiff1d(np.arange(len(rows)), first)
    rows[copies] = _random(len(copies), low, high, share, rng)
    return rows
