"""When a study ends: after so many evaluations, so much time, a good enough design, or no improvement for long."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from braess.errors import InputError
from braess.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits of a study; the first one met ends it, ``None`` does not limit.

    Parameters
    ----------
    evaluations
        Most designs evaluated.
    seconds
        Most time spent, in seconds, all sittings of a resumed study together.
    target
        End at a feasible design whose objective is at least this good (problems with one objective).
    stagnation
        End after this many evaluations without a better design (several objectives: without a new design on the front).

    Raises
    ------
    InputError
        A limit that is not positive.
    """

    evaluations: int | None = None
    seconds: float | None = None
    target: float | None = None
    stagnation: int | None = None

    def __post_init__(self) -> None:
        """Check the limits."""
        for name in ("evaluations", "seconds", "stagnation"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError("impossible limit", field=f"budget.{name}", found=value, expected="more than 0")
        if self.target is not None and math.isnan(self.target):
            raise InputError("impossible limit", field="budget.target", found=self.target, expected="a number")

    def require_end(self, problem: Problem, *, exhaustible: bool) -> None:
        """Refuse a study that would never end, or a target for several objectives."""
        if self.target is not None and len(problem.objectives) > 1:
            raise InputError("a target needs one objective", field="budget.target", found=self.target, expected="no target")
        if self == Budget() and not exhaustible:
            raise InputError("the study would never end", field="budget", expected="evaluations, seconds, target or stagnation")

    def describe(self) -> dict[str, Any]:
        """Describe the limits as plain data."""
        return asdict(self)
