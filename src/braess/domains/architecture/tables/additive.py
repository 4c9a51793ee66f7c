"""Latency as a sum: what each option of each layer adds, fitted to whole networks that were timed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq

from braess.domains.architecture.tables.files import Ints
from braess.errors import InputError
from braess.problem.evaluations import Floats


@dataclass(frozen=True, eq=False)
class AdditiveLatency:
    """A latency that is a sum over layers.

    Parameters
    ----------
    base
        Latency of the network with the cheapest option everywhere.
    table
        ``[layers, options]`` what each option costs more than the cheapest of its layer.
    """

    base: float
    table: Floats

    def predict(self, designs: NDArray[np.integer]) -> Floats:
        """Return the latencies of designs ``[n, layers]``, places of options, ``[n]``."""
        return np.asarray(self.base + self.table[np.arange(len(self.table)), designs].sum(axis=1))


@dataclass(frozen=True)
class Fit:
    """How well predictions agree with latencies that were not fitted.

    Parameters
    ----------
    r2
        Share of their variance that is explained.
    relative_error
        Mean of ``|predicted - timed| / timed``.
    """

    r2: float
    relative_error: float


def fit_additive(designs: NDArray[np.integer], latency: Floats, options: int) -> AdditiveLatency:
    """Fit a sum to timed networks by least squares.

    Parameters
    ----------
    designs
        ``[n, layers]`` places of options.
    latency
        ``[n]``.
    options
        Of each layer.

    Raises
    ------
    InputError
        An option of some layer was never timed, so nothing is known of it.
    """
    layers = designs.shape[1]
    chosen = _one_hot(designs, options)
    if not chosen.any(axis=0).all():
        layer, option = divmod(int(np.flatnonzero(~chosen.any(axis=0))[0]), options)
        raise InputError("an option was never timed", field="designs", found=f"option {option} of layer {layer}")
    solution = lstsq(chosen, latency, lapack_driver="gelsy", check_finite=False)[0]  # about twice as fast as by singular values
    table = solution.reshape(layers, options)
    cheapest = table.min(axis=1, keepdims=True)
    return AdditiveLatency(base=float(cheapest.sum()), table=table - cheapest)


def score(predicted: Floats, latency: Floats) -> Fit:
    """Compare predictions ``[n]`` with latencies ``[n]``."""
    wrong = predicted - latency
    r2 = 1 - float(np.square(wrong).sum() / np.square(latency - latency.mean()).sum())
    return Fit(r2, float((np.abs(wrong) / latency).mean()))


def held_out_fits(
    designs: NDArray[np.integer], latency: Floats, options: int, *, fitted: float, splits: int, rng: np.random.Generator
) -> Iterator[Fit]:
    """Fit a share of the networks drawn by chance, and score the fit on the others, as often as there are ``splits``."""
    few = round(fitted * len(designs))
    for _ in range(splits):
        order: Ints = rng.permutation(len(designs))
        model = fit_additive(designs[order[:few]], latency[order[:few]], options)
        yield score(model.predict(designs[order[few:]]), latency[order[few:]])


def _one_hot(designs: NDArray[np.integer], options: int) -> NDArray[np.float64]:
    return np.asarray((designs[:, :, None] == np.arange(options)).reshape(len(designs), -1), dtype=np.float64)
