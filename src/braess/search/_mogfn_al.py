"""The running state of `MOGFNAL`: an ensemble says what designs may come to, a network draws those that promise most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import moocore
import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn.ensemble import Ensemble, EnsembleRecipe
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.edits import Edits
from braess.learn.gflownet.network import GFlowNet, Shape, balance_loss
from braess.learn.gflownet.ordered import Ordered
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._encoding import Encoding
from braess.search._gain import hypervolume_gain
from braess.search._generations import Generations, scores
from braess.search._new import by_chance, new_designs, new_rows
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.mogfn_al import MOGFNAL

_BASES = 32  # designs of the front that are changed
_DRAWN = 8  # times as many designs as are asked for are drawn to choose from
_REFERENCE = 1.1  # of hypervolumes, where the best of an objective is 0 and the worst of the front 1
_LEAST = 1e-4  # of the largest gain: what counts as none
_ATTEMPTS = 3  # to draw designs that are new


class MOGFNALRun(Generations):
    """A running `MOGFNAL`.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    search
        Its hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, search: MOGFNAL) -> None:
        super().__init__(problem, rng)
        self._search = search
        self._encoding = Encoding(problem.space)
        self._plain = not problem.space.conditional and "permutation" not in problem.space.kinds
        self._known: set[bytes] = set()
        self._designs = self.space.concatenate([])
        self._values: Floats = np.empty((0, len(problem.objectives)))  # [n, m], to be small
        self._constraints: Floats = np.empty((0, len(problem.constraints)))

    def _next(self) -> Designs:
        size = self._search.batch if len(self._values) else self._search.initial
        found = self._promising(size) if len(self._values) else self.space.concatenate([])
        left = size - len(found)

        def draw(_: int) -> Designs:
            return self.repaired(by_chance(self.space, left, self.rng))

        return found if left == 0 else self.space.concatenate([found, new_designs(left, draw, self._known, _ATTEMPTS)])

    def _learn(self, evaluations: Evaluations) -> None:
        violation, values = scores(evaluations, self.signs)
        counted = np.flatnonzero(np.isfinite(violation))
        self._designs = self.space.concatenate([self._designs, self.generation.take(counted)])
        self._values = np.concatenate([self._values, values[counted]])
        self._constraints = np.concatenate([self._constraints, evaluations.constraints[counted]])

    def _promising(self, n: int) -> Designs:
        """Fit the ensemble and a network to what it says, and return the designs drawn that add most, ``n`` at most."""
        told = np.concatenate([self._values, self._constraints], axis=1)
        ensemble = Ensemble(self._rows(self._designs), told, EnsembleRecipe(), self.rng)
        promise = Promise(ensemble, self._values, self._constraints)
        network = self._network(promise)
        drawn = self.space.concatenate([])
        for _ in range(_ATTEMPTS):
            ends = network.sample(_nothing(_DRAWN * n), explore=self._search.explore, rng=self.rng).ends
            drawn = self.space.concatenate([drawn, self.repaired(network.construction.designs(ends))])
        fresh = new_rows(drawn, self._known)
        chosen = promise.choose(self._rows(fresh), n)
        self._known.difference_update(fresh.take(np.setdiff1d(np.arange(len(fresh)), chosen)).pack())
        return fresh.take(chosen)

    def _network(self, promise: Promise) -> GFlowNet:
        """Return a network that draws designs in proportion to a power of what they promise."""
        search = self._search
        construction: Construction = Ordered(self.space, search.digits)
        if self._plain:
            bases = self._designs.take(promise.order[:_BASES])
            construction = Edits(self.space, bases, search.edits, search.digits)
        network = GFlowNet(construction, 0, Shape(search.hidden, rate=search.rate), self.rng)
        nothing, largest = _nothing(search.lesson), 0.0
        for _ in range(search.updates):
            ways = network.sample(nothing, explore=search.explore, rng=self.rng)
            gains = promise.of(self._rows(construction.designs(ways.ends)))
            largest = max(largest, float(gains.max()))
            shares = np.maximum(gains / (largest or 1.0), _LEAST)
            network.update(ways, nothing, balance_loss(search.sharpness * np.log(shares)))
        return network

    def _rows(self, designs: Designs) -> NDArray[np.float32]:
        return np.asarray(self._encoding(torch.tensor(self.space.to_unit(designs))).numpy(), dtype=np.float32)


