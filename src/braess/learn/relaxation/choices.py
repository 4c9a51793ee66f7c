"""The relaxation of a problem all of whose decisions are choices among options: logits, mixed and priced."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

import torch
from torch import Tensor

from braess.errors import InputError
from braess.learn.bilevel import Relaxation, Tensors, Training
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
    limit
        The most that the cost may be; ``None``: nobody says.
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
    inputs
        0: all choices stay. Else each node keeps so many of the choices that lead to it, the strongest; the others take the
        option that passes nothing on.
    draws
        0: the leader's gradient runs through the mixture. Else it is the score function's (Williams 1992,
        doi:10.1007/BF00992696) over so many draws, 2 at least, each compared with the mean of the others.
    """

    def __init__(self, allowed: Tensor, limit: float | None, generator: torch.Generator) -> None:
        self.allowed, self.limit = allowed.clone(), limit
        self.mixing: Mixing = Softmax()
        self.sharing: Mixing | None = None
        self.penalty: Penalty | None = None
        self.inputs = 0
        self.draws = 0
        self._first: Tensors = {"logits": _SPREAD * torch.randn(allowed.shape, generator=generator)}
        self._from: tuple[Tensors, Tensors] | None = None  # the follower's tensors and buffers, where it is not fresh
        self._moved: tuple[Tensor, Tensor] | None = None  # logits before the leader's last move, and what took part in it

    @property
    @abstractmethod
    def priced(self) -> bool:
        """Whether designs have a cost."""

    @abstractmethod
    def loss(self, mixed: Mixed, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the loss of a mixture on a batch."""

    @abstractmethod
    def cost(self, shares: Tensor) -> Tensor:
        """Return the expected cost, options being as likely as ``shares`` ``[choices, options]`` say."""

    @abstractmethod
    def read(self, options: Ints) -> Designs:
        """Return the designs that take these options, ``[n, choices]``."""

    @abstractmethod
    def fresh(self) -> tuple[Tensors, Tensors]:
        """Return tensors and buffers of a follower that has learned nothing."""

    def own(self, choice: int) -> list[str]:  # noqa: ARG002 -- of those that have some
        """Return the names of the follower's tensors that belong to the options of one choice; none by default."""
        return []

    def begin_from(self, training: Training, *, follower: bool = True) -> None:
        """Let another training start where one is, or its leader alone."""
        self._first = {name: tensor.detach().clone() for name, tensor in training.leader.tensors.items()}
        if follower:
            mover = training.followers[0]
            self._from = tuple(  # type: ignore[assignment]  # two of them
                {name: tensor.detach().clone() for name, tensor in tensors.items()}
                for tensors in (mover.tensors, mover.buffers)
            )

    def leader(self) -> Tensors:
        """Return the first logits."""
        return self._first

    def follower(self) -> Tensors:
        """Return what the follower starts from."""
        return (self._from or self.fresh())[0]

    def buffers(self) -> Tensors:
        """Return what the losses keep besides."""
        return (self._from or self.fresh())[1]

    def upper(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the loss of a mixture, with the price of its cost."""
        if self.draws:
            return self._scored(leader, follower, batch)
        mixed = self.mixing(leader["logits"], self.allowed, torch.default_generator)
        self._moved = leader["logits"].detach().clone(), mixed.active
        return self._priced(mixed, leader, follower, batch)

    def lower(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the loss of a mixture."""
        mixing = self.mixing if self.sharing is None else self.sharing
        return self.loss(mixing(leader["logits"], self.allowed, torch.default_generator), leader, follower, batch)

    def _priced(self, mixed: Mixed, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        loss = self.loss(mixed, leader, follower, batch)
        return loss if self.penalty is None else self.penalty(loss, self.cost(mixed.shares))

    def _scored(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return a loss whose slope by the logits estimates that of the expected loss of a draw."""
        losses, chances = [], []
        for _ in range(self.draws):
            logits = leader["logits"]
            drawn = Gates(1)(logits, self.allowed, torch.default_generator)
            design = Mixed(drawn.weights.detach(), drawn.active, drawn.active.to(logits.dtype))
            with torch.no_grad():
                losses.append(self._priced(design, leader, follower, batch))
            chances.append((torch.log_softmax(logits.masked_fill(~self.allowed, -torch.inf), dim=1)[drawn.active]).sum())
        found = torch.stack(losses)
        others = (found.sum() - found) / (self.draws - 1)
        return ((found - others) * torch.stack(chances)).mean() + found.mean()

    def project(self, leader: Tensors) -> None:
        """Leave the probabilities of options that took no part as they were."""
        if isinstance(self.mixing, Gates) and not self.draws and self._moved is not None:
            leader["logits"].copy_(Gates.settle(self._moved[0], leader["logits"], self._moved[1]))

    def designs(self, leader: Tensors, follower: Tensors) -> Designs:  # noqa: ARG002 -- the logits say it all
        """Return the design of the likeliest options, or of strong inputs; under a limit, the likeliest within it, if any."""
        logits = leader["logits"].detach()
        if self.inputs:
            return self.read(self.strongest(leader)[None])
        if isinstance(self.penalty, Budget):
            found = likeliest(logits, self.allowed, _LOOKED_AT)
            kept = found[self.costs(found) <= self.penalty.limit]
            if len(kept):
                return self.read(kept[:_MOST])
        return self.read(best(logits, self.allowed)[None])

    def strongest(self, leader: Tensors) -> Ints:  # noqa: ARG002 -- for those that have nodes
        """Return options ``[choices]`` by which each node keeps its strongest inputs; `InputError` where there are no nodes."""
        raise InputError("these choices lead to no nodes", field="inputs", found=self.inputs, expected="0")

    def costs(self, options: Ints) -> Floats:
        """Return the cost of each design that takes these options ``[n, choices]``, ``[n]``."""
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(options), self.allowed.shape[1]).float()
        found: Floats = torch.vmap(self.cost)(one_hot).double().numpy()
        return found

    def budget(self, stiffness: float) -> Budget:
        """Return the penalty that keeps the cost below its limit; `InputError` where there is no limit."""
        if self.limit is None:
            raise InputError("there is no limit to keep", field="cost", expected="a problem with a budget as a constraint")
        return Budget(self.limit, stiffness)

    def state(self) -> Tensors:
        """Return what may still be chosen, and the price of the limit."""
        multiplier = self.penalty.multiplier if isinstance(self.penalty, Budget) else 0.0
        return {"allowed": self.allowed.clone(), "multiplier": torch.tensor(multiplier, dtype=torch.float64)}

    def restore(self, state: Tensors) -> None:
        """Go on from a state."""
        self.allowed = state["allowed"].clone()
        if isinstance(self.penalty, Budget):
            self.penalty = Budget(self.penalty.limit, self.penalty.stiffness, state["multiplier"].item())
