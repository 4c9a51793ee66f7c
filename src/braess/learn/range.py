"""What a model has learned from, so that inputs unlike it can be told: predictions for those are guesses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.problem import Graph

_MARGIN = 0.05  # of the width of a range, on either side: the extremes of some examples are not those of all
_ROUNDING = 1e-5  # of the size of a feature: single precision


@dataclass(frozen=True)
class Range:
    """Between which values each feature of the examples lay: of each edge, of the edges together, of each node's sums.

    Parameters
    ----------
    low, high
        A number for each of these features.
    """

    low: list[float]
    high: list[float]

    @classmethod
    def of(cls, graph: Graph) -> Range:
        """Take the range of the inputs of a graph, and a little on either side."""
        features = _features(graph)
        low, high = features.min(axis=0), features.max(axis=0)
        room = _MARGIN * (high - low) + _ROUNDING * np.maximum(np.abs(low), np.abs(high))
        return cls((low - room).tolist(), (high + room).tolist())

    def outside(self, graph: Graph) -> NDArray[np.bool_]:
        """Tell which of ``n`` inputs have some feature outside the range, ``[n]``."""
        features = _features(graph)
        found: NDArray[np.bool_] = np.any((features < self.low) | (features > self.high), axis=1)
        return found


def _features(graph: Graph) -> NDArray[Any]:
    """Return the features ``[n, k]`` that are compared."""
    n, edges, nodes = len(graph), graph.edge_features.astype(np.float64), graph.node_features.astype(np.float64)
    sums = [nodes.sum(axis=2), nodes.sum(axis=1), nodes.sum(axis=(1, 2))[:, None]]
    shared = [np.broadcast_to(values, (n, values.shape[1])) for values in sums]
    return np.concatenate([edges.reshape(n, -1), edges.sum(axis=1), *shared], axis=1)
