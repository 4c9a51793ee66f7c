"""What a batch of designs was found to be worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Evaluations:
    """Objectives and constraints of a batch of designs, in the order of the designs.

    Parameters
    ----------
    objectives
        ``[n, m]`` in the units and senses the problem names; NaN where the evaluation failed.
    constraints
        ``[n, k]``; at most 0 is feasible; NaN where the evaluation failed.
    seconds
        ``[n]`` time each design took.
    errors
        ``[n]`` message of what went wrong, or ``None``.
    exact
        ``[n]`` whether the follower was solved (true) or predicted (false).
    states
        ``[n]`` final state of each follower for a later warm start, or ``None`` where the problem keeps none.
    """

    objectives: Floats
    constraints: Floats
    seconds: Floats
    errors: tuple[str | None, ...]
    exact: Bools
    states: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        """Check that all parts speak of as many designs."""
        n = len(self.objectives)
        if self.objectives.ndim != 2 or self.constraints.ndim != 2:
            raise InputError(
                "objectives and constraints must be matrices", found=(self.objectives.shape, self.constraints.shape)
            )
        parts = (self.constraints, self.seconds, self.errors, self.exact, self.states or (None,) * n)
        if any(len(part) != n for part in parts):
            raise InputError(
                "evaluations of different lengths", found=[n, *map(len, parts)], expected="one row for each design"
            )

    @classmethod
    def of(
        cls,
        objectives: Any,
        constraints: Any = None,
        *,
        seconds: Any = 0.0,
        errors: Sequence[str | None] | None = None,
        exact: Any = True,
        states: Sequence[Any] | None = None,
    ) -> Evaluations:
        """Build evaluations with the parts that are always the same left out.

        ``objectives`` is ``[n, m]``, ``constraints`` ``[n, k]`` (left out: no constraints); ``seconds`` and ``exact``
        may be one value for all.
        """
        values = np.asarray(objectives, dtype=np.float64)
        n = len(values)
        return cls(
            values,
            np.empty((n, 0)) if constraints is None else np.asarray(constraints, dtype=np.float64),
            np.broadcast_to(np.asarray(seconds, dtype=np.float64), (n,)).copy(),
            (None,) * n if errors is None else tuple(errors),
            np.broadcast_to(np.asarray(exact, dtype=np.bool_), (n,)).copy(),
            None if states is None else tuple(states),
        )

    @classmethod
    def failure(cls, n: int, m: int, k: int, error: str, seconds: float = 0.0) -> Evaluations:
        """Build the record of ``n`` failed evaluations with ``m`` objectives and ``k`` constraints."""
        return cls.of(np.full((n, m), np.nan), np.full((n, k), np.nan), seconds=seconds, errors=(error,) * n)

    def __len__(self) -> int:
        """Number of designs evaluated."""
        return len(self.objectives)

    @property
    def failed(self) -> Bools:
        """``[n]`` whether there is an error or a value that is not finite."""
        finite = np.isfinite(self.objectives).all(axis=1) & ~np.isnan(self.constraints).any(axis=1)
        return ~finite | np.array([error is not None for error in self.errors], dtype=np.bool_)

    @property
    def feasible(self) -> Bools:
        """``[n]`` whether the evaluation succeeded and every constraint is at most 0."""
        return np.asarray((self.constraints <= 0).all(axis=1)) & ~self.failed

    @property
    def violation(self) -> Floats:
        """``[n]`` sum of the positive parts of the constraints; infinite where the evaluation failed."""
        total: Floats = np.maximum(self.constraints, 0.0).sum(axis=1)
        return np.where(self.failed, np.inf, total)

    def take(self, rows: Sequence[int] | NDArray[Any] | slice) -> Evaluations:
        """Return some rows (indices, mask or slice), in that order."""
        chosen = np.arange(len(self))[rows if isinstance(rows, slice) or len(rows) else slice(0)]
        return Evaluations(
            self.objectives[chosen],
            self.constraints[chosen],
            self.seconds[chosen],
            tuple(self.errors[i] for i in chosen),
            self.exact[chosen],
            None if self.states is None else tuple(self.states[i] for i in chosen),
        )

    @staticmethod
    def concatenate(batches: Sequence[Evaluations]) -> Evaluations:
        """Join at least one batch into one; states are kept where every batch has them."""
        states = [batch.states for batch in batches]
        return Evaluations(
            np.concatenate([batch.objectives for batch in batches]),
            np.concatenate([batch.constraints for batch in batches]),
            np.concatenate([batch.seconds for batch in batches]),
            tuple(error for batch in batches for error in batch.errors),
            np.concatenate([batch.exact for batch in batches]),
            None if any(s is None for s in states) else tuple(state for s in states if s is not None for state in s),
        )
