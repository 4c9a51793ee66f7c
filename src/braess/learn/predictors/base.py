"""What every predictor of designs is: immutable settings that learn from measured designs what others are worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from braess.learn.predictors.one_hot import OneHot
from braess.problem import Problem
from braess.problem.evaluations import Floats
from braess.space import Designs

Reader = Callable[[Designs], Floats]
"""Writes ``n`` designs as rows ``[n, p]`` of numbers; it pickles."""

Learned = Callable[[Floats], Floats]
"""Says of rows ``[k, p]`` what they are worth, ``[k, t]``."""


class Predictor(ABC):
    """A way to predict objectives and constraints from designs alone: a frozen dataclass of hyper-parameters.

    Unlike a `braess.learn.model.Model`, which learns what a follower answers on the edges of its graph from thousands of
    examples, it learns from the some hundred designs that a search has had measured, in seconds, over and over.

    Attributes
    ----------
    name
        What study files call it.
    reference
        Where it comes from.
    scored
        Whether it may learn normal scores of objectives in place of their values: the order of designs without outliers.
    """

    name: ClassVar[str]
    reference: ClassVar[str]
    scored: ClassVar[bool] = True

    def refusal(self, problem: Problem) -> str | None:
        """Say why it cannot predict designs of a problem, or ``None`` if it can."""
        del problem
        return None

    def reader(self, problem: Problem) -> Reader:
        """Return what turns designs of the problem into what is learned from; that may take a while, once."""
        return OneHot(problem.space)

    @abstractmethod
    def fit(self, rows: Floats, values: Floats, rng: np.random.Generator) -> Learned:
        """Learn from nothing.

        Parameters
        ----------
        rows
            ``[n, p]`` measured designs as the reader writes them, at least one.
        values
            ``[n, t]`` what they are worth, finite.
        rng
            Where every random choice comes from.
        """
