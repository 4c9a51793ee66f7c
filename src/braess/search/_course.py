"""What changes from epoch to epoch while a mixture of options is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from braess.learn.bilevel import Hook, Training

if TYPE_CHECKING:
    from braess.learn.relaxation.choices import Choices
    from braess.search._mixed import Mixed


class Course(Hook):
    """Sets how options are mixed before each epoch, and what the cost is worth after it.

    Parameters
    ----------
    settings
        Of the search.
    """

    def __init__(self, settings: Mixed) -> None:
        self._settings = settings

    def before_epoch(self, training: Training) -> None:
        """Set the mixing."""
        choices: Choices[Any] = training.problem  # type: ignore[assignment]  # these searches train no other
        choices.mixing = self._settings.mixing(len(training.history))

    def after_epoch(self, training: Training) -> None:
        """Let the price of a limit grow or fall."""
        choices: Choices[Any] = training.problem  # type: ignore[assignment]  # these searches train no other
        if choices.penalty is not None and len(training.history) > training.recipe.warmup:
            logits = training.leader.tensors["logits"].detach().masked_fill(~choices.allowed, -np.inf)
            choices.penalty = choices.penalty.after(choices.cost(logits.softmax(dim=1)).item())
