"""How well scores rank networks whose accuracy is known: with intervals, among networks of equal size, and for choosing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import kendalltau, rankdata

from braess.domains.architecture.tables.nasbench201 import DATASETS, CellTable
from braess.learn.proxies import PROXIES

RESAMPLES = 1000
POOL, QUERIES = 100, 5
ENOUGH = 1.5  # networks for each in a pool
SMALLEST = 5  # networks of equal size that are ranked among themselves


def summary(rows: list[dict[str, Any]], table: CellTable, weights: Callable[[int], int]) -> dict[str, Any]:
    """Sum up the scores that are there.

    Parameters
    ----------
    rows
        One for each part, seed and network.
    table
        Accuracies and sizes.
    weights
        Number of weights that GradSign counts in the network at a place of the table.
    """
    truths = list(table.accuracy.T)
    bests = [float(truth.max()) for truth in truths]
    sampled = sorted({row["place"] for row in rows})
    return {
        "datasets": list(DATASETS),
        "networks": len(sampled),
        "whole_table": [_spearman(table.flops, truth) for truth in truths],
        "best": bests,
        "pool": POOL,
        "queries": QUERIES,
        "random": [chosen(None, truth[sampled], best) for truth, best in zip(truths, bests, strict=True)],
        "rows": [one_score(name, rows, table, weights, bests) for name in PROXIES],
    }


def one_score(
    name: str, rows: list[dict[str, Any]], table: CellTable, weights: Callable[[int], int], bests: list[float]
) -> dict[str, Any]:
    """Sum up one score: on the networks that the first seed has scored, over the seeds that have scored all of these."""
    read = "gradsign" if name == "gradsign-mean" else name
    found = [row for row in rows if read in row["scores"]]
    by_seed: dict[int, dict[int, float]] = {}
    for row in found:
        by_seed.setdefault(row["seed"], {})[row["place"]] = row["scores"][read]
    places = sorted(by_seed[0])
    seeds = [seed for seed in sorted(by_seed) if set(places) <= set(by_seed[seed])]
    scores = np.array([[by_seed[seed][place] for place in places] for seed in seeds])
    if name == "gradsign-mean":
        scores = scores / np.array([weights(place) for place in places])
    if PROXIES[name].better == "min":
        scores = -scores
    return {
        "proxy": name,
        "networks": len(places),
        "seeds": len(seeds),
        "seconds": float(np.mean([row["seconds"][read] for row in found])),
        "datasets": [
            correlations(scores, truth[places], table.flops[places]) | {"regret": chosen(scores, truth[places], best)}
            for truth, best in zip(table.accuracy.T, bests, strict=True)
        ],
    }


def correlations(scores: np.ndarray, truth: np.ndarray, flops: np.ndarray) -> dict[str, Any]:
    """Correlate scores ``[seeds, n]`` with accuracies ``[n]``, in all and among networks of equal size."""
    mean = rankdata(scores, axis=1).mean(axis=0)  # ranks, since a score may be of another size with other weights
    drawn = np.random.default_rng(0).integers(len(truth), size=(RESAMPLES, len(truth)))
    again, size = (_spearmans(values[drawn], truth[drawn]) for values in (mean, flops))
    return {
        "spearman": _spearman(mean, truth),
        "interval": _interval(again),
        "over_flops": _spearman(mean, truth) - _spearman(flops, truth),
        "over_flops_interval": _interval(again - size),
        "kendall": float(kendalltau(mean, truth).statistic),
        "by_seed": [_spearman(score, truth) for score in scores],
        **within(mean, truth, flops),
    }


def within(score: np.ndarray, truth: np.ndarray, flops: np.ndarray) -> dict[str, Any]:
    """Correlate among networks of equal size.

    Spearman: the mean of groups of at least five, weighted by their networks. Kendall: pairs of equal size in the right order
    less those in the wrong one, among all such pairs.
    """
    found, weights, right, pairs = [], [], 0.0, 0
    for size in np.unique(flops):
        rows = np.flatnonzero(flops == size)
        above = np.triu_indices(len(rows), 1)
        apart = np.sign(np.subtract.outer(score[rows], score[rows])) * np.sign(np.subtract.outer(truth[rows], truth[rows]))
        right, pairs = right + float(apart[above].sum()), pairs + len(above[0])
        if len(rows) >= SMALLEST:
            found.append(_spearman(score[rows], truth[rows]))
            weights.append(len(rows))
    return {
        "within_groups": len(found),
        "within_networks": sum(weights),
        "within_spearman": float(np.average(found, weights=weights)) if found else None,
        "within_kendall": right / pairs if pairs else None,
    }


def chosen(scores: np.ndarray | None, truth: np.ndarray, best: float) -> dict[str, float] | None:
    """Return how far the best of few networks is below the best of all: few by score of a random pool, or few at random.

    Where there are too few networks for pools to differ there is no answer.
    """
    if len(truth) < ENOUGH * POOL:
        return None
    rng, regrets = np.random.default_rng(1), []
    for trial in range(RESAMPLES):
        pool = rng.permutation(len(truth))[:POOL]  # in random order, so ties are broken at random
        if scores is not None:
            pool = pool[np.argsort(-scores[trial % len(scores)][pool], kind="stable")]
        regrets.append(best - truth[pool[:QUERIES]].max())
    return {
        "mean": float(np.mean(regrets)),
        "median": float(np.median(regrets)),
        "ninth_tenth": float(np.quantile(regrets, 0.9)),
    }


def _spearman(score: np.ndarray, truth: np.ndarray) -> float:
    return float(_spearmans(score[None], truth[None])[0])


def _spearmans(scores: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """Return the rank correlation of each row of scores ``[k, n]`` with that of the truths; 0 for a constant one."""
    one, other = (
        ranks - ranks.mean(axis=1, keepdims=True) for ranks in (rankdata(values, axis=1) for values in (scores, truths))
    )
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.divide((one * other).sum(axis=1), size, out=np.zeros(len(size)), where=size > 0)


def _interval(values: np.ndarray) -> list[float]:
    return [float(np.quantile(values, at)) for at in (0.025, 0.975)]
