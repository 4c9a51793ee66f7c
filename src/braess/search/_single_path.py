"""What changes when the weights of superkernels are warm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from braess.learn.bilevel import Hook, Training

if TYPE_CHECKING:
    from braess.search.single_path_nas import SinglePathNAS


class WarmUp(Hook):
    """Drops decisions at random and leaves the cost out as long as the follower alone moves.

    Parameters
    ----------
    settings
        Of the search.
    """

    def __init__(self, settings: SinglePathNAS) -> None:
        self._settings = settings

    def before_epoch(self, training: Training) -> None:
        """Set what is dropped and what the cost counts."""
        warm = len(training.history) >= training.recipe.warmup
        nested: Any = training.problem
        nested.keep = 1.0 if warm else self._settings.keep
        nested.strength = self._settings.strength if warm else 0.0
