"""Rounds of a search with a generative model: learn what is known, decode new designs; several runs learn as one stack."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch

from braess.learn.vae import Ordering, StackedVAE, train
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations, scores
from braess.search._generative import Generative
from braess.search._new import new_designs
from braess.search._rows import Rows
from braess.search._worth import worth_of
from braess.space import Designs

_DRAWS = 20  # rounds of decoding, until there are as many new designs as a round has

Settings = TypeVar("Settings", bound=Generative)


class Lesson(NamedTuple):
    """What a model learns."""

    model: StackedVAE
    """Of one seed, with the weights it starts from."""
    rows: torch.Tensor
    """``[n, width]``."""
    worth: torch.Tensor
    """``[n]``."""
    weights: torch.Tensor
    """``[n]``, mean 1."""
    generator: torch.Generator
    """Of the order of rows and the noise."""
    ordering: Ordering | None


class VAERun(Generations, Generic[Settings]):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Settings) -> None:
        super().__init__(problem, rng)
        self.settings = settings
        self.rows = Rows(self.space)
        self.model: StackedVAE | None = None
        self.points: Floats = np.empty((0, self.space.width))
        self._violations: Floats = np.empty(0)
        self._objectives: Floats = np.empty(0)
        self.rounds: list[int] = []
        self._met: set[bytes] = set()
        self._learned = False
        known = settings.known(problem)
        if known is not None:
            self._keep(*known)

    @property
    def worth(self) -> Floats:
        """Worth ``[n]`` of all designs so far."""
        return worth_of(self._violations, self._objectives)

    @abstractmethod
    def lesson(self) -> Lesson:
        """Return what the model learns before the next round."""

    @abstractmethod
    def _codes(self, model: StackedVAE) -> Callable[[int], torch.Tensor]:
        """Return what draws so many codes ``[n, latent]`` to decode."""

    def graduate(self, model: StackedVAE) -> None:
        """Take the model that has learned the lesson."""
        self.model, self._learned = model, True

    def fresh_model(self) -> StackedVAE:
        """Return a model that has learned nothing."""
        return StackedVAE(self.rows.columns, self.settings.recipe(), [self.generator()])

    def generator(self) -> torch.Generator:
        """Return a generator of PyTorch whose numbers follow from the search's own."""
        return torch.Generator().manual_seed(int(self.rng.integers(2**62)))

    def normal(self, *shape: int) -> torch.Tensor:
        """Return standard normal numbers of the search's own generator."""
        return torch.tensor(self.rng.standard_normal(shape), dtype=torch.float32)

    def _next(self) -> Designs:
        if len(self.points) == 0:
            return self._new(lambda _: self.space.sample(self.settings.size, self.rng))
        if not self._learned:
            learn_together([self])
        assert self.model is not None
        model, codes = self.model, self._codes(self.model)
        mixed = self.rows.columns.numbers > 0  # numbers make each design new, so the likeliest categories alone would stay

        def draw(attempt: int) -> Designs:
            with torch.no_grad():
                decoded = model.decode(codes(self.settings.size)[None])[0]
            return self.space.from_unit(self.rows.decode(decoded, self.rng if attempt or mixed else None))

        self._learned = False
        return self._new(draw)

    def _new(self, draw: Callable[[int], Designs]) -> Designs:
        """Return a round of designs that were not met: drawn, in the end at random; none where hardly any are left."""

        def drawn(attempt: int) -> Designs:
            return self.repaired(draw(attempt) if attempt < _DRAWS else self.space.sample(self.settings.size, self.rng))

        return new_designs(self.settings.size, drawn, self._met, 2 * _DRAWS)

    def _learn(self, evaluations: Evaluations) -> None:
        self._keep(self.generation, evaluations)

    def _keep(self, designs: Designs, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        self._met.update(designs.pack())
        self.points = np.concatenate([self.points, self.space.to_unit(designs)])
        self._violations = np.concatenate([self._violations, violations])
        self._objectives = np.concatenate([self._objectives, objectives[:, 0]])
        self.rounds.append(len(designs))


def learn_together(runs: Sequence[VAERun[Settings]]) -> None:
    """Let the models of several runs learn as one stack, each what it would learn alone.

    The runs have the same hyper-parameters and columns, and have been told as many designs.
    """
    lessons = [run.lesson() for run in runs]
    model = StackedVAE.join([lesson.model for lesson in lessons])
    rows, worth, weights = (torch.stack(parts) for parts in list(zip(*lessons, strict=True))[1:4])
    train(model, rows, worth, weights, [lesson.generator for lesson in lessons], lessons[0].ordering)
    for seed, run in enumerate(runs):
        run.graduate(model.take(seed))
