"""Every model passes the public conformance tests."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

pytest.importorskip("torch_geometric", reason="models need the extra learn")
pytest.importorskip("lightgbm", reason="models need the extra learn")

from braess.learn.boosted_trees import BoostedTrees
from braess.learn.gcn import GCN
from braess.learn.gin import GIN
from braess.learn.graphsage import GraphSAGE
from braess.learn.od_graph import ODGraph
from braess.testing.learning import ModelConformance


class TestGINConformance(ModelConformance):
    nonsense: ClassVar = {"layers": 0, "width": -1, "depth": 0, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> GIN:
        return GIN(**({"layers": 2, "width": 16, "depth": 2, "batch": 32} | settings))


class TestGCNConformance(ModelConformance):
    nonsense: ClassVar = {"layers": 0, "width": -1, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> GCN:
        return GCN(**({"layers": 2, "width": 16, "batch": 32} | settings))


class TestGraphSAGEConformance(ModelConformance):
    nonsense: ClassVar = {"layers": 0, "width": -1, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> GraphSAGE:
        return GraphSAGE(**({"layers": 2, "width": 16, "batch": 32} | settings))


class TestODGraphConformance(ModelConformance):
    explained = 0.9
    nonsense: ClassVar = {"layers": 0, "width": -1, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> ODGraph:
        return ODGraph(**({"layers": 2, "width": 16, "batch": 32} | settings))


class TestBoostedTreesConformance(ModelConformance):
    nonsense: ClassVar = {"leaves": 0, "rate": 0.0, "smallest": 0}

    def make(self, **settings: Any) -> BoostedTrees:
        return BoostedTrees(**({"leaves": 15, "smallest": 10} | settings))
