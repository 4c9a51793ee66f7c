"""What every leader's method is: immutable hyper-parameters that start a running state with `ask` and `tell`."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Literal, Protocol, TypeVar

import numpy as np

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.space import Designs

AnySearch = TypeVar("AnySearch", bound="Search")
ALL_KINDS = frozenset({"binary", "integer", "categorical", "real", "permutation"})


class Running(Protocol):
    """A search at work on one problem. It pickles, and it never changes what it is given."""

    def ask(self, n: int) -> Designs:
        """Return between 1 and ``n`` designs to evaluate; an empty batch says that the search has nothing more to ask."""

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Learn the evaluations of the batch asked for last, in the same order; failed ones are among them."""


class Search(ABC):
    """A leader's method: a frozen dataclass whose fields are its hyper-parameters, as a study file writes them.

    Attributes
    ----------
    name
        What a study file calls the method.
    summary
        One line for `braess list searches`.
    reference
        The paper, with DOI or arXiv number.
    kinds
        Kinds of variables the method can decide.
    conditional
        Whether it can decide spaces with conditional variables.
    objectives
        Whether it optimises one objective, or several at once.
    ends
        Whether it ends by itself on every problem it can handle, so that a study needs no budget.
    folder
        Where relative paths among the hyper-parameters start: the working directory, or where `beside` says.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = ALL_KINDS
    conditional: ClassVar[bool] = True
    objectives: ClassVar[Literal["one", "many", "any"]] = "any"
    ends: ClassVar[bool] = False
    folder: ClassVar[Path] = Path()

    @abstractmethod
    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        """Begin on a problem the method can handle."""

    def start(self, problem: Problem, rng: np.random.Generator) -> Running:
        """Begin a search whose every random choice comes from ``rng``.

        Raises
        ------
        InputError
            The method cannot handle the problem; says why and names methods that can.
        """
        self.require_fit(problem)
        return self._start(problem, rng)

    def beside(self: AnySearch, folder: Path) -> AnySearch:
        """Return the same search with relative paths that start at a folder, such as that of its study file.

        It is not a hyper-parameter: a study that has moved is the same study.
        """
        placed = copy.copy(self)
        object.__setattr__(placed, "folder", folder)
        return placed

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem the method cannot handle: `InputError` says why and names methods that can."""
        reason = self.refusal(problem)
        if reason is not None:
            from braess.search.registry import searches

            others = sorted(name for name, other in searches().items() if other.refusal(problem) is None)
            raise InputError(
                f"{self.name!r} {reason}", field="search", expected=f"one of {', '.join(others) or 'none installed'}"
            )

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        foreign = problem.space.kinds - cls.kinds
        if foreign:
            return f"cannot decide {', '.join(sorted(foreign))} variables"
        if problem.space.conditional and not cls.conditional:
            return "cannot decide conditional variables"
        several = len(problem.objectives) > 1
        if several and cls.objectives == "one":
            return "optimises one objective"
        if not several and cls.objectives == "many":
            return "optimises several objectives at once"
        return None
