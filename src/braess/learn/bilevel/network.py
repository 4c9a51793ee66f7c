"""A PyTorch module whose parameters are parted between leader and follower, and its data in two halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch.func import functional_call

from braess.errors import InputError
from braess.learn.bilevel.problem import Bilevel, Half, Tensors


class Data(Protocol):
    """Where batches of two halves of the data come from."""

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Go once through a half: inputs and targets, in an order that the generator draws."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Inputs and targets in memory, in two halves.

    Parameters
    ----------
    inputs, targets
        ``[n, ...]`` each.
    lower, upper
        Rows of each half.
    size
        Rows of a batch. What is left of a half after whole batches is left out of a pass; a smaller half is one batch.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    lower: torch.Tensor
    upper: torch.Tensor
    size: int

    def __post_init__(self) -> None:
        """Check the sizes."""
        if len(self.inputs) != len(self.targets):
            counts = len(self.targets), len(self.inputs)
            raise InputError("not one target for each input", field="targets", found=counts[0], expected=str(counts[1]))
        if self.size < 1 or not len(self.lower) or not len(self.upper):
            found = (len(self.lower), len(self.upper), self.size)
            raise InputError("impossible halves", field="lower, upper, size", found=found, expected="at least 1 each")

    @classmethod
    def split(
        cls, inputs: torch.Tensor, targets: torch.Tensor, *, share: float, size: int, generator: torch.Generator
    ) -> Halves:
        """Part rows at random, such that this share of them is the lower half."""
        if not 0.0 < share < 1.0:
            raise InputError("out of range", field="share", found=share, expected="between 0 and 1")
        rows = torch.randperm(len(inputs), generator=generator)
        first = round(share * len(rows))
        return cls(inputs, targets, rows[:first], rows[first:], size)

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Go once through a half, in an order that the generator draws."""
        rows = self.lower if half == "lower" else self.upper
        rows = rows[torch.randperm(len(rows), generator=generator)]
        for start in range(0, max(len(rows) - self.size, 0) + 1, self.size):
            chosen = rows[start : start + self.size]
            yield self.inputs[chosen], self.targets[chosen]


class Network(Bilevel[tuple[torch.Tensor, torch.Tensor]]):
    """A module with parameters of the leader, such as the weights of mixed operations; the others are the follower's.

    The module is a pattern: its tensors are where both start from, and they stay as they are. Subclasses may add to ``upper``
    what designs cost besides, such as latency.

    Parameters
    ----------
    module
        Takes inputs.
    leader
        Names of the leader's parameters.
    loss
        Of outputs and targets, such as `torch.nn.functional.cross_entropy`.
    data
        Where batches come from.
    mode
        How batch normalisation and dropout behave in the upper loss. ``"train"``: statistics of the batch, as DARTS does, since
        running means lag behind operations whose share changes; ``"eval"``: running means.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        leader: Sequence[str],
        loss: Callable[[Any, torch.Tensor], torch.Tensor],
        data: Data,
        *,
        mode: Literal["train", "eval"] = "train",
    ) -> None:
        names = dict(module.named_parameters())
        foreign = sorted(set(leader) - set(names))
        if foreign or not leader or len(set(leader)) == len(names):
            raise InputError(
                "leader and follower need parameters of the module each", field="leader", found=foreign or sorted(leader)
            )
        if mode not in ("train", "eval"):
            raise InputError("unknown option", field="mode", found=mode, expected="train or eval")
        self.module, self.loss, self.data, self.mode = module, loss, data, mode
        self._leader = tuple(leader)

    def leader(self) -> Tensors:
        """Return the leader's parameters of the module."""
        names = dict(self.module.named_parameters())
        return {name: names[name].detach() for name in self._leader}

    def follower(self) -> Tensors:
        """Return the other parameters of the module."""
        names = self.module.named_parameters()
        return {name: parameter.detach() for name, parameter in names if name not in self._leader}

    def buffers(self) -> Tensors:
        """Return the buffers of the module."""
        return dict(self.module.named_buffers())

    def outputs(self, leader: Tensors, follower: Tensors, inputs: torch.Tensor, *, training: bool) -> Any:
        """Return what the module makes of inputs with these tensors."""
        if self.module.training != training:
            self.module.train(training)
        return functional_call(self.module, leader | follower, (inputs,))

    def upper(self, leader: Tensors, follower: Tensors, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Return the loss on a batch of the upper half."""
        return self.loss(self.outputs(leader, follower, batch[0], training=self.mode == "train"), batch[1])

    def lower(self, leader: Tensors, follower: Tensors, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Return the loss on a batch of the lower half."""
        return self.loss(self.outputs(leader, follower, batch[0], training=True), batch[1])

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Go once through a half of the data."""
        return self.data.batches(half, generator)
