"""What every leader's method is: immutable hyper-parameters that start a running state with `ask` and `tell`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.search.boxes import BoxTree
from braess.space import Designs

ALL_KINDS = frozenset({"binary", "integer", "categorical", "real", "permutation"})


class Running(Protocol):
    """A search at work on one problem. It pickles, and it never changes what it is given."""

    def ask(self, n: int) -> Designs:
        """Return between 1 and ``n`` designs to evaluate; an empty batch says that the search has nothing more to ask."""

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Learn the evaluations of the batch asked for last, in the same order; failed ones are among them."""


@dataclass(frozen=True)
class Proof:
    """What a search has proven.

    Parameters
    ----------
    bound
        No feasible design's objective is below this (above, where it is to be large).
    boxes
        Boxes of designs that were bounded for it.
    """

    bound: float
    boxes: int


@dataclass(frozen=True, eq=False)
class Certified:
    """A proof with all that it takes to go through it again.

    Parameters
    ----------
    proof
        What is proven.
    exact
        Two numbers between which the exact objective of the best design lies, ``None`` where there is no such design.
    boxes
        How the designs were divided, with the bound of each box.
    precision
        What the follower was solved to, and how the proof accounts for it, as plain data.
    """

    proof: Proof
    exact: tuple[float, float] | None
    boxes: BoxTree
    precision: dict[str, Any]


@runtime_checkable
class Proving(Protocol):
    """A running search that can say at any time what it has proven."""

    def proof(self) -> Proof:
        """Return what is proven so far."""

    def certify(self) -> Certified | None:
        """Return the proof with all that it rests on, ``None`` before anything is proven; it may take a while."""


@runtime_checkable
class Resumable(Protocol):
    """A running search that can go on without being told all evaluations again."""

    def checkpoint(self) -> Mapping[str, NDArray[np.generic]] | None:
        """Return the last checkpoint, ``None`` before there is one.

        ``evaluations`` among its arrays says how many the search had been told when it was made.
        """

    def restore(self, kept: Mapping[str, NDArray[Any]]) -> None:
        """Go on where the checkpoint was made, in a search started anew; it then asks for what it asked for after that.

        Raises ``KeyError`` or ``ValueError`` where it is no checkpoint of such a search.
        """


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
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = ALL_KINDS
    conditional: ClassVar[bool] = True
    objectives: ClassVar[Literal["one", "many", "any"]] = "any"
    ends: ClassVar[bool] = False

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
