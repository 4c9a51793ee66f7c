"""What a design adds to a front, against the difference of two hypervolumes."""

from __future__ import annotations

import numpy as np
import pytest

from braess.search._gain import hypervolume_gain
from braess.study.indicators import hypervolume
from braess.study.pareto import nondominated


@pytest.mark.parametrize("objectives", [1, 2, 3])
@pytest.mark.parametrize("known", [0, 1, 12])
def test_the_gain_is_a_difference(objectives: int, known: int) -> None:
    """Points before and behind a front and beyond the reference."""
    rng = np.random.default_rng(known)
    front = rng.random((known, objectives))
    front = front[nondominated(front)] if known else front
    points, reference = rng.random((40, objectives)) * 1.3, np.full(objectives, 1.1)
    before = hypervolume(front, reference) if known else 0.0
    wanted = [hypervolume(np.vstack([front, point]), reference) - before for point in points]
    np.testing.assert_allclose(hypervolume_gain(points, front, reference), wanted, atol=1e-12)
    assert hypervolume_gain(np.full((1, objectives), np.inf), front, reference).tolist() == [0.0]