class Promise:
    """What designs may add to the hypervolume of the front, by an ensemble; where nothing is feasible, how little they violate.

    Parameters
    ----------
    ensemble
        Says what objectives, all to be small, and constraints of designs may come to.
    values, constraints
        ``[n, m]`` and ``[n, k]`` of the designs evaluated.
    """

    def __init__(self, ensemble: Ensemble, values: Floats, constraints: Floats) -> None:
        violation = np.maximum(constraints, 0.0).sum(axis=1)
        self._ensemble = ensemble
        self._feasible = bool((violation == 0.0).any())
        self._objectives = values.shape[1]
        counted = values[violation == 0.0] if self._feasible else violation[:, None]
        best = moocore.is_nondominated(counted, keep_weakly=False)
        self._best, worst = counted.min(axis=0), counted[best].max(axis=0)
        far = np.where(worst > self._best, worst, np.median(counted, axis=0)) - self._best
        self._scale = np.where(far > 0.0, far, 1.0)
        self._front: Floats = self._placed(counted[best])
        self._reference = np.full(len(self._scale), _REFERENCE)
        worth = np.where(violation == 0.0, 0.0, violation + 1.0) if self._feasible else violation
        rank = np.zeros(len(values), dtype=np.int64)
        rank[np.flatnonzero(violation == 0.0) if self._feasible else slice(None)] = ~best
        self.order = np.lexsort((rank, worth))
        """``[n]`` the designs evaluated, those of the front first."""

    def of(self, rows: NDArray[np.float32]) -> Floats:
        """Return what rows ``[n, d]`` are expected to add, ``[n]``: the mean over the members."""
        members = self._said(rows)
        return np.asarray(np.mean([hypervolume_gain(one, self._front, self._reference) for one in members], axis=0))

    def choose(self, rows: NDArray[np.float32], n: int) -> NDArray[np.int64]:
        """Return the places of rows that together add most, one after another, ``n`` at most.

        What is chosen counts as evaluated afterwards, with what each member says of it, so that the next adds something else.
        """
        members = self._said(rows)
        fronts = [self._front] * len(members)
        chosen: list[int] = []
        while len(chosen) < min(n, len(rows)):
            gains = [hypervolume_gain(one, front, self._reference) for one, front in zip(members, fronts, strict=True)]
            total = np.mean(gains, axis=0)
            total[chosen] = -1.0
            chosen.append(int(total.argmax()))
            fronts = [_with(front, one[chosen[-1:]]) for one, front in zip(members, fronts, strict=True)]
        return np.array(chosen, dtype=np.int64)

    def _placed(self, values: Floats) -> Floats:
        return np.asarray((values - self._best) / self._scale)

    def _said(self, rows: NDArray[np.float32]) -> Floats:
        """Return what each member says, ``[members, n, m]``: 0 best known, 1 worst of the front, infinite what violates."""
        told = self._ensemble(rows)
        violation = np.maximum(told[:, :, self._objectives :], 0.0).sum(axis=2, keepdims=True)
        if not self._feasible:
            return self._placed(violation)
        return np.where(violation > 0.0, np.inf, self._placed(told[:, :, : self._objectives]))


def _with(front: Floats, point: Floats) -> Floats:
    joined: Floats = np.concatenate([front, point[np.isfinite(point).all(axis=1)]])
    return np.asarray(joined[moocore.is_nondominated(joined, keep_weakly=False)])


def _nothing(n: int) -> NDArray[np.float32]:
    return np.empty((n, 0), dtype=np.float32)
