"""What a running search can also do, declared by small protocols: prove, say what it predicted, go on from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from braess.search.boxes import BoxTree
from braess.space import Designs


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
class Certificate:
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

    def certify(self) -> Certificate | None:
        """Return the proof with all that it rests on, ``None`` before anything is proven; it may take a while."""


@dataclass(frozen=True)
class Predictions:
    """What a search predicted, and how far that was off.

    Parameters
    ----------
    predicted, solved
        Designs predicted, and designs solved.
    error, corrected_error
        Relative error of the prediction of the best design: as the model says, and corrected by what was solved; ``None``
        where nothing is feasible.
    covered
        Share of the solved designs that the interval of their prediction held; not-a-number where none was.
    model
        What predicts, how it learned and how far it can be trusted, as plain data.
    """

    predicted: int
    solved: int
    error: float | None
    corrected_error: float | None
    covered: float
    model: dict[str, Any]


@runtime_checkable
class Predicting(Protocol):
    """A running search that predicts designs beside those that are evaluated."""

    def predictions(self) -> Predictions:
        """Say what was predicted so far."""


@runtime_checkable
class Monitored(Protocol):
    """A running search that watches itself."""

    def monitor(self) -> dict[str, NDArray[np.float64]]:
        """Return finite numbers by name, one for each generation so far."""


@runtime_checkable
class Inheriting(Protocol):
    """A running search that makes designs out of others: followers that can are to start where those of the others ended."""

    def parents(self, designs: Designs) -> Sequence[bytes | None]:
        """Return the hash of the design that each of the batch asked for last comes from, told before; ``None`` for none."""


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
