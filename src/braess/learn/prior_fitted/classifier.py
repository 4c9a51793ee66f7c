"""A classifier that needs no fitting: a prior-fitted network reads labelled rows and says how likely others have the label."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.prior_fitted.network import Memory, PriorNetwork
from braess.learn.prior_fitted.priors import in_unit
from braess.learn.prior_fitted.shipped import shipped

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_AT_ONCE = 1024  # rows answered for at a time


class TabularClassifier:
    """Probabilities of a label that rows have or have not, such as of designs to keep all constraints.

    The shipped network saw tables of 8 to 384 labelled rows with up to 20 columns, all of them numbers. It takes any table;
    where more rows are known, it reads as many groups as they fill, each with its share of both labels, and takes the mean of
    their log odds. Labels are read both ways around, so that none is preferred. What is learned does not depend on the order
    of rows or columns.

    Parameters
    ----------
    rows
        ``[n, d]`` finite numbers.
    labels
        ``[n]`` whether they have the label.
    scaled
        Whether columns are brought to one scale by the mean and deviation of these rows, with outliers moved inwards; not
        needed where rows are points of the unit cube, whose distances mean something.
    network
        In place of the shipped one.

    Raises
    ------
    InputError
        There are no rows, or not one label for each.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).random((100, 2))
    >>> classifier = TabularClassifier(rows, rows.sum(axis=1) < 1.0)
    >>> (classifier.probability(np.array([[0.1, 0.2], [0.9, 0.8]])) > 0.5).tolist()
    [True, False]

    References
    ----------
    Picard and Ahmed (2024), "Fast and accurate zero-training classification for tabular engineering data", arXiv:2401.06948;
    Hollmann, Müller, Eggensperger and Hutter (2023), "TabPFN", arXiv:2207.01848, for the idea; the network is ours.
    """

    MOST = 384
    """Rows that the network reads at a time."""

    def __init__(self, rows: Floats, labels: Bools, *, scaled: bool = True, network: PriorNetwork | None = None) -> None:
        if rows.ndim != 2 or len(rows) == 0 or rows.shape[1] == 0:
            raise InputError("rows to learn from are needed", field="rows", found=rows.shape, expected="[n, d]")
        if labels.shape != (len(rows),):
            raise InputError("not one label for each row", field="labels", found=labels.shape, expected=f"[{len(rows)}]")
        if not np.isfinite(rows).all():
            raise InputError("rows must be finite", field="rows", found="NaN or infinity")
        self._network = shipped("labels") if network is None else network
        self._known = torch.tensor(rows, dtype=torch.float64) if scaled else None
        self._width = rows.shape[1]
        places = self._placed(torch.tensor(rows, dtype=torch.float64))
        signs = torch.where(torch.tensor(labels, dtype=torch.bool), 1.0, -1.0)
        self._memories = [self._read(places[group], signs[group]) for group in _groups(labels, self.MOST)]

    def log_odds(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the log odds ``[m]`` of rows ``[m, d]`` to have the label, with slopes.

        Raises
        ------
        InputError
            The rows are not as wide as those learned from.
        """
        if rows.ndim != 2 or rows.shape[1] != self._width:
            raise InputError("rows of another width", field="rows", found=tuple(rows.shape), expected=f"[m, {self._width}]")
        places = self._placed(rows).float().expand(2, -1, -1)
        both = torch.stack([self._network.ask(memory, places)[..., 0] for memory in self._memories]).mean(0)
        return 0.5 * (both[0] - both[1])

    def probability(self, rows: Floats) -> Floats:
        """Return the probabilities ``[m]`` of rows ``[m, d]`` to have the label."""
        with torch.no_grad():
            parts = torch.split(torch.tensor(rows, dtype=torch.float64), _AT_ONCE)
            found: Floats = torch.cat([self.log_odds(part) for part in parts]).double().sigmoid().numpy()
        return found

    def _read(self, places: torch.Tensor, signs: torch.Tensor) -> Memory:
        with torch.no_grad():
            return self._network.remember(places.float().expand(2, -1, -1), torch.stack([signs, -signs]))

    def _placed(self, rows: torch.Tensor) -> torch.Tensor:
        return rows if self._known is None else in_unit(rows, self._known)


def _groups(labels: Bools, most: int) -> list[NDArray[np.intp]]:
    """Split rows into groups of at most so many, each with its share of both labels, whatever their order among equals."""
    n = math.ceil(len(labels) / most)
    order = np.argsort(labels, kind="stable")
    return [np.sort(order[start::n]) for start in range(n)]
