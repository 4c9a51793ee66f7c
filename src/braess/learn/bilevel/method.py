"""What every method is: a frozen dataclass that says how leader and follower move with a few batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from braess.errors import InputError

if TYPE_CHECKING:
    from braess.learn.bilevel.recipe import Recipe
    from braess.learn.bilevel.training import Training


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """How leader and follower move.

    Parameters
    ----------
    inner
        Moves of the follower, each on a batch of its own, for one of the leader.

    Attributes
    ----------
    copies
        Of the follower's tensors that the method moves.
    """

    inner: int = 1
    copies: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        if self.inner < 1:
            raise InputError("too small", field="inner", found=self.inner, expected="at least 1")

    def require(self, recipe: Recipe) -> None:  # noqa: B027 -- a method may leave it as it is
        """Refuse a recipe that the method cannot follow (`InputError`); by default it follows any."""

    def follow(self, training: Training, lower: Sequence[Any], upper: Any) -> None:  # noqa: ARG002 -- others use the upper half
        """Move the follower alone: down the slope of the lower loss, once with each batch."""
        for batch in lower:
            training.descend(training.followers[0], batch)

    @abstractmethod
    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:
        """Move leader and follower with at most ``inner`` batches of the lower half and one of the upper."""
