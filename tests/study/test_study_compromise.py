"""The order in which a front is shown."""

from __future__ import annotations

import numpy as np

from braess.search import find
from braess.study import Budget, Study
from braess.testing import ZDT1


def test_best_compromise_comes_first() -> None:
    """What a report draws of a front is its middle, not whichever end was found first."""
    result = Study(ZDT1(), find("nsga2")(), budget=Budget(evaluations=2000), seed=0, progress="off").run()
    values = result.evaluations.objectives[result.spread]
    assert sorted(result.spread.tolist()) == sorted(result.front.tolist())
    scaled = (values - values.min(axis=0)) / np.ptp(values, axis=0)
    distance = np.linalg.norm(scaled, axis=1)
    assert (np.diff(distance) >= 0).all()
    assert scaled[0].max() < 0.75
