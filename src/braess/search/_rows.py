"""Designs as rows of a generative model, and what it decodes as designs."""

from __future__ import annotations

import numpy as np
import torch

from braess.learn.vae import Columns
from braess.problem.evaluations import Floats
from braess.space import Binary, Categorical, Space


class Rows:
    """The way from points of the unit cube to rows of `Columns` and back: binaries and categories one-hot, numbers standard.

    Parameters
    ----------
    space
        Of the designs.

    Attributes
    ----------
    columns
        Of the rows.
    """

    def __init__(self, space: Space) -> None:
        kinds = [
            (variable.levels if isinstance(variable, Binary | Categorical) else 0, column)
            for leaf in space.leaves
            for variable in (leaf.variable,)
            for column in range(leaf.columns.start, leaf.columns.stop)
        ]
        categories = sorted(one for one in kinds if one[0])
        self._categories = np.array([column for _, column in categories], dtype=np.int64)
        self._numbers = np.array([column for levels, column in kinds if not levels], dtype=np.int64)
        self._levels = np.array([levels for levels, _ in categories], dtype=np.int64)
        self._width = space.width
        self.columns = Columns(tuple(self._levels.tolist()), len(self._numbers))
        self._mean, self._deviation = np.zeros(len(self._numbers)), np.ones(len(self._numbers))

    def standardise(self, points: Floats) -> None:
        """Let the numbers of these points ``[n, d]`` have mean 0 and variance 1, in all rows from now on."""
        numbers = points[:, self._numbers]
        deviation = numbers.std(axis=0)
        self._mean, self._deviation = numbers.mean(axis=0), np.where(deviation > 0.0, deviation, 1.0)

    def encode(self, points: Floats) -> torch.Tensor:
        """Write points ``[n, d]`` as rows ``[n, width]``."""
        rows = np.zeros((len(points), self.columns.width))
        cells = np.floor(points[:, self._categories] * self._levels).astype(np.int64)
        starts = np.cumsum(self._levels) - self._levels
        np.put_along_axis(rows, np.minimum(cells, self._levels - 1) + starts, 1.0, axis=1)
        rows[:, self.columns.width - len(self._numbers) :] = (points[:, self._numbers] - self._mean) / self._deviation
        return torch.tensor(rows, dtype=torch.float32)

    def decode(self, decoded: torch.Tensor, rng: np.random.Generator | None = None) -> Floats:
        """Return points ``[n, d]`` for what a model decoded, ``[n, width]``: the likeliest categories, or drawn ones."""
        *groups, numbers = self.columns.split(decoded.double())
        points = np.empty((len(decoded), self._width))
        points[:, self._numbers] = np.clip(numbers.numpy() * self._deviation + self._mean, 0.0, 1.0)
        cells = []
        for scores in (group.numpy() for group in groups):
            noise = 0.0 if rng is None else rng.gumbel(size=scores.shape)
            cells.append((scores + noise).argmax(axis=-1))
        if cells:
            points[:, self._categories] = (np.concatenate(cells, axis=1) + 0.5) / self._levels
        return points
