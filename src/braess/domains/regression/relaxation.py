"""The same problems as two losses that gradient methods for leader and follower descend."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from braess.learn.bilevel import Half, Relaxation, Tensors
from braess.space import Designs

if TYPE_CHECKING:
    from braess.domains.regression.problem import DataCleaning, Fitted, RidgePenalties

STEPS = 20  # batches of an epoch, each of all rows
_SPREAD = 0.1  # standard deviation of where the leader starts


class LinearRelaxation(Relaxation[None]):
    """Both losses in double precision, on all rows; the follower starts from coefficients of 0.

    Parameters
    ----------
    problem
        With the data.
    start
        ``[k]`` the leader's one tensor.
    """

    def __init__(self, problem: Fitted, start: np.ndarray[Any, Any]) -> None:
        data = problem.data
        self.problem = problem
        self._start = torch.tensor(start, dtype=torch.float64)
        self._fit = torch.tensor(data.inputs), torch.tensor(data.targets)
        self._held = torch.tensor(data.held_inputs), torch.tensor(data.held_targets)

    @abstractmethod
    def values(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the flat design ``[width]`` that the leader's tensor stands for."""

    @abstractmethod
    def parts(self, values: torch.Tensor) -> tuple[torch.Tensor | float, torch.Tensor | float]:
        """Return weights of rows and penalties of coefficients that a flat design sets."""

    def leader(self) -> Tensors:
        """Return the leader's one tensor."""
        return {"leader": self._start}

    def follower(self) -> Tensors:
        """Return coefficients of 0."""
        return {"coefficients": torch.zeros(self._fit[0].shape[1], dtype=torch.float64)}

    def lower(self, leader: Tensors, follower: Tensors, batch: None) -> torch.Tensor:  # noqa: ARG002 -- all rows always
        """Return the penalised, weighted mean squared error."""
        weights, penalties = self.parts(self.values(leader["leader"]))
        inputs, targets = self._fit
        coefficients = follower["coefficients"]
        return (weights * (inputs @ coefficients - targets).square()).mean() + (penalties * coefficients.square()).sum()

    def upper(self, leader: Tensors, follower: Tensors, batch: None) -> torch.Tensor:  # noqa: ARG002 -- all rows always
        """Return the mean squared error on held rows."""
        inputs, targets = self._held
        return (inputs @ follower["coefficients"] - targets).square().mean()

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[None]:  # noqa: ARG002 -- all rows always
        """Give all rows some times."""
        return iter([None] * STEPS)

    def designs(self, leader: Tensors, follower: Tensors) -> Designs:  # noqa: ARG002 -- the leader says it all
        """Return the design that the leader's tensor stands for."""
        values = self.values(leader["leader"].detach()).numpy()
        space = self.problem.space
        return space.unflatten(np.clip(values, *space.bounds)[None])


class PenaltyRelaxation(LinearRelaxation):
    """The leader holds the logarithms of the penalties."""

    problem: RidgePenalties

    def __init__(self, problem: RidgePenalties, rng: np.random.Generator) -> None:
        self._ends = math.log(problem.low), math.log(problem.high)
        size = problem.data.inputs.shape[1]
        super().__init__(problem, np.full(size, 0.5 * sum(self._ends)) + _SPREAD * rng.standard_normal(size))

    def values(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the penalties."""
        return tensor.exp()

    def parts(self, values: torch.Tensor) -> tuple[torch.Tensor | float, torch.Tensor | float]:
        """Return a weight of 1 and the penalties."""
        return 1.0, values

    def project(self, leader: Tensors) -> None:
        """Keep penalties between the least and the largest."""
        leader["leader"].clamp_(*self._ends)


class WeightRelaxation(LinearRelaxation):
    """The leader holds the logits of the weights."""

    problem: DataCleaning

    def __init__(self, problem: DataCleaning, rng: np.random.Generator) -> None:
        super().__init__(problem, _SPREAD * rng.standard_normal(len(problem.data.targets)))

    def values(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the weights."""
        return tensor.sigmoid()

    def parts(self, values: torch.Tensor) -> tuple[torch.Tensor | float, torch.Tensor | float]:
        """Return the weights and the one penalty."""
        return values, self.problem.penalty
