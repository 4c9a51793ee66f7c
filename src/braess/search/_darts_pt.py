"""The running state of perturbation-based selection: the mixture trains, then choices are decided one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from braess.learn.bilevel import Training, drawing_from
from braess.learn.relaxation import decided
from braess.problem import Problem
from braess.search._relaxed_run import RelaxedRun
from braess.space import Designs

if TYPE_CHECKING:
    from braess.learn.relaxation.choices import Choices
    from braess.search.darts_pt import DARTSPT


class DARTSPTRun(RelaxedRun):
    """A search at work.

    Parameters
    ----------
    problem, rng, settings
        As in `RelaxedRun`.
    """

    settings: DARTSPT

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: DARTSPT) -> None:
        super().__init__(problem, rng, settings)
        self._order: list[int] = rng.permutation(len(self.choices.allowed)).tolist()
        self._decided = 0

    @property
    def choices(self) -> Choices[Any]:
        """The mixture that is trained."""
        choices: Choices[Any] = self.training.problem  # type: ignore[assignment]  # it trains no other
        return choices

    def _next(self) -> Designs:
        found = super()._next()
        while len(found) == 0 and self._decided < len(self._order):
            self._decide(self._order[self._decided])
            self._decided += 1
            if self._decided == len(self._order):
                found = self._fresh(self.settings.read(self.training, self.rng))
        return found

    def _decide(self, choice: int) -> None:
        """Keep one option of a choice, and train on."""
        self.choices.allowed = decided(self.choices.allowed, choice, self._losses(choice))
        if self.settings.tuning:
            self._tune()

    def _losses(self, choice: int) -> list[float]:
        """Return the loss on the upper half without each option that is still allowed."""
        training, choices = self.training, self.choices
        generator = torch.Generator().manual_seed(int(self.rng.integers(2**62)))
        batches = list(choices.batches("upper", generator))
        leader, follower = training.leader.tensors, training.followers[0]
        with torch.no_grad(), drawing_from(generator):
            mixed = choices.mixing(leader["logits"], choices.allowed, generator)
            return [
                sum(choices.loss(mixed.without(choice, option), leader, follower.scratch(), batch).item() for batch in batches)
                for option in torch.nonzero(choices.allowed[choice]).ravel().tolist()
            ]

    def _tune(self) -> None:
        """Train what is still allowed for some epochs."""
        settings, done = self.settings, self.training
        self.choices.begin_from(done)
        recipe = settings.recipe()
        slower = replace(recipe.follower, rate=settings.tuning_share * recipe.follower.rate, floor=None)
        warmup = settings.tuning if settings.fixed else 0
        recipe = replace(recipe, epochs=settings.tuning, warmup=warmup, follower=slower)
        self.training = Training(self.choices, done.method, recipe, self.rng, done.hooks)
        while not self.training.over:
            self.training.advance()
        self.training.history[:0] = done.history

    def _state(self) -> dict[str, Any]:
        return super()._state() | {"order": self._order, "decided": self._decided}

    def _go_on(self, state: dict[str, Any]) -> None:
        super()._go_on(state)
        self._order, self._decided = state["order"], state["decided"]
