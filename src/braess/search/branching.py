"""Where to split a box: at the decision whose splits have raised bounds most before (pseudo-costs)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.problem import Bound
from braess.problem.evaluations import Floats
from braess.search.boxes import discrete_columns
from braess.space import Space

# Whole numbers as near to their relaxed value as this are not split while others are further away.
_WHOLE = 1e-3
# Reals are split at their relaxed value, but not nearer to an end than this share of the box, and not below this share of all.
_MARGIN, _NARROW = 0.2, 1e-7
# How often the part that gains less counts, and the gain where nothing is known.
_WORSE, _LEAST = 5.0, 1e-6


class Branching:
    """Learns how much splits at each decision raise bounds, and chooses by it.

    The score of a decision is what its parts are expected to gain, the worse of them counting most (Linderoth and Savelsbergh
    1999, "A computational study of search strategies for mixed integer programming", doi:10.1287/ijoc.11.2.173); what is
    expected is the mean gain per distance so far (Benichou et al. 1971, "Experiments in mixed-integer linear programming",
    doi:10.1007/BF01584074), of all decisions where this one was never split.

    Parameters
    ----------
    space
        Whose boxes are split.
    """

    def __init__(self, space: Space) -> None:
        low, high = space.bounds
        self.discrete = discrete_columns(space)
        self._range = np.where(self.discrete | (high <= low), 1.0, high - low)
        self._narrow = np.where(self.discrete, 0.0, _NARROW * self._range)
        self.gain = np.zeros((2, space.width))
        self.times = np.zeros((2, space.width))

    def open(self, bound: Bound) -> NDArray[np.bool_]:
        """Tell which decisions of a box are undecided, ``[width]``."""
        found: NDArray[np.bool_] = bound.high - bound.low > self._narrow
        return found

    def choose(self, bound: Bound) -> tuple[int, float]:
        """Return the decision at which to split a box, and where."""
        undecided = self.open(bound)
        at, distance = self._distances(bound)
        away = undecided & (~self.discrete | (distance > _WHOLE).all(axis=0))
        candidates = away if away.any() else undecided
        usual = np.maximum(self.gain.sum(axis=1) / np.maximum(self.times.sum(axis=1), 1.0), _LEAST)
        mean = np.divide(self.gain, self.times, out=np.tile(usual, (len(at), 1)).T.copy(), where=self.times > 0)
        gain = mean * distance
        score = _WORSE * gain.min(axis=0) + gain.max(axis=0)
        which = int(np.argmax(np.where(candidates, score, -1.0)))
        return which, float(at[which])

    def halves(self, bound: Bound, decision: int, at: float) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Return the corners of the two parts of a box."""
        below, above = bound.high.copy(), bound.low.copy()
        below[decision], above[decision] = at, at + float(self.discrete[decision])
        return (bound.low, below), (above, bound.high)

    def learn(self, bound: Bound, decision: int, parts: tuple[Bound, Bound]) -> None:
        """Learn what splitting a box at a decision gained."""
        distance = self._distances(bound)[1][:, decision]
        for side, part in enumerate(parts):
            if np.isfinite(part.value) and distance[side] > _WHOLE:
                self.gain[side, decision] += max(0.0, part.value - bound.value) / distance[side]
                self.times[side, decision] += 1.0

    def _distances(self, bound: Bound) -> tuple[Floats, Floats]:
        """Return where each decision would be split ``[width]``, and how far each part is moved by it ``[2, width]``."""
        low, high = bound.low, bound.high
        inside, margin = np.clip(bound.relaxed, low, high), _MARGIN * (high - low)
        at = np.where(self.discrete, np.clip(np.floor(inside), low, high - 1.0), np.clip(inside, low + margin, high - margin))
        below = np.where(self.discrete, inside - at, (high - at) / self._range)
        above = np.where(self.discrete, at + 1.0 - inside, (at - low) / self._range)
        return at, np.maximum([below, above], 0.0)
