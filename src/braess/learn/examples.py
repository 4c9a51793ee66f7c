"""What a model learns from: graphs, and what the follower answered on their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem import Graph

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs and answers.

    Parameters
    ----------
    graph
        Of ``n`` inputs.
    target
        ``[n, e]`` answer on each edge.

    Raises
    ------
    InputError
        Inputs and answers are not as many, or some answer is no number.
    """

    graph: Graph
    target: Floats

    def __post_init__(self) -> None:
        """Check that each input has its answer."""
        expected = (len(self.graph), self.graph.edges.shape[1])
        if self.target.shape != expected:
            raise InputError("not one answer for each edge", field="target", found=self.target.shape, expected=str(expected))
        if not np.isfinite(self.target).all():
            raise InputError("some answers are no numbers", field="target", expected="examples without an answer left out")

    def __len__(self) -> int:
        """Return ``n``."""
        return len(self.target)

    def take(self, rows: slice | NDArray[np.int64]) -> Examples:
        """Return some of the examples."""
        return Examples(self.graph.take(rows), self.target[rows])

    def split(self, *shares: float) -> tuple[Examples, ...]:
        """Part the examples in their order, by shares that add up to 1.

        Raises
        ------
        InputError
            The shares do not add up to 1, or some part is empty.
        """
        return tuple(self.take(part) for part in parts(len(self), shares))


def parts(count: int, shares: Sequence[float]) -> list[slice]:
    """Return where parts of a whole lie that follow each other, by shares that add up to 1; raises as `Examples.split` does."""
    ends = np.round(np.cumsum([0.0, *shares]) * count).astype(int)
    if abs(sum(shares) - 1.0) > 1e-9 or (np.diff(ends) < 1).any():
        raise InputError("impossible parts", field="shares", found=shares, expected="parts of all that are not empty")
    return [slice(int(start), int(end)) for start, end in pairwise(ends)]
