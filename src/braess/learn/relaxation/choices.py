"""The relaxation of a problem all of whose decisions are choices among options: logits, mixed and priced."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from braess.learn.bilevel import Relaxation, Tensors
from braess.learn.relaxation.mixing import Gates, Mixed, Mixing, Softmax
from braess.learn.relaxation.penalty import Budget, Penalty
from braess.learn.relaxation.selection import Ints, best, likeliest
from braess.problem.evaluations import Floats
from braess.space import Designs

Batch = TypeVar("Batch")
_SPREAD = 1e-3  # standard deviation of first logits, as in DARTS
_LOOKED_AT, _MOST = 4096, 8  # designs whose cost is looked at under a budget; those that are read out


class Choices(Relaxation[Batch]):
    """A relaxation with one row of logits for each choice.

    A method sets the attributes as training goes on.

    Parameters
    ----------
    allowed
        ``[choices, options]``, boolean, at least one option of each choice.
    generator
        Where the first logits come from.

    Attributes
    ----------
    allowed
        What may still be chosen.
    mixing
        How options are weighed when the leader learns.
    sharing
        How options are weighed when the follower learns; ``None``: as when the leader learns.
    penalty
        What the cost adds to the leader's loss; ``None``: nothing.
    """

    def __init__(self, allowed: Tensor, generator: torch.Generator) -> None:
        self.allowed = allowed.clone()
        self.mixing: Mixing = Softmax()
        self.sharing: Mixing | None = None
        self.penalty: Penalty | None = None
        self._first = _SPREAD * torch.randn(allowed.shape, generator=generator)
        self._moved: tuple[Tensor, Tensor] | None = None  # logits before the leader's last move, and what took part in it

    @abstractmethod
    def loss(self, mixed: Mixed, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the loss of a mixture on a batch."""

    @abstractmethod
    def cost(self, shares: Tensor) -> Tensor:
        """Return the expected cost, options being as likely as ``shares`` ``[choices, options]`` say."""

    @abstractmethod
    def read(self, options: Ints) -> Designs:
        """Return the designs that take these options, ``[n, choices]``."""

    def leader(self) -> Tensors:
        """Return the first logits."""
        return {"logits": self._first}

    def upper(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the loss of a mixture, with the price of its cost."""
        mixed = self.mixing(leader["logits"], self.allowed, torch.default_generator)
        self._moved = leader["logits"].detach().clone(), mixed.active
        loss = self.loss(mixed, leader, follower, batch)
        return loss if self.penalty is None else self.penalty(loss, self.cost(mixed.shares))

    def lower(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the loss of a mixture."""
        mixing = self.mixing if self.sharing is None else self.sharing
        return self.loss(mixing(leader["logits"], self.allowed, torch.default_generator), leader, follower, batch)

    def project(self, leader: Tensors) -> None:
        """Leave the probabilities of options that took no part as they were."""
        if isinstance(self.mixing, Gates) and self._moved is not None:
            leader["logits"].copy_(Gates.settle(self._moved[0], leader["logits"], self._moved[1]))

    def designs(self, leader: Mapping[str, Any]) -> Designs:
        """Return the design of the likeliest options; under a budget, the likeliest designs that keep it, if there are any."""
        logits = torch.as_tensor(leader["logits"])
        if isinstance(self.penalty, Budget):
            found = likeliest(logits, self.allowed, _LOOKED_AT)
            kept = found[self.costs(found) <= self.penalty.limit]
            if len(kept):
                return self.read(kept[:_MOST])
        return self.read(best(logits, self.allowed)[None])

    def costs(self, options: Ints) -> Floats:
        """Return the cost of each design that takes these options ``[n, choices]``, ``[n]``."""
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(options), self.allowed.shape[1]).float()
        found: Floats = torch.vmap(self.cost)(one_hot).double().numpy()
        return found
