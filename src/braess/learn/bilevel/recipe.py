"""How leader and follower move: optimisers, learning rates that fall, warm-up, clipping."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from braess.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Optimiser(ABC):
    """What all optimisers have.

    Parameters
    ----------
    rate
        Learning rate in the first epoch.
    floor
        Learning rate that a cosine over all epochs leads to; ``None`` for the same rate always.
    decay
        Weight decay: this much of each tensor is added to its gradient.
    """

    rate: float
    floor: float | None = None
    decay: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        _positive("rate", self.rate)
        _within("decay", self.decay, 0.0, math.inf)
        if self.floor is not None:
            _within("floor", self.floor, 0.0, self.rate)

    def rate_at(self, epoch: int, epochs: int) -> float:
        """Return the learning rate of one epoch of so many."""
        if self.floor is None:
            return self.rate
        return self.floor + 0.5 * (self.rate - self.floor) * (1.0 + math.cos(math.pi * epoch / epochs))

    @abstractmethod
    def over(self, tensors: Iterable[torch.Tensor]) -> torch.optim.Optimizer:
        """Return an optimiser of PyTorch that moves these tensors."""


@dataclass(frozen=True, kw_only=True)
class SGD(Optimiser):
    """Gradient descent, with momentum.

    Parameters
    ----------
    rate, floor, decay
        As in `Optimiser`.
    momentum
        Share of the last step that is added to the next.
    """

    momentum: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        _within("momentum", self.momentum, 0.0, 1.0)

    def over(self, tensors: Iterable[torch.Tensor]) -> torch.optim.Optimizer:
        """Return an optimiser of PyTorch that moves these tensors."""
        return torch.optim.SGD(list(tensors), lr=self.rate, momentum=self.momentum, weight_decay=self.decay)


@dataclass(frozen=True, kw_only=True)
class Adam(Optimiser):
    """Adam.

    Parameters
    ----------
    rate, floor, decay
        As in `Optimiser`.
    betas
        How slowly the means of gradients and of their squares follow.
    """

    betas: tuple[float, float] = (0.9, 0.999)

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        for beta in self.betas:
            _within("betas", beta, 0.0, 1.0 - 1e-9)

    def over(self, tensors: Iterable[torch.Tensor]) -> torch.optim.Optimizer:
        """Return an optimiser of PyTorch that moves these tensors."""
        return torch.optim.Adam(list(tensors), lr=self.rate, betas=self.betas, weight_decay=self.decay)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a training goes.

    Parameters
    ----------
    epochs
        Passes over the lower half.
    leader, follower
        How each moves.
    warmup
        First epochs, in which the follower alone moves.
    clip
        Longest gradient of the follower: longer ones are shortened to it. ``None`` for any length.
    """

    epochs: int
    leader: Optimiser
    follower: Optimiser
    warmup: int = 0
    clip: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        _within("epochs", self.epochs, 1, math.inf)
        _within("warmup", self.warmup, 0, self.epochs)
        if self.clip is not None:
            _positive("clip", self.clip)


def _positive(field: str, value: float) -> None:
    if not 0.0 < value < math.inf:
        raise InputError("impossible value", field=field, found=value, expected="more than 0")


def _within(field: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError("out of range", field=field, found=value, expected=f"from {low:g} to {high:g}")
