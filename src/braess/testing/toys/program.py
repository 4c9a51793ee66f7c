"""A toy built as a program of parts: nested, optional and alike ones, with numbers to choose among that have an order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from braess.problem import Constraint, Objective
from braess.problem.evaluations import Floats
from braess.space import Binary, Categorical, Choice, Designs, Repeat, Space
from braess.testing.toys.base import Toy

_FILTERS = (48, 64, 80, 96, 112, 128)
_RATES = tuple(round(10.0 ** (-4.0 + k / 10.5), 6) for k in range(32))
_BEST_FILTERS, _BEST_KEEP, _BEST_RATE, _LIMIT = 96.0, 0.9, 10.0 ** (-2.5), 1000.0


class Blocks(Toy):
    """A stem, one to 32 blocks that are all alike, and a rate: 165,888 designs.

    The misfit grows with distances of numbers of filters and of the rate from the best, in octaves, falls with the logarithm
    of the number of blocks, and has terms for the order of a block's parts and what it keeps. Blocks times their filters are
    limited.
    """

    name = "blocks"

    def __init__(self) -> None:
        filters = Categorical(options=_FILTERS, ordered=True)
        dropout = Choice.optional(Space({"keep": Categorical(options=(0.5, 0.7, 0.9), ordered=True)}))
        block = Space({"filters": filters, "swapped": Binary(), "dropout": dropout})
        self.space = Space(
            {
                "stem": Space({"filters": filters, "size": Categorical(options=(3, 5, 7), ordered=True)}),
                "blocks": Repeat(block, 1, 32, among=(1, 2, 4, 8, 16, 32), tied=True),
                "rate": Categorical(options=_RATES, ordered=True),
            }
        )
        self.objectives = (Objective("misfit"),)
        self.constraints = (Constraint("filters over the limit"),)

    def answers(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return misfits, and how far blocks times filters exceed 1,000."""
        filters = np.array(_FILTERS, dtype=np.float64)
        stem, block = filters[designs["stem.filters"]], filters[designs["blocks.each.filters"]]
        repeats = 2.0 ** designs["blocks"]
        misfit = np.log2(stem / _BEST_FILTERS) ** 2 + np.log2(block / _BEST_FILTERS) ** 2
        misfit += 0.25 * np.log2(np.array(_RATES)[designs["rate"]] / _BEST_RATE) ** 2
        misfit += 0.1 * np.abs(designs["stem.size"] - 1.0) + 0.3 * designs["blocks.each.swapped"]
        misfit += 0.2 * (5.0 - designs["blocks"])
        keep = np.array([0.5, 0.7, 0.9])[designs["blocks.each.dropout.yes.keep"]]
        misfit += np.where(designs["blocks.each.dropout"] == 1, np.abs(keep - _BEST_KEEP), 0.3)
        return misfit[:, None], (repeats * block - _LIMIT)[:, None]

    def answer(self, row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return one misfit and constraint."""
        misfit = sum(math.log2(row[f"{part}.filters"] / _BEST_FILTERS) ** 2 for part in ("stem", "blocks.each"))
        misfit += 0.25 * math.log2(row["rate"] / _BEST_RATE) ** 2
        misfit += 0.1 * (row["stem.size"] != 5) + 0.3 * row["blocks.each.swapped"] + 0.2 * (5 - math.log2(row["blocks"]))
        keep = row.get("blocks.each.dropout.yes.keep")
        misfit += 0.3 if keep is None else abs(keep - _BEST_KEEP)
        return [misfit], [row["blocks"] * row["blocks.each.filters"] - _LIMIT]
