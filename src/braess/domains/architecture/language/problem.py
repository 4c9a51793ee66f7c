"""A program as a problem: designs become networks, and what they score is the objective."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from braess.domains.architecture.language.program import Module, Shape, network, space_of
from braess.errors import InputError
from braess.problem import Constraint, Evaluations, Objective, Problem
from braess.space import Designs

if TYPE_CHECKING:
    from torch import nn

Score = Callable[["nn.Module", dict[str, Any]], tuple[Sequence[float], Sequence[float]]]


class ProgramProblem(Problem):
    """The networks that a program describes, by what is measured of each.

    A design whose shapes are impossible, or that runs out of memory, is a failed evaluation with the reason.

    Parameters
    ----------
    program
        What may be built.
    shape
        Of one example that goes in.
    score
        Called with a network and the design as a dictionary (for its `Settings`); returns objectives and constraints.
    objectives, constraints
        What it returns.
    """

    name = "program"

    def __init__(
        self,
        program: Module,
        shape: Shape,
        score: Score,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint] = (),
    ) -> None:
        self.space = space_of(program)
        self.objectives, self.constraints = tuple(objectives), tuple(constraints)
        self._program, self._shape, self._score = program, shape, score

    def evaluate(self, designs: Designs) -> Evaluations:
        """Build and score each design."""
        found = [self._one(row) for row in designs.rows()]
        return Evaluations.concatenate([Evaluations.failure(0, len(self.objectives), len(self.constraints), ""), *found])

    def _one(self, row: dict[str, Any]) -> Evaluations:
        began = time.perf_counter()
        try:
            objectives, constraints = self._score(network(self._program, row, self._shape), row)
        except (InputError, RuntimeError, MemoryError) as error:
            seconds = time.perf_counter() - began
            return Evaluations.failure(1, len(self.objectives), len(self.constraints), str(error), seconds)
        seconds = time.perf_counter() - began
        return Evaluations.of([list(objectives)], [list(constraints)], seconds=seconds)
