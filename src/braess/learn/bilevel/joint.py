"""One level: leader and follower descend one loss together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from braess.learn.bilevel.method import Method

if TYPE_CHECKING:
    from braess.learn.bilevel.training import Training


@dataclass(frozen=True, kw_only=True)
class Joint(Method):
    """Leader and follower move down the slopes of the lower loss, on the same batches; the upper half is not used.

    What Single-Path NAS does (Stamoulis et al. 2019, arXiv:1904.02877, section 3.2). The leader is led by data that the
    follower was fitted to.

    Parameters
    ----------
    inner
        As in `Method`.
    """

    def step(self, training: Training, lower: Sequence[Any], upper: Any) -> None:  # noqa: ARG002 -- one loss is all there is
        """Move the follower with each batch, and with the last one the leader too."""
        follower, leader = training.followers[0], training.leader.leaves
        for batch in lower[:-1]:
            training.descend(follower, batch)
        gradient = training.gradient("lower", follower.tensors | follower.buffers, lower[-1], [*leader, *follower.leaves])
        follower.move(gradient[len(leader) :], training.recipe.clip)
        training.lead(gradient[: len(leader)])
