"""How well scores rank networks whose accuracy is known, with intervals, among networks of equal size, and for choosing."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import kendalltau, rankdata

from braess.domains.architecture.tables.nasbench201 import DATASETS, NASBench201
from braess.learn.proxies import PROXIES

RESAMPLES = 1000
POOL, QUERIES = 100, 5
SMALLEST = 5  # networks of equal size that are ranked among themselves


def summary(rows: list[dict[str, Any]], table: NASBench201) -> dict[str, Any]:
    """Sum up the scores that are there.

    Networks are those with a score from the first seed; further seeds count once all of these have a score from them.
    """
    by_seed = {seed: {row["place"]: row for row in rows if row["seed"] == seed} for seed in {row["seed"] for row in rows}}
    places = sorted(by_seed[0])
    seeds = sorted(seed for seed, found in by_seed.items() if set(places) <= set(found))
    accuracy, flops = table.accuracy[places], table.flops[places]
    measured = []
    for name, proxy in PROXIES.items():
        sign = 1.0 if proxy.better == "max" else -1.0
        scores = sign * np.array([[by_seed[seed][place]["scores"][name] for place in places] for seed in seeds])
        seconds = [by_seed[seed][place]["seconds"][name] for seed in seeds for place in places]
        row = {"proxy": name, "seconds": float(np.mean(seconds)), "finite": float(np.isfinite(scores).mean())}
        measured.append(row | {"datasets": [one(scores, truth, flops) for truth in accuracy.T]})
    return {
        "datasets": list(DATASETS),
        "networks": len(places),
        "seeds": len(seeds),
        "whole_table": [_spearman(table.flops, truth) for truth in table.accuracy.T],
        "pool": POOL,
        "queries": QUERIES,
        "random": [
            chosen(None, truth, float(best)) for truth, best in zip(accuracy.T, table.accuracy.max(axis=0), strict=True)
        ],
        "best": [float(best) for best in table.accuracy.max(axis=0)],
        "rows": [
            row | {"regret": [chosen_by(row["proxy"], by_seed, seeds, places, k, table) for k in range(len(DATASETS))]}
            for row in measured
        ],
    }


def one(scores: np.ndarray, truth: np.ndarray, flops: np.ndarray) -> dict[str, Any]:
    """Correlate scores ``[seeds, n]`` with accuracies ``[n]``."""
    alone = [_spearman(score, truth) for score in scores]
    mean = rankdata(scores, axis=1).mean(axis=0)  # ranks, since a score may be of another size with other weights
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(truth), size=(RESAMPLES, len(truth)))
    again, size = (_spearmans(values[drawn], truth[drawn]) for values in (mean, flops))
    return {
        "spearman": _spearman(mean, truth),
        "interval": _interval(again),
        "over_flops": _interval(again - size),
        "kendall": float(kendalltau(mean, truth).statistic),
        "by_seed": alone,
        **within(mean, truth, flops),
    }


def within(score: np.ndarray, truth: np.ndarray, flops: np.ndarray) -> dict[str, Any]:
    """Correlate among networks of equal size: mean of groups, weighted by their networks, and all pairs of equal size."""
    found, weights, signs, pairs = [], [], 0.0, 0
    for size in np.unique(flops):
        rows = np.flatnonzero(flops == size)
        above = np.triu_indices(len(rows), 1)
        apart = np.sign(np.subtract.outer(score[rows], score[rows])) * np.sign(np.subtract.outer(truth[rows], truth[rows]))
        signs, pairs = signs + float(apart[above].sum()), pairs + len(above[0])
        if len(rows) >= SMALLEST and np.ptp(score[rows]) > 0:
            found.append(_spearman(score[rows], truth[rows]))
            weights.append(len(rows))
    return {
        "within_spearman": float(np.average(found, weights=weights)) if found else None,
        "within_groups": len(found),
        "within_kendall": signs / pairs if pairs else None,
    }


def chosen_by(name: str, by_seed: dict[int, Any], seeds: list[int], places: list[int], k: int, table: NASBench201) -> Any:
    """Return what choosing by a score costs, over all seeds."""
    sign = 1.0 if PROXIES[name].better == "max" else -1.0
    scores = sign * np.array([[by_seed[seed][place]["scores"][name] for place in places] for seed in seeds])
    return chosen(scores, table.accuracy[places, k], float(table.accuracy[:, k].max()))


def chosen(scores: np.ndarray | None, truth: np.ndarray, best: float) -> dict[str, float]:
    """Return how far the best of few networks is below the best of all: few by score of a random pool, or few at random."""
    rng, regrets = np.random.default_rng(1), []
    for trial in range(RESAMPLES):
        pool = rng.permutation(len(truth))[:POOL]  # in random order, so ties are broken at random
        if scores is not None:
            pool = pool[np.argsort(-scores[trial % len(scores)][pool], kind="stable")]
        regrets.append(best - truth[pool[:QUERIES]].max())
    return {"mean": float(np.mean(regrets)), "median": float(np.median(regrets)), "tenth": float(np.quantile(regrets, 0.9))}


def _spearman(score: np.ndarray, truth: np.ndarray) -> float:
    return float(_spearmans(score[None], truth[None])[0])


def _spearmans(scores: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """Return the rank correlation of each row of scores ``[k, n]`` with that of the truth; 0 for a constant one."""
    ranks = [rankdata(values, axis=1) for values in (scores, truths)]
    one, other = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.divide((one * other).sum(axis=1), size, out=np.zeros(len(size)), where=size > 0)


def _interval(values: np.ndarray) -> list[float]:
    return [float(np.quantile(values, at)) for at in (0.025, 0.975)]
