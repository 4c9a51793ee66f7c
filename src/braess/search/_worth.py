"""What designs are worth to a generative model: 1 for the best, 0 for the worst."""

from __future__ import annotations

import numpy as np

from braess.problem.evaluations import Floats

# Times as far below the median as the best is above it: worse is not told apart, or one failure would set the scale.
_LOWEST = 3.0


def worth_of(violations: Floats, objectives: Floats) -> Floats:
    """Return the worth ``[n]`` of designs in shares of its range, 0 where all are the same.

    Parameters
    ----------
    violations
        ``[n]``, infinite where the evaluation failed.
    objectives
        ``[n]`` to make small. What breaks constraints is worth as much as the worst that does not; where everything
        does, less violation is worth more.
    """
    allowed = (violations <= 0.0) & np.isfinite(objectives)
    values = -(objectives if allowed.any() else violations)
    counted = allowed if allowed.any() else np.isfinite(violations)
    if not counted.any():
        return np.zeros(len(values))
    values = np.where(counted, values, values[counted].min())
    best, median = values.max(), np.median(values)
    if best > median:
        values = np.maximum(values, median - _LOWEST * (best - median))
    spread = best - values.min()
    worth: Floats = (values - values.min()) / spread if spread > 0.0 else np.zeros(len(values))
    return worth
