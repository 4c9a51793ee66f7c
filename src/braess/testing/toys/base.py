"""What the toy problems share: an answer for whole batches, and a plain one for one design to check it by."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.space import Designs


class Toy(Problem):
    """A problem in closed form: subclasses give the answer to a batch, and to one design by a plain route."""

    @abstractmethod
    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return objectives ``[n, m]`` and constraints ``[n, k]``; row by row the same bits in any batch."""

    @abstractmethod
    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return objectives and constraints of one design as `Designs.rows` writes it, in plain Python."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate the whole batch with arrays."""
        began = time.perf_counter()
        objectives, constraints = self.answers(designs)
        seconds = (time.perf_counter() - began) / max(len(designs), 1)
        return Evaluations.of(objectives, constraints, seconds=seconds)

    def check(self, designs: Designs) -> Evaluations:
        """Recompute each design in plain Python."""
        found = [self.answer(row) for row in designs.rows()]
        n, m, k = len(found), len(self.objectives), len(self.constraints)
        objectives = np.array([objective for objective, _ in found]).reshape(n, m)
        return Evaluations.of(objectives, np.array([constraint for _, constraint in found]).reshape(n, k))
