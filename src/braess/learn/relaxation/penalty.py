"""What a cost adds to the loss of a relaxed design: soft prices of several papers, and a budget that is kept exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from braess.errors import InputError


class Penalty(Protocol):
    """A way to let a cost weigh in a loss."""

    def __call__(self, loss: Tensor, cost: Tensor) -> Tensor:
        """Return the loss with the expected cost in it."""

    def after(self, cost: float) -> Penalty:
        """Return the penalty of the next epoch, given the cost at the end of this one."""


AnySoft = TypeVar("AnySoft", bound="_Soft")


@dataclass(frozen=True)
class _Soft:
    """A penalty that stays what it is."""

    def after(self: AnySoft, cost: float) -> AnySoft:  # noqa: ARG002 -- stays as it is
        """Return itself."""
        return self


@dataclass(frozen=True)
class Linear(_Soft):
    """``loss + strength (cost - reference) / reference`` (ProxylessNAS, arXiv:1812.00332, eq. 7, with a reference).

    Parameters
    ----------
    strength
        Price of the whole reference.
    reference
        A cost of the usual size.
    """

    strength: float
    reference: float

    def __call__(self, loss: Tensor, cost: Tensor) -> Tensor:
        """Return the loss with the expected cost in it."""
        return loss + self.strength * (cost - self.reference) / self.reference


@dataclass(frozen=True)
class PowerLog(_Soft):
    """``loss * factor * (log cost / log reference) ^ power``, as ProxylessNAS has it for mobile phones; costs above 1.

    Parameters
    ----------
    reference
        The cost aimed at, above 1.
    factor, power
        How strongly it counts.
    """

    reference: float
    factor: float = 0.2
    power: float = 0.3

    def __call__(self, loss: Tensor, cost: Tensor) -> Tensor:
        """Return the loss with the expected cost in it."""
        return loss * self.factor * (_logarithm(cost) / math.log(self.reference)) ** self.power


@dataclass(frozen=True)
class LogPower(_Soft):
    """``loss * factor * (log cost) ^ power`` (FBNet, arXiv:1812.03443, eq. 2); the power is of the logarithm, costs above 1.

    Parameters
    ----------
    factor, power
        How strongly it counts.
    """

    factor: float = 0.2
    power: float = 0.6

    def __call__(self, loss: Tensor, cost: Tensor) -> Tensor:
        """Return the loss with the expected cost in it."""
        return loss * self.factor * _logarithm(cost) ** self.power


@dataclass(frozen=True)
class Logarithm(_Soft):
    """``loss + strength log cost`` (Single-Path NAS, arXiv:1904.02877, eq. 9).

    Parameters
    ----------
    strength
        Price of a cost that is e times as large.
    """

    strength: float

    def __call__(self, loss: Tensor, cost: Tensor) -> Tensor:
        """Return the loss with the expected cost in it."""
        return loss + self.strength * torch.log(cost)


@dataclass(frozen=True)
class Budget:
    """A cost that must not be more than so much: an augmented Lagrangian, whose multiplier grows until the budget is kept.

    ``loss + (max(0, multiplier + stiffness excess)^2 - multiplier^2) / (2 stiffness)`` with ``excess = cost / limit - 1``
    (Bertsekas 1982, Constrained Optimization and Lagrange Multiplier Methods, section 3.1).

    Parameters
    ----------
    limit
        The budget, above 0.
    stiffness
        Of the quadratic part.
    multiplier
        Price of the whole limit.
    """

    limit: float
    stiffness: float = 10.0
    multiplier: float = 0.0

    def __post_init__(self) -> None:
        """Check what is given."""
        for name in ("limit", "stiffness"):
            if not getattr(self, name) > 0:
                raise InputError("impossible budget", field=name, found=getattr(self, name), expected="more than 0")

    def __call__(self, loss: Tensor, cost: Tensor) -> Tensor:
        """Return the loss with the expected cost in it."""
        pressure = torch.relu(self.multiplier + self.stiffness * (cost / self.limit - 1))
        return loss + (pressure**2 - self.multiplier**2) / (2 * self.stiffness)

    def after(self, cost: float) -> Budget:
        """Return the budget with the multiplier of the next epoch, given the cost at the end of this one."""
        return replace(self, multiplier=max(0.0, self.multiplier + self.stiffness * (cost / self.limit - 1)))


def _logarithm(cost: Tensor) -> Tensor:
    if cost.item() <= 1:
        raise InputError("a cost whose logarithm is not above 0", found=cost.item(), expected="a unit in which costs exceed 1")
    return torch.log(cost)
