"""What a differentiable leader/follower problem is: two losses of the leader's and the follower's tensors, and their data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

import torch

if TYPE_CHECKING:
    from braess.space import Designs

Tensors: TypeAlias = dict[str, torch.Tensor]
Half: TypeAlias = Literal["lower", "upper"]
Batch = TypeVar("Batch")


class Bilevel(ABC, Generic[Batch]):
    """Make ``upper`` small over the leader's tensors, where the follower's tensors make ``lower`` small.

    Both losses are scalars and differentiable, ``lower`` twice where a method asks for it; neither changes what it is given,
    apart from buffers, which a loss may change in place (running means of batch normalisation). Names of the follower's
    tensors and of the buffers differ.
    """

    @abstractmethod
    def leader(self) -> Tensors:
        """Return the tensors that the leader starts from, by name."""

    @abstractmethod
    def follower(self) -> Tensors:
        """Return the tensors that the follower starts from, by name."""

    def buffers(self) -> Tensors:
        """Return what the losses keep beside the follower's tensors, by name; nothing by default."""
        return {}

    @abstractmethod
    def upper(self, leader: Tensors, follower: Tensors, batch: Batch) -> torch.Tensor:
        """Return the leader's loss on a batch of the upper half; ``follower`` has the buffers too."""

    @abstractmethod
    def lower(self, leader: Tensors, follower: Tensors, batch: Batch) -> torch.Tensor:
        """Return the follower's loss on a batch of the lower half; ``follower`` has the buffers too."""

    @abstractmethod
    def batches(self, half: Half, generator: torch.Generator) -> Iterator[Batch]:
        """Go once through a half of the data, in an order that the generator draws."""

    def project(self, leader: Tensors) -> None:
        """Bring the leader's tensors back to where they may be, in place; everything is allowed by default."""

    def state(self) -> Tensors:
        """Return what changes of the problem itself as training goes on, such as a price; nothing by default."""
        return {}

    def restore(self, state: Tensors) -> None:
        """Go on from a state."""


class Relaxation(Bilevel[Batch]):
    """A relaxation of a design problem: any state of the leader can be read out as designs."""

    @abstractmethod
    def designs(self, leader: Tensors, follower: Tensors) -> Designs:
        """Return the designs ``[1 or more]`` that the tensors stand for, the likeliest first."""
