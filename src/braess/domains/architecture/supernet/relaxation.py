"""Supernets as a leader and follower: logits choose, shared weights learn, on two halves of the training images."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call

from braess.learn.bilevel import Half, Tensors
from braess.learn.bilevel.network import Data
from braess.learn.relaxation import Mixed
from braess.learn.relaxation.choices import Choices
from braess.learn.relaxation.selection import Ints
from braess.space import Designs

Batch = tuple[Tensor, Tensor]


class SupernetRelaxation(Choices[Batch]):
    """A supernet to train.

    Batch norms take the statistics of each batch, in both losses: running means lag behind operations whose share changes.

    Parameters
    ----------
    module
        Takes images and a mixture (and logits of edges); its weights are the first ones.
    data
        Batches of images and classes of two halves.
    allowed
        ``[choices, options]``, boolean.
    costs
        ``[choices, options]`` what each option adds to the cost.
    base
        The rest of the cost.
    read
        Makes designs of options ``[n, choices]``.
    edges
        Whether edges have logits of their own, one for each choice.
    generator
        Where the first logits come from.
    """

    def __init__(
        self,
        module: nn.Module,
        data: Data,
        allowed: Tensor,
        costs: Tensor,
        base: float,
        read: Callable[[Ints], Designs],
        *,
        edges: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__(allowed, generator)
        self.module = module.train()
        self._data, self._costs, self._base, self._read, self._edges = data, costs, base, read, edges

    def leader(self) -> Tensors:
        """Return the first logits, of options and where asked for of edges."""
        first = super().leader()
        return first | {"edges": torch.zeros(len(self.allowed))} if self._edges else first

    def follower(self) -> Tensors:
        """Return the shared weights."""
        return {name: parameter.detach() for name, parameter in self.module.named_parameters()}

    def buffers(self) -> Tensors:
        """Return the running statistics."""
        return dict(self.module.named_buffers())

    def loss(self, mixed: Mixed, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the cross-entropy of a mixture."""
        return nn.functional.cross_entropy(self.scores(mixed, leader, follower, batch[0]), batch[1])

    def scores(self, mixed: Mixed, leader: Tensors, follower: Tensors, images: Tensor) -> Tensor:
        """Return the scores ``[n, classes]`` of a mixture."""
        given = (images, mixed, leader["edges"]) if self._edges else (images, mixed)
        scores: Tensor = functional_call(self.module, follower, given)
        return scores

    def cost(self, shares: Tensor) -> Tensor:
        """Return the expected cost."""
        return self._base + (shares * self._costs).sum()

    def read(self, options: Ints) -> Designs:
        """Return the designs that take these options."""
        return self._read(options)

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[Batch]:
        """Go once through a half of the images."""
        return self._data.batches(half, generator)
