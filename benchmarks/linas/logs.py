"""What Intel's own search logs say of predictors and of searches: sub-networks of a MobileNetV3 supernet on ImageNet."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from braess.domains.architecture.tables import dynast
from braess.learn.predictors import OneHot, build_predictor
from braess.space import Categorical, Designs, Repeat, Space
from braess.study.indicators import hypervolume

KERNELS, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
TRAINING = (50, 100, 200, 1000)
REFERENCE = (600.0, 72.0)  # million multiply-adds, % of ImageNet top-1
MARKS = (50, 100, 150, 200, 250, 400, 500)

LAYER = Space({"kernel": Categorical(options=KERNELS), "expansion": Categorical(options=EXPANSIONS)})
MASKED = Space({f"stage_{i}": Repeat(LAYER, low=2, high=dynast.DEEPEST) for i in range(dynast.STAGES)})
PLAIN = Space(
    {
        "kernel": Categorical(options=KERNELS, size=dynast.STAGES * dynast.DEEPEST),
        "expansion": Categorical(options=EXPANSIONS, size=dynast.STAGES * dynast.DEEPEST),
        "depth": Categorical(options=DEPTHS, size=dynast.STAGES),
    }
)


def networks(log: dynast.SearchLog) -> dict[str, Designs]:
    """Return the networks of a log with all that was written of them, and with what layers that are not there have left out."""
    kernel, expansion = np.searchsorted(KERNELS, log.kernels), np.searchsorted(EXPANSIONS, log.expansions)
    masked = {}
    for i in range(dynast.STAGES):
        masked[f"stage_{i}"] = log.depths[:, i]
        for j in range(dynast.DEEPEST):
            layer = i * dynast.DEEPEST + j
            masked |= {f"stage_{i}.{j}.kernel": kernel[:, layer], f"stage_{i}.{j}.expansion": expansion[:, layer]}
    plain = {"kernel": kernel, "expansion": expansion, "depth": np.searchsorted(DEPTHS, log.depths)}
    return {"plain": PLAIN.designs(plain), "masked": MASKED.designs(masked)}


@cache
def everything() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the rows of each encoding and the ``[n, 2]`` accuracies and multiply-adds of all different networks."""
    logs = [dynast.load(name) for name in dynast.LOGS]
    parts = [networks(log) for log in logs]
    designs = {name: parts[0][name].space.concatenate([part[name] for part in parts]) for name in parts[0]}
    values = np.concatenate([np.stack([log.accuracy, log.macs / 1e6], axis=1) for log in logs])
    first = {key: i for i, key in reversed(list(enumerate(designs["masked"].pack())))}
    kept = np.array(sorted(first.values()))
    return {name: OneHot(one.space)(one.take(kept)) for name, one in designs.items()}, values[kept]


def foretold(predictor: str, encoding: str, size: int, seed: int) -> dict[str, Any]:
    """Say how well a predictor that has learned from so many networks ranks all others: Kendall's tau, and the mean error."""
    rows, values = everything()
    order = np.random.default_rng([seed, size]).permutation(len(values))
    learned, others = order[:size], order[size:]
    fitted = build_predictor(predictor, {}).fit(rows[encoding][learned], values[learned], np.random.default_rng(seed))
    found = fitted(rows[encoding][others])
    taus = [float(kendalltau(found[:, i], values[others, i]).statistic) for i in range(2)]
    wrong = 100.0 * np.abs(found / values[others] - 1.0).mean(axis=0)
    return {"tau_accuracy": taus[0], "tau_macs": taus[1], "mape_accuracy": float(wrong[0]), "mape_macs": float(wrong[1])}


def volumes(name: str) -> dict[str, float]:
    """Return the hypervolume of what a log had measured after so many measurements."""
    log = dynast.load(name)
    points = np.stack([log.macs / 1e6, -log.accuracy], axis=1)
    return {str(mark): hypervolume(points[:mark], np.array([REFERENCE[0], -REFERENCE[1]])) for mark in MARKS}
