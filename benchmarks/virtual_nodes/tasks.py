"""Series whose next readings are known but for noise, and plain forecasts to compare networks with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from braess.learn import Series
from braess.learn._sensitivity import hops

Floats = NDArray[np.float64]

NODES, STEPS, DELAY, TOLD = 64, 2000, 3, 0.95  # share of the variance of a follower that its source explains


def ring() -> Floats:
    """Return the weights ``[v, v]`` between neighbours on a ring."""
    return _both_ways([(at, (at + 1) % NODES) for at in range(NODES)])


def tree() -> Floats:
    """Return the same of a binary tree, the root first."""
    return _both_ways([((at - 1) // 2, at) for at in range(1, NODES)])


def one_source(adjacency: Floats, reach: int, seed: int) -> tuple[Series, NDArray[np.int64]]:
    """Let all nodes beyond the reach of the last one repeat it some steps later, others be noise; return who they are."""
    distance = hops(adjacency)[-1]
    followers = np.flatnonzero(distance > reach)
    return _series(adjacency, followers, np.full(len(followers), NODES - 1), seed), followers


def opposites(seed: int) -> tuple[Series, NDArray[np.int64]]:
    """Let every node of a ring repeat the one at the other side some steps later."""
    nodes = np.arange(NODES)
    return _series(ring(), nodes, (nodes + NODES // 2) % NODES, seed), nodes


def last_value(series: Series, window: int, horizon: int) -> Floats:
    """Forecast that readings stay as they are, ``[n, horizon, v]``."""
    return np.repeat(series.values[window - 1 :, None], horizon, axis=1)


def usual_value(training: Series, series: Series, window: int, horizon: int) -> Floats:
    """Forecast the mean of each sensor at the time of the day, of all times where none is known, ``[n, horizon, v]``."""
    total, count = np.zeros((training.day, training.sensors)), np.zeros((training.day, training.sensors))
    at = (training.first + np.arange(len(training))) % training.day
    np.add.at(total, at, np.where(training.known, training.values, 0.0))
    np.add.at(count, at, training.known)
    always = np.broadcast_to(total.sum(axis=0) / count.sum(axis=0), total.shape)
    mean = np.divide(total, count, out=always.copy(), where=count > 0)
    starts = series.first + np.arange(window, len(series) + 1)
    return mean[(starts[:, None] + np.arange(horizon)) % series.day]


def ridge(training: Series, validation: Series, series: Series, window: int, horizon: int) -> Floats:
    """Forecast by ridge regression on the readings of the window, one for each sensor, ``[n, horizon, v]``."""
    best, forecasts = np.inf, np.empty(0)
    for penalty in 10.0 ** np.arange(-1, 6):
        held, found = _ridge(training, (validation, series), window, horizon, float(penalty))
        error = float(np.nanmean(validation.errors(held, window)))
        if error < best:
            best, forecasts = error, found
    return forecasts


def _ridge(training: Series, others: tuple[Series, Series], window: int, horizon: int, penalty: float) -> tuple[Floats, ...]:
    targets, _ = training.futures(window, horizon)
    read = [_windows(series, window) for series in (training, *others)]
    found = [np.empty((len(windows), horizon, training.sensors)) for windows in read[1:]]
    for sensor in range(training.sensors):
        x, y = read[0][: len(targets), :, sensor], targets[:, :, sensor]
        x_mean, y_mean = x.mean(0), y.mean(0)
        gram = (x - x_mean).T @ (x - x_mean) + penalty * np.eye(window)
        slope = np.linalg.solve(gram, (x - x_mean).T @ (y - y_mean))
        for forecasts, windows in zip(found, read[1:], strict=True):
            forecasts[:, :, sensor] = (windows[:, :, sensor] - x_mean) @ slope + y_mean
    return tuple(found)


def _windows(series: Series, window: int) -> Floats:
    windows: Floats = np.lib.stride_tricks.sliding_window_view(series.values, window, axis=0).swapaxes(1, 2)
    return windows


def _series(adjacency: Floats, followers: NDArray[np.int64], sources: NDArray[np.int64], seed: int) -> Series:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((STEPS, NODES))
    for step in range(DELAY, STEPS):
        values[step, followers] *= np.sqrt(1.0 - TOLD)
        values[step, followers] += np.sqrt(TOLD) * values[step - DELAY, sources]
    return Series(values, np.ones_like(values, dtype=np.bool_), adjacency, day=STEPS)


def _both_ways(edges: list[tuple[int, int]]) -> Floats:
    adjacency = np.zeros((NODES, NODES))
    for one, other in edges:
        adjacency[one, other] = adjacency[other, one] = 1.0
    return adjacency
