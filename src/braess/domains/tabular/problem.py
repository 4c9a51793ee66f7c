"""The table whose answers come closest to those that were released of a secret one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from braess.domains.tabular.columns import Floats, Table, TableDomain
from braess.domains.tabular.files import table_text
from braess.domains.tabular.increments import TableIncrements, squares
from braess.domains.tabular.measuring import Measurement
from braess.errors import InputError
from braess.problem import Artifact, Evaluations, Objective, Problem, evaluate_each
from braess.space import Designs

TABLE, ANSWERS = "synthetic.csv", "measured.json"


class PrivateTable(Problem):
    """Choose the cells of a table of so many rows: its answers are to be close to noisy ones.

    The problem holds what was measured, never the table it was measured on: whatever is done with it costs no privacy.

    Parameters
    ----------
    domain
        What is public of the table.
    measurements
        Noisy answers.
    rows
        Rows of the table to be found, ``N'``: its answers are multiples of 1/N'.
    budget
        What was spent on the answers, for the record.

    Raises
    ------
    InputError
        Nothing was measured, or there are no rows.
    """

    name = "private-table"
    objectives = (Objective("squared_error"),)

    def __init__(
        self, domain: TableDomain, measurements: Sequence[Measurement], rows: int, budget: dict[str, float] | None = None
    ) -> None:
        if rows < 1:
            raise InputError("a table needs rows", field="rows", found=rows, expected="at least 1")
        if not measurements:
            raise InputError("nothing was measured", field="measurements", expected="at least one")
        self.domain = domain
        self.measurements = tuple(measurements)
        self.rows = rows
        self.budget = budget or {}
        self.space = domain.space(rows)

    @property
    def goal(self) -> float:
        """The objective that the secret table itself is expected to have: that of the noise."""
        return math.fsum(found.workload.size * found.scale**2 for found in self.measurements)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Answer all queries on each of ``n`` tables."""
        return self._measured(designs, lambda found, cells: found.workload.answers(cells))

    def check(self, designs: Designs) -> Evaluations:
        """Answer each query again row by row, in plain Python."""
        return self._measured(designs, lambda found, cells: np.array(found.workload.plain(cells)))

    def _measured(self, designs: Designs, answers: Any) -> Evaluations:
        def answer(i: int) -> tuple[Any, Any, None]:
            cells = cells_of(designs, i)
            return [squares([answers(found, cells) - found.answers for found in self.measurements])], [], None

        return evaluate_each(self, designs, answer)

    def table(self, designs: Designs, i: int = 0) -> Table:
        """Return one of the designs as a table."""
        return Table(self.domain, cells_of(designs, i))

    def increments(self, row: Floats) -> TableIncrements:
        """Begin at a flat design ``[width]``."""
        return TableIncrements(self.measurements, row, len(self.domain))

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Return the best table as CSV, and what it was fitted to as JSON; both may be published."""
        measured = [
            {"workload": found.workload.name, "scale": found.scale, "answers": found.answers.tolist()}
            for found in self.measurements
        ]
        answers = {**self.describe(), "measured": measured}
        return [
            Artifact(TABLE, "text/csv", table_text(self.table(designs)).encode()),
            Artifact(ANSWERS, "application/json", (json.dumps(answers, allow_nan=False) + "\n").encode()),
        ]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data: public domain, budget, workloads and scales; nothing of the noise's seed."""
        return {
            "name": self.name,
            "rows": self.rows,
            "domain": self.domain.describe(),
            "budget": {name: value if math.isfinite(value) else None for name, value in self.budget.items()},
            "queries": sum(found.workload.size for found in self.measurements),
            "goal": self.goal,
            "workloads": [
                {"name": found.workload.name, "queries": found.workload.size, "scale": found.scale}
                for found in self.measurements
            ],
        }


def cells_of(designs: Designs, i: int = 0) -> Floats:
    """Return the cells ``[N', d]`` of a table among designs whose variables are its columns, in order."""
    return np.column_stack([designs[leaf.path][i].astype(np.float64) for leaf in designs.space.leaves])
