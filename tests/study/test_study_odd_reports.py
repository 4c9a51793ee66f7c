"""What a problem reports oddly costs nothing but itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from braess.problem import Artifact, Evaluations
from braess.search.random import Random
from braess.space import Designs
from braess.study import Budget, Study, open_result
from braess.testing import Knapsack

_ERROR = "half \udcff, nul \0, " + "long " * 5000


class Odd(Knapsack):
    """Reports times that are no numbers and errors that are no Unicode, and draws itself."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Spoil the times, and every other answer."""
        errors = tuple(_ERROR if digest[0] % 2 else None for digest in designs.hashes())
        return replace(super().evaluate(designs), seconds=np.full(len(designs), np.nan), errors=errors)

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Keep bytes of every value."""
        return [Artifact("best.bin", "application/x-best", bytes(range(256)) + designs.pack()[0])]


def test_odd_reports_do_not_end_a_study(tmp_path: Path) -> None:
    """A NaN for a time or an error message that is no Unicode costs nothing but itself."""
    store = tmp_path / "record.sqlite"
    told = Study(Odd(), Random(), budget=Budget(evaluations=40), store=store, progress="off").run()
    read = open_result(store)
    assert (read.evaluations.seconds == 0).all()
    errors = [error for error in read.evaluations.errors if error is not None]
    assert errors
    assert all(error.startswith("half \\udcff, nul \\x00, long") and len(error) < 11_000 for error in errors)
    assert told.best is not None
    assert read.artifacts == told.artifacts
    (artifact,) = read.artifacts.values()
    assert artifact.data == bytes(range(256)) + told.best_design.pack()[0]
