"""Predictors of designs and published search logs: the figures that are known of both."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("filelock", reason="predictors need the extra learn")

from scipy.stats import kendalltau

from braess.domains.architecture.tables import dynast
from braess.learn.predictors import OneHot, build_predictor
from braess.space import Categorical, Repeat, Space
from braess.study.indicators import hypervolume

LAYER = Space({"kernel": Categorical(options=(3, 5, 7)), "expansion": Categorical(options=(3, 4, 6))})
NETWORK = Space({f"stage_{i}": Repeat(LAYER, low=2, high=dynast.DEEPEST) for i in range(dynast.STAGES)})


def test_ridge_ranks_networks_as_known() -> None:
    """From 200 networks ridge regression that sees only layers that are there ranks the others with a tau of 0.90 and 0.98."""
    log = dynast.load("nsga2")
    arrays = {f"stage_{i}": log.depths[:, i] for i in range(dynast.STAGES)}
    for name, values, options in (("kernel", log.kernels, (3, 5, 7)), ("expansion", log.expansions, (3, 4, 6))):
        for layer in range(dynast.STAGES * dynast.DEEPEST):
            stage, place = divmod(layer, dynast.DEEPEST)
            arrays[f"stage_{stage}.{place}.{name}"] = np.searchsorted(options, values[:, layer])
    rows, values = OneHot(NETWORK)(NETWORK.designs(arrays)), np.stack([log.accuracy, log.macs / 1e6], axis=1)
    order = np.random.default_rng(0).permutation(len(rows))
    learned, others = order[:200], order[200:]
    found = build_predictor("ridge", {}).fit(rows[learned], values[learned], np.random.default_rng(0))(rows[others])
    taus = [kendalltau(found[:, i], values[others, i]).statistic for i in range(2)]
    assert taus[0] > 0.85
    assert taus[1] > 0.95


@pytest.mark.parametrize(("log", "volumes"), [("nsga2", (1722, 1803, 1890, 2051)), ("linas-nsga2", (1771, 1914, 2013, 2109))])
def test_logs_have_the_hypervolume_that_is_known(log: str, volumes: tuple[int, ...]) -> None:
    """After 50, 100, 150 and 500 measurements, over 600 million multiply-adds and 72 % accuracy."""
    found = dynast.load(log)
    points = np.stack([found.macs / 1e6, -found.accuracy], axis=1)
    for mark, volume in zip((50, 100, 150, 500), volumes, strict=True):
        assert hypervolume(points[:mark], np.array([600.0, -72.0])) == pytest.approx(volume, abs=1.0)
