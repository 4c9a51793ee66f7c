"""The running state of search by gradient matching: mixtures of parts of the space, each trained on its own."""

from __future__ import annotations

import copy
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn.bilevel import Training, drawing_from
from braess.learn.relaxation import Softmax, agreement, best_split
from braess.learn.relaxation.mixing import Mixed
from braess.problem import Problem
from braess.search._relaxed_run import RelaxedRun
from braess.space import Designs

if TYPE_CHECKING:
    from braess.learn.relaxation.choices import Choices
    from braess.search.gm import GM


class GMRun(RelaxedRun):
    """A search at work; ``training`` is that of the part whose turn it is.

    Parameters
    ----------
    problem, rng, settings
        As in `RelaxedRun`.
    """

    settings: GM

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: GM) -> None:
        super().__init__(problem, rng, settings)
        whole: Choices[Any] = self.training.problem  # type: ignore[assignment]  # it trains no other
        self._whole = copy.copy(whole)
        self._leaves: list[torch.Tensor] = []
        self._place = 0

    def _next(self) -> Designs:
        if not self._leaves:
            self._leaves = self._parted()
            self.training = self._final(0)
        while True:
            found = super()._next()
            if len(found) or self._place + 1 == len(self._leaves):
                return found
            self._place += 1
            self.training = self._final(self._place)

    def _parted(self) -> list[torch.Tensor]:
        """Return what each part may choose, after all partings."""
        settings = self.settings
        leaves = [copy.copy(self._whole)]
        for _ in range(settings.partings):
            children: list[Choices[Any]] = []
            for choices in leaves:
                training = Training(choices, settings.method(), settings.first_recipe(), self.rng)
                while not training.over:
                    training.advance()
                children += self._children(training)
            leaves = children
        return [choices.allowed for choices in leaves]

    def _children(self, training: Training) -> list[Choices[Any]]:
        """Part one choice of a mixture, and let the parts start where it is."""
        parent: Choices[Any] = training.problem  # type: ignore[assignment]  # it trains no other
        open_choices = [i for i, row in enumerate(parent.allowed) if row.sum() > 1]
        if not open_choices:
            return [parent]
        choice, groups = self._groups(training, parent, open_choices)
        children = []
        for group in groups:
            child = copy.copy(parent)
            child.allowed = parent.allowed.clone()
            child.allowed[choice] = False
            child.allowed[choice, list(group)] = True
            child.begin_from(training)
            children.append(child)
        return children

    def _groups(self, training: Training, choices: Choices[Any], among: list[int]) -> tuple[int, tuple[tuple[int, ...], ...]]:
        """Return the choice to part, and the options of each part."""
        options = {choice: torch.nonzero(choices.allowed[choice]).ravel().tolist() for choice in among}
        if self.settings.way == "gradients":
            found = {choice: best_split(self._cosines(training, choices, choice), options[choice]) for choice in among}
            choice = min(found, key=lambda one: found[one].cost)
            return choice, found[choice].groups
        choice = int(self.rng.choice(among))
        if self.settings.way == "exhaustive":
            return choice, tuple((option,) for option in options[choice])
        mixed = self.rng.permutation(options[choice]).tolist()
        return choice, (tuple(mixed[: len(mixed) // 2]), tuple(mixed[len(mixed) // 2 :]))

    def _cosines(self, training: Training, choices: Choices[Any], choice: int) -> NDArray[np.float64]:
        """Return how far options of a choice agree on the weights that they share."""
        generator = torch.Generator().manual_seed(int(self.rng.integers(2**62)))
        own = set(choices.own(choice))
        shared = [tensor for name, tensor in training.followers[0].tensors.items() if name not in own]
        found = []
        with drawing_from(generator):
            for batch in islice(choices.batches("lower", generator), self.settings.batches):
                slopes = [self._slope(training, choice, option, shared, batch) for option in range(choices.allowed.shape[1])]
                found.append(torch.stack(slopes).double().numpy())
        return agreement(np.stack(found))

    def _slope(self, training: Training, choice: int, option: int, shared: list[torch.Tensor], batch: Any) -> torch.Tensor:
        """Return the gradient by shared weights where a choice takes one option; nothing where that is not allowed."""
        choices: Choices[Any] = training.problem  # type: ignore[assignment]  # it trains no other
        nothing = torch.zeros(sum(tensor.numel() for tensor in shared))
        if not choices.allowed[choice, option]:
            return nothing
        leader = {name: tensor.detach() for name, tensor in training.leader.tensors.items()}
        mixed = _only(choices, leader, choice, option)
        loss = choices.loss(mixed, leader, training.followers[0].scratch(), batch)
        if not loss.requires_grad:  # nothing that is shared has a say
            return nothing
        slopes = torch.autograd.grad(loss, shared, allow_unused=True, materialize_grads=True)
        return torch.cat([slope.ravel() for slope in slopes])

    def _final(self, place: int) -> Training:
        """Return the training of a part, from fresh weights."""
        choices = copy.copy(self._whole)
        choices.allowed = self._leaves[place].clone()
        return Training(choices, self.settings.method(), self.settings.recipe(), self.rng, self.settings.hooks())

    def _state(self) -> dict[str, Any]:
        return super()._state() | {"parts": self._leaves, "place": self._place}

    def _go_on(self, state: dict[str, Any]) -> None:
        self._leaves, self._place = state["parts"], state["place"]
        self.training = self._final(self._place)
        super()._go_on(state)


def _only(choices: Choices[Any], leader: dict[str, torch.Tensor], choice: int, option: int) -> Mixed:
    """Return the mixture in which one choice takes one option and the others are as they are."""
    allowed = choices.allowed.clone()
    allowed[choice] = False
    allowed[choice, option] = True
    return Softmax()(leader["logits"], allowed, torch.default_generator)
