"""What a prior-fitted network foretells of objectives and constraints: a trend each, and the network for what it leaves."""

from __future__ import annotations

import numpy as np
import torch

from braess.learn.prior_fitted.mixture import Mixture
from braess.learn.prior_fitted.network import PriorNetwork
from braess.problem.evaluations import Floats
from braess.search._standard import Standard
from braess.search._trend import Trend

_SPREAD = 1e-5  # standard deviation of what is foretold at least, in those of the values known


class Foretold:
    """Values of all columns at once, anywhere, from those known at some rows.

    Each column is bent or left straight, whichever its trend foretells better; what the trend leaves is for the network.

    Parameters
    ----------
    network
        Fitted to a prior of values.
    rows
        ``[n, d]``, where values are known.
    values
        ``[t, n]``, as they are.

    Attributes
    ----------
    standards
        The maps of the columns to numbers with mean 0 and standard deviation 1, in which values are foretold.
    known
        ``[t, n]`` values, mapped.
    """

    def __init__(self, network: PriorNetwork, rows: Floats, values: Floats) -> None:
        self._network = network
        both = [[Standard.of(column), Standard.of(column, straight=True)] for column in values]
        mapped = np.array([standard(column) for pair, column in zip(both, values, strict=True) for standard in pair])
        trend = Trend(rows, mapped)
        fit = -np.log(np.maximum(trend.errors, _SPREAD))
        slopes = np.array([standard.log_slope(column) for pair, column in zip(both, values, strict=True) for standard in pair])
        straight = np.argmax((fit + slopes).reshape(-1, 2), axis=1)
        chosen = 2 * np.arange(len(values)) + straight
        trend.take(chosen)
        self.standards = [pair[k] for pair, k in zip(both, straight, strict=True)]
        self.known: Floats = mapped[chosen]
        self._trend = trend
        self._remember(rows)

    def _remember(self, rows: Floats) -> None:
        self._rows = rows
        places = torch.tensor(rows)
        left = torch.tensor(self.known) - self._trend(places)
        self._scale = left.std(1, correction=0).clamp_min(_SPREAD)[:, None]
        with torch.no_grad():
            shown = places.float().expand(len(left), -1, -1)
            self._memory = self._network.remember(shown, (left / self._scale).float())

    def __call__(self, points: torch.Tensor) -> Mixture:
        """Foretell mapped values ``[t, m]`` at points ``[m, d]`` in double precision, with slopes."""
        asked = points.float().expand(len(self._scale), -1, -1)
        left = Mixture.of(self._network.ask(self._memory, asked)).double()
        means = left.means * self._scale[..., None] + self._trend(points)[..., None]
        return Mixture(left.log_weights, means, (left.deviations * self._scale[..., None]).clamp_min(_SPREAD))

    def believe(self, point: Floats) -> None:
        """Go on as if a point ``[d]`` had been evaluated and come to what is foretold."""
        with torch.no_grad():
            mean = self(torch.tensor(point[None])).mean().numpy()
        self.known = np.concatenate([self.known, mean], axis=1)
        self._remember(np.concatenate([self._rows, point[None]]))
