"""Problems that spoil what another one answers: some evaluations fail, or no design is feasible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from braess.problem import Bounded, Canonical, Constraint, DifferentiableConstraints, Evaluations, Problem, Repairable, Wrapper
from braess.space import Designs


class Flaky(Wrapper):
    """Lets some evaluations fail: half of those with an error, half with NaN and no word; chosen by the design's hash.

    Parameters
    ----------
    problem
        The problem inside.
    share
        Share of designs that fail.
    """

    hides: ClassVar[tuple[type[Any], ...]] = (Canonical,)

    def __init__(self, problem: Problem, share: float = 0.3) -> None:
        super().__init__(problem)
        self.share = share

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate, and spoil what the hashes say."""
        found = self.problem.evaluate(designs)
        draws = np.array([int.from_bytes(digest[:4], "little") / 2**32 for digest in designs.hashes()])
        fails, silent = draws < self.share, draws < 0.5 * self.share
        errors = tuple("FlakyError: spoiled" if fail and not quiet else None for fail, quiet in zip(fails, silent, strict=True))
        spoiled = np.where(fails[:, None], np.nan, found.objectives)
        constraints = np.where((fails & ~silent)[:, None], np.nan, found.constraints)
        return replace(found, objectives=spoiled, constraints=constraints, errors=errors)


class Forbidden(Wrapper):
    """Makes every design infeasible, each by more than 1, and some by more than others; there is no repair.

    Parameters
    ----------
    problem
        The problem inside; where it has no constraints, it gets one.
    """

    hides: ClassVar[tuple[type[Any], ...]] = (Bounded, Canonical, DifferentiableConstraints, Repairable)

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._added = not problem.constraints
        self.constraints = problem.constraints or (Constraint("forbidden"),)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate, and break every constraint."""
        found = self.problem.evaluate(designs)
        draws = np.array([[int.from_bytes(digest[:4], "little") / 2**32] for digest in designs.hashes()]).reshape(-1, 1)
        broken = draws if self._added else np.maximum(found.constraints, 0.0)
        return replace(found, constraints=1.0 + broken)
