"""Searches that let another search propose, and evaluate some of its proposals."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Bools
from braess.search._generations import Generations
from braess.search.base import Running, Search
from braess.search.registry import find
from braess.space import Designs


@dataclass(frozen=True)
class Proposing(Search):
    """What such searches share: the search that proposes.

    Parameters
    ----------
    search
        Its name; left out: ``genetic`` for one objective, ``nsga2`` for several.
    options
        Its hyper-parameters; where it is not named, what both of these have.
    """

    search: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the search that proposes and its hyper-parameters."""
        for objectives in (1, 2):
            self.proposer(objectives)

    def proposer(self, objectives: int) -> Search:
        """Return the search that proposes, for so many objectives.

        Raises
        ------
        InputError
            There is none of that name, it is this one again, or it has no such hyper-parameter.
        """
        name = self.search or ("genetic" if objectives == 1 else "nsga2")
        kind = find(name, field="search")
        if issubclass(kind, type(self)):
            raise InputError(f"{self.name} in front of itself", field="search", found=name, expected="another search")
        try:
            return kind(**self.options).beside(self.folder)
        except TypeError as error:
            raise InputError(f"{name} cannot be had so: {error}", field="options", found=dict(self.options)) from None

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem that this or the proposing search cannot handle."""
        super().require_fit(problem)
        self.proposer(len(problem.objectives)).require_fit(problem)


class ProposingRun(Generations):
    """Such a search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    proposer
        The search that proposes, at work on the same problem.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, proposer: Running) -> None:
        super().__init__(problem, rng)
        self._proposer = proposer
        self._proposed = self.generation
        self._chosen: Bools = np.empty(0, dtype=np.bool_)

    @abstractmethod
    def _left_out(self) -> Evaluations:
        """Return what the proposer is told of the proposals that are not chosen."""

    def _learn(self, evaluations: Evaluations) -> None:
        """Tell the proposer of all that it proposed, in its order."""
        order = np.concatenate([np.flatnonzero(self._chosen), np.flatnonzero(~self._chosen)])
        whole = Evaluations.concatenate([evaluations, self._left_out()])
        self._proposer.tell(self._proposed, whole.take(np.argsort(order)))

    def _taken(self) -> Designs:
        """Return the proposals that are chosen."""
        return self._proposed.take(self._chosen)
