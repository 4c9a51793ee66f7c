"""Tables that hold every design of a space of equal choices: what a relaxation of such a problem is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from braess.domains.architecture.tables.problems.base import TableProblem
from braess.errors import InputError
from braess.problem.evaluations import Floats
from braess.space import Categorical, every_design

if TYPE_CHECKING:
    from braess.learn.relaxation.table import TableRelaxation

_STEPS = 20  # of an epoch


class CompleteTable(TableProblem):
    """A table of all designs of one row of categories, so that means over independent choices are exact.

    Its relaxation is a follower that has answered already: gradient searches show on it what they would reach if shared weights
    knew everything.
    """

    def relaxation(self, rng: np.random.Generator) -> TableRelaxation:
        """Return the expectation of the first objective over independent choices; see `Relaxable`."""
        return self.mixture(rng)

    def mixture(self, rng: np.random.Generator, *, part: int = 1) -> TableRelaxation:
        """Return the same; see `Mixable`.

        The first objective is 0 at its best in the table and 1 at its worst. The cost is the first budget, or else the second
        objective, which then is to be small.

        Raises
        ------
        InputError
            ``part`` is not 1: nothing flows through a table.
        """
        import torch

        from braess.learn.relaxation import Reading
        from braess.learn.relaxation.table import TableRelaxation

        if part != 1:
            message = "nothing flows through a table, of which a part could be mixed"
            raise InputError(message, field="part", found=part, expected="1")
        (leaf,) = self.space.leaves
        assert isinstance(leaf.variable, Categorical)
        table = self.measure(every_design(self.space))
        values = table[:, 0] * self.signs[0]
        shape = (len(leaf.variable.options),) * leaf.variable.width
        costs, limit = self._costs(table)

        def grid(column: Floats) -> torch.Tensor:
            return torch.tensor(column.reshape(shape), dtype=torch.float32)

        return TableRelaxation(
            grid((values - values.min()) / max(float(np.ptp(values)), 1e-12)),
            None if costs is None else grid(costs),
            Reading(self.space),
            steps=_STEPS,
            limit=limit,
            generator=torch.Generator().manual_seed(int(rng.integers(2**62))),
        )

    def _costs(self, table: Floats) -> tuple[Floats | None, float | None]:
        """Return the cost of each row of the table, to be small, and its limit."""
        if self.budgets:
            column = len(self.objectives)
            return table[:, column] * self._beyond[0], float(self._limits[0] * self._beyond[0])
        return (table[:, 1] * self.signs[1], None) if len(self.objectives) > 1 else (None, None)
