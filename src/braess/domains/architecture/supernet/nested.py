"""A superkernel as one loss of weights and thresholds, with the logarithm of its runtime in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from braess.domains.architecture.supernet.superkernel import Decisions, Superkernel, decide
from braess.learn.bilevel import Data, Half, Relaxation, Tensors
from braess.learn.relaxation.selection import Ints
from braess.space import Designs

Batch = tuple[Tensor, Tensor]


class SuperkernelRelaxation(Relaxation[Batch]):
    """A superkernel to train; the leader holds thresholds.

    Parameters
    ----------
    module
        Its weights are the first ones.
    data
        Batches of images and classes.
    times
        ``[layers, 5]`` runtime of each block of each layer, in the order of `superkernel.BLOCKS`.
    base
        The rest of the runtime.
    read
        Makes designs of options ``[n, layers]``.

    Attributes
    ----------
    strength
        What the logarithm of the runtime is multiplied by.
    keep
        Each decision is dropped with one minus this probability, as weights warm up; 1: none is.
    """

    def __init__(self, module: Superkernel, data: Data, times: Tensor, base: float, read: Callable[[Ints], Designs]) -> None:
        self.module = module.train()
        self._data, self._times, self._base, self._read = data, times, base, read
        self.strength = 0.0
        self.keep = 1.0

    def leader(self) -> Tensors:
        """Return thresholds of 0, by which everything stays."""
        return {"thresholds": torch.zeros(len(self._times), 3)}

    def follower(self) -> Tensors:
        """Return the first weights."""
        return {name: parameter.detach() for name, parameter in self.module.named_parameters()}

    def buffers(self) -> Tensors:
        """Return running statistics."""
        return dict(self.module.named_buffers())

    def lower(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the cross-entropy, and the price of the runtime."""
        decided = self.decide(leader, follower)
        if self.keep < 1:
            decided = [one.times((torch.rand(3) < self.keep).float()) for one in decided]
        scores: Tensor = functional_call(self.module, follower, (batch[0], decided))
        loss = nn.functional.cross_entropy(scores, batch[1])
        return loss + self.strength * torch.log(self.runtime(decided)) if self.strength else loss

    def upper(self, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the cross-entropy."""
        scores: Tensor = functional_call(self.module, follower, (batch[0], self.decide(leader, follower)))
        return nn.functional.cross_entropy(scores, batch[1])

    def decide(self, leader: Tensors, follower: Tensors) -> list[Decisions]:
        """Return what is decided in each layer."""
        return [
            decide(follower[f"layers.{i}.depthwise.weight"], leader["thresholds"][i], skippable=layer.skippable)
            for i, layer in enumerate(self.module.blocks())
        ]

    def runtime(self, decided: list[Decisions]) -> Tensor:
        """Return the runtime of what is decided."""
        times = [one.runtime(row) for one, row in zip(decided, self._times, strict=True)]
        return self._base + torch.stack(times).sum()

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[Batch]:
        """Go once through a half of the images."""
        return self._data.batches(half, generator)

    def designs(self, leader: Tensors, follower: Tensors) -> Designs:
        """Return the design that is decided."""
        with torch.no_grad():
            return self._read(np.array([[one.option() for one in self.decide(leader, follower)]]))
