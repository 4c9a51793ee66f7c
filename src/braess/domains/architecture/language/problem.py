"""A program as a problem: designs become networks, and what they score is the objective."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from braess.domains.architecture.language.program import Module, Shape, network, space_of
from braess.problem import Constraint, Evaluations, Objective, Problem, evaluate_each
from braess.space import Designs, Tree

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
        rows = designs.rows()
        return evaluate_each(
            self, designs, lambda i: (*self._score(network(self._program, rows[i], self._shape), rows[i]), None)
        )

    def check(self, designs: Designs) -> Evaluations:
        """Build and score what the history of each design leads to."""
        tree = Tree(self.space)
        return self.evaluate(tree.designs(tree.histories(designs)))
