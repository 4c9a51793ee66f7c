"""Bayesian optimisation with a prior-fitted network at work: models of everywhere and of a window, in turns."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn.prior_fitted.shipped import shipped
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Bools, Floats
from braess.search._encoding import Encoding
from braess.search._foretold import Foretold
from braess.search._model_based import ModelBased, Told
from braess.search._model_optimum import model_optimum
from braess.search._promising import Box, promising
from braess.search._standard import Standard

if TYPE_CHECKING:
    from braess.search.pfn_bo import PFNBO

_MOST = 160  # rows that a network reads: it was fitted to no more
_ELITE = 5  # of the best designs, which others are made from
_WIDEST, _FIRST, _NARROWEST = 0.5, 0.25, 1e-5  # half the width of the window
_GROWN, _SHRUNK, _PATIENCE = 1.5, 0.5, 2  # after an improvement, after so many failures
_REACH = 3.0  # half widths of the window for the step of an improvement
_AROUND = 2.0  # half widths from the window's centre, up to which rows are read
_ROUNDS, _CHILDREN = 5, 96  # of looks around the best points, each with so many
_AROUND_FIRST, _CLOSER = 0.1, 0.4  # deviation of the first look in sides of the box, and of each against the one before
_MOVED = 3.0  # coordinates that a look changes, on average
_FLAT = 2  # coordinates, up to which looks suffice without the model's own optimum
_PENALTY, _RAISED, _QUIET = 1.0, 1.5, 5  # first weight, and what it grows by after so many evaluations without gain

Promise = Callable[[Floats], Floats]


class PFNBORun(ModelBased):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: PFNBO) -> None:
        super().__init__(problem, rng, initial=settings.initial, batch=settings.batch)
        self._settings = settings
        self._encoding = Encoding(self.space)
        self._within = False
        self._half, self._failures = _FIRST, 0
        self._penalty, self._quiet = _PENALTY, 0

    def _learn(self, evaluations: Evaluations) -> None:
        before = self.told() if self._evaluations else None
        super()._learn(evaluations)
        after = self.told()
        if before is None or after is None:
            return
        gained = _standing(after) < _standing(before)
        self._quiet = 0 if gained else self._quiet + len(evaluations)
        if self._quiet >= _QUIET:
            self._penalty, self._quiet = self._penalty * _RAISED, 0
        if self._within:
            self._failures = 0 if gained else self._failures + 1
            if gained:
                step = float(np.abs(after.best(1) - before.best(1))[0, self.sloped].max())
                self._half = float(np.clip(_REACH * step, self._half * _SHRUNK, min(self._half * _GROWN, _WIDEST)))
            elif self._failures >= _PATIENCE:
                self._half, self._failures = max(self._half * _SHRUNK, _NARROWEST), 0

    def _proposed(self, told: Told, n: int) -> Floats:
        self._within = not self._within and bool(self.sloped.any())
        centre = told.best(1)[0]
        box = Box.unit(self.space.width)
        if self._within:
            half = np.where(self.sloped, self._half, 1.0)
            box = Box(np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0))
        rows = self._read(told, box, centre)
        scale = box.high - box.low
        model = Foretold(shipped("values"), self._encoded((told.points[rows] - box.low) / scale), self._columns(told, rows))
        chosen: list[Floats] = []
        for _ in range(n):
            points = self._best_points(model, self._promise(model, told.feasible[rows], box), told, box)
            chosen.append(points[0])
            if len(chosen) < n:
                model.believe(self._encoded((points[:1] - box.low) / scale)[0])
        return np.concatenate([np.array(chosen), points[1:]])

    def _columns(self, told: Told, rows: NDArray[np.intp]) -> Floats:
        """Return what is foretold, ``[t, n]``, to be made small or kept below 0."""
        objective, constraints = told.objectives[rows, 0], told.constraints[rows]
        if self._settings.acquisition != "penalty" or not constraints.size:
            both: Floats = np.column_stack([objective, constraints]).T
            return both
        units = np.array([Standard.of(column, straight=True).unit for column in told.constraints.T])
        violation = np.square(np.maximum(constraints / units, 0.0)).sum(axis=1)
        penalised: Floats = objective + self._penalty * Standard.of(told.objectives[:, 0], straight=True).unit * violation
        return penalised[None]

    def _read(self, told: Told, box: Box, centre: Floats) -> NDArray[np.intp]:
        """Return the numbers of the evaluations that a model of this box reads."""
        if not self._within:
            if len(told.points) <= _MOST:
                return np.arange(len(told.points))
            order = np.argsort(np.abs(told.points - centre).max(axis=1), kind="stable")
            near = order[: _MOST // 2]
            return np.concatenate([near, self.rng.choice(order[_MOST // 2 :], _MOST - len(near), replace=False)])
        half = np.maximum(box.high - centre, centre - box.low)
        distance = (np.abs(told.points - centre) / np.maximum(half, 1e-12)).max(axis=1)
        order = np.argsort(distance, kind="stable")
        inside = int((distance <= _AROUND).sum())
        return order[: min(max(inside, 2 * self.space.width + 2), _MOST)]

    def _promise(self, model: Foretold, feasible: Bools, box: Box) -> Promise:
        """Return the acquisition as a function of points ``[m, width]``: the logarithm of what is to be made large.

        Parameters
        ----------
        model
            Of the objective and constraints, in the box.
        feasible
            Whether the evaluated rows that it read are; others that it knows count as if they were.
        box
            Of the model.
        """
        acquisition = self._settings.acquisition
        limits = torch.tensor([float(standard(np.zeros(1))[0]) for standard in model.standards[1:]], dtype=torch.float64)
        believed = model.known.shape[1] - len(feasible)
        allowed = model.known[0, np.append(feasible | (acquisition == "penalty"), np.ones(believed, dtype=np.bool_))]
        best = torch.tensor(allowed.min(initial=np.inf))
        spare = math.log(2.0) if acquisition == "cei+" else 0.0
        low, scale = box.low, box.high - box.low

        def promise(points: Floats) -> Floats:
            with torch.no_grad():
                foretold = model(self._encoding(torch.tensor((points - low) / scale)))
                promised = (foretold[1:].log_below(limits[:, None]) + spare).clamp_max(0.0).sum(0)
                if len(allowed):
                    promised = promised + foretold[0].log_improvement(best)
            return np.asarray(promised.numpy())

        return promise

    def _best_points(self, model: Foretold, promise: Promise, told: Told, box: Box) -> Floats:
        """Return points, the most promising first, after having looked ever closer around the best."""
        settings = self._settings
        points = promising(
            self.space,
            promise,
            told.best(_ELITE),
            box=box,
            starts=settings.starts,
            kept=settings.kept,
            repair=self.repaired,
            rng=self.rng,
        )
        if not self.sloped.any():
            return points
        if self.sloped.sum() > _FLAT:
            start = told.best(1)[0] if self._within else points[0]
            points = np.concatenate([points, self._optimum(model, start, box)[None]])
        return self._closer(promise, points, box)

    def _optimum(self, model: Foretold, start: Floats, box: Box) -> Floats:
        """Return the point ``[width]`` that is best by what is foretold, with a deviation to spare below each constraint."""
        low, scale, sloped = box.low, box.high - box.low, self.sloped
        limits = np.array([standard(np.zeros(1)) for standard in model.standards[1:]]).reshape(-1, 1)

        def placed(points: Floats) -> Floats:
            moved = np.tile((start - low) / scale, (len(points), 1))
            moved[:, sloped] = points
            return moved

        def outcomes(points: Floats) -> Floats:
            with torch.no_grad():
                foretold = model(self._encoding(torch.tensor(placed(points))))
                means, spare = foretold.mean().numpy(), foretold[1:].deviation().numpy()
            means[1:] += spare - limits
            return np.asarray(means)

        end: Floats = placed(model_optimum(outcomes, ((start - low) / scale)[sloped])[None])[0]
        return low + scale * end

    def _closer(self, promise: Promise, points: Floats, box: Box) -> Floats:
        """Look around the best points, closer each time, along coordinates with slopes; return as many, the best first."""
        found, spread = promise(points), _AROUND_FIRST * (box.high - box.low)
        moved = np.where(self.sloped, min(1.0, _MOVED / max(int(self.sloped.sum()), 1)), 0.0)
        for _ in range(_ROUNDS):
            parents = points[self.rng.integers(len(points), size=_CHILDREN)]
            steps = spread * self.rng.standard_normal(parents.shape) * (self.rng.random(parents.shape) < moved)
            children = np.clip(parents + steps, box.low, box.high)
            points, found = np.concatenate([points, children]), np.concatenate([found, promise(children)])
            order = np.argsort(-found, kind="stable")[: self._settings.kept]
            points, found, spread = points[order], found[order], _CLOSER * spread
        return points

    def _encoded(self, points: Floats) -> Floats:
        rows: Floats = self._encoding(torch.tensor(points)).numpy()
        return rows


def _standing(told: Told) -> tuple[float, float]:
    """Return what is known of the best design, smaller for better ones: its violation, then its objective."""
    if told.feasible.any():
        return 0.0, float(told.objectives[told.feasible, 0].min())
    return float(np.maximum(told.constraints, 0.0).sum(axis=1).min()), 0.0
