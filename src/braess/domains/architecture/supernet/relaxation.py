"""Supernets as a leader and follower: logits choose, shared weights learn, on two halves of the training images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from braess.domains.architecture.supernet.cell import edge_shares
from braess.learn.bilevel import Half, Tensors
from braess.learn.bilevel.network import Data
from braess.learn.relaxation import Mixed, strongest_inputs
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
        ``[choices, options]`` what each option adds to the cost; ``None``: there is none.
    base
        The rest of the cost.
    read
        Makes designs of options ``[n, choices]``.
    part
        What is in the name of every weight that belongs to an option of a choice, given its number.
    edges
        Whether edges have logits of their own, one for each choice.
    nodes
        Node that each choice leads to, and the option that passes nothing on; ``None``: there are no nodes.
    limit
        The most that the cost may be.
    generator
        Where the first logits come from.
    """

    def __init__(
        self,
        module: nn.Module,
        data: Data,
        allowed: Tensor,
        costs: Tensor | None,
        base: float,
        read: Callable[[Ints], Designs],
        part: str,
        *,
        edges: bool = False,
        nodes: tuple[Sequence[int], int] | None = None,
        limit: float | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__(allowed, limit, generator)
        self.module = module.train()
        self._data, self._costs, self._base, self._read, self._part, self._edges = data, costs, base, read, part, edges
        self._nodes = nodes
        if edges:
            self._first["edges"] = torch.zeros(len(allowed))

    @property
    def priced(self) -> bool:
        """Whether designs have a cost."""
        return self._costs is not None

    def fresh(self) -> tuple[Tensors, Tensors]:
        """Return the first weights, and running statistics."""
        weights = {name: parameter.detach() for name, parameter in self.module.named_parameters()}
        return weights, dict(self.module.named_buffers())

    def own(self, choice: int) -> list[str]:
        """Return the names of the weights that belong to the options of one choice."""
        part = self._part.format(choice)
        return [name for name, _ in self.module.named_parameters() if part in f".{name}"]

    def loss(self, mixed: Mixed, leader: Tensors, follower: Tensors, batch: Batch) -> Tensor:
        """Return the cross-entropy of a mixture."""
        return nn.functional.cross_entropy(self.scores(mixed, leader, follower, batch[0]), batch[1])

    def scores(self, mixed: Mixed, leader: Tensors, follower: Tensors, images: Tensor) -> Tensor:
        """Return the scores ``[n, classes]`` of a mixture."""
        given = (images, mixed, leader["edges"]) if self._edges else (images, mixed)
        scores: Tensor = functional_call(self.module, follower, given)
        return scores

    def strongest(self, leader: Tensors) -> Ints:
        """Return the options ``[choices]`` where each node keeps its strongest inputs.

        An edge is as strong as its likeliest option other than that which passes nothing on, times its share of the node where
        edges have logits (arXiv:1806.09055, section 2.4; arXiv:1907.05737, section 3.2).
        """
        if self._nodes is None:
            return super().strongest(leader)
        targets, none = self._nodes
        shares = leader["logits"].detach().masked_fill(~self.allowed, -torch.inf).softmax(dim=1)
        if self._edges:
            shares = shares * edge_shares(leader["edges"].detach())[:, None]
        options, kept = strongest_inputs(shares.double().numpy(), targets, self.inputs, none)
        options[np.setdiff1d(np.arange(len(options)), kept)] = none
        return options

    def cost(self, shares: Tensor) -> Tensor:
        """Return the expected cost."""
        return torch.zeros(()) if self._costs is None else self._base + (shares * self._costs).sum()

    def read(self, options: Ints) -> Designs:
        """Return the designs that take these options."""
        return self._read(options)

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[Batch]:
        """Go once through a half of the images."""
        return self._data.batches(half, generator)
