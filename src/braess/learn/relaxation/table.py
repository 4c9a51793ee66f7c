"""The relaxation of a table: what a supernet would be whose follower has answered already."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from braess.learn.bilevel import Half, Tensors
from braess.learn.relaxation.choices import Choices
from braess.learn.relaxation.mixing import Mixed
from braess.learn.relaxation.multilinear import expectation
from braess.learn.relaxation.selection import Ints
from braess.space import Designs


class TableRelaxation(Choices[None]):
    """The expectation of measured values over independent choices; there is nothing for a follower to learn.

    Parameters
    ----------
    values
        ``[options, ..., options]``, one axis for each choice, to be small.
    costs
        Of the same shape; ``None``: there are none.
    read
        Makes designs of options ``[n, choices]``.
    steps
        Of an epoch.
    limit
        The most that the cost may be.
    generator
        Where the first logits come from.
    """

    def __init__(
        self,
        values: Tensor,
        costs: Tensor | None,
        read: Callable[[Ints], Designs],
        *,
        steps: int,
        limit: float | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__(torch.ones(values.ndim, values.shape[0], dtype=torch.bool), limit, generator)
        self._values, self._costs, self._read, self._steps = values, costs, read, steps

    @property
    def priced(self) -> bool:
        """Whether designs have a cost."""
        return self._costs is not None

    def fresh(self) -> tuple[Tensors, Tensors]:
        """Return one number that nothing depends on."""
        return {"nothing": torch.zeros(())}, {}

    def loss(self, mixed: Mixed, leader: Tensors, follower: Tensors, batch: None) -> Tensor:  # noqa: ARG002 -- a table has all
        """Return the expected value."""
        return expectation(self._values, mixed.weights)

    def cost(self, shares: Tensor) -> Tensor:
        """Return the expected cost, 0 where there are none."""
        return torch.zeros(()) if self._costs is None else expectation(self._costs, shares)

    def read(self, options: Ints) -> Designs:
        """Return the designs that take these options."""
        return self._read(options)

    def batches(self, half: Half, generator: torch.Generator) -> Iterator[None]:  # noqa: ARG002 -- there are no data
        """Count the steps of an epoch."""
        return iter([None] * self._steps)
