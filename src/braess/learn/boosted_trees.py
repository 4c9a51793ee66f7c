"""Boosted trees on plain features of each edge: the baseline that a graph network has to beat."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError

try:
    import lightgbm
except ImportError as error:
    raise ImportError("boosted trees need the package lightgbm: pip install 'braess[learn]'") from error

from braess.learn.examples import Examples
from braess.learn.model import Epoch, Fit, Floats, Limits, Model, Progress
from braess.problem import Graph


@dataclass
class BoostedTrees(Model):
    """Gradient-boosted trees that see an edge, the sums over the edges around it and the trips at its ends.

    They learn how much the answer on an edge differs from the usual one. An epoch is one more tree.

    Parameters
    ----------
    leaves
        Most leaves of a tree.
    rate
        Learning rate.
    smallest
        Least examples in a leaf.

    References
    ----------
    Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS 2017.
    """

    name: ClassVar[str] = "boosted-trees"
    reference: ClassVar[str] = "Ke et al. (2017), LightGBM"

    leaves: int = 63
    rate: float = 0.1
    smallest: int = 50

    def _fit(
        self,
        training: Examples,
        validation: Examples,
        *,
        seed: int,
        limits: Limits,
        progress: Progress | None,
        checkpoint: Path | None,
    ) -> Fit:
        """Learn from examples by squared error, as `Model.fit` says; it is over too soon to need a checkpoint."""
        del checkpoint
        usual = training.target.mean(axis=0)
        facts = {"edges": training.graph.edges.tolist(), "usual": usual.tolist()}
        self._require_same(facts, validation.graph)
        watch = _Watch(limits, progress)
        learned = lightgbm.train(
            {
                "objective": "regression",
                "num_leaves": self.leaves,
                "learning_rate": self.rate,
                "min_data_in_leaf": self.smallest,
                "deterministic": True,
                "force_row_wise": True,
                "seed": seed,
                "verbosity": -1,
            },
            data := _data(training, usual),
            num_boost_round=limits.epochs,
            valid_sets=[data, _data(validation, usual)],
            valid_names=["training", "validation"],
            callbacks=[watch],
        )
        text = learned.model_to_string(num_iteration=watch.best)
        self._learned = lightgbm.Booster(model_str=text), facts
        return Fit(watch.number, watch.best, watch.validation, watch.seconds, watch.ended)

    def predict(self, graph: Graph) -> Floats:
        """Predict the answers ``[n, e]``, none below zero."""
        learned, facts = self._require_learned()
        self._require_same(facts, graph)
        usual = np.array(facts["usual"])
        more: Floats = learned.predict(_features(graph, usual)).reshape(len(graph), -1)
        return np.maximum(usual + more, 0.0)

    def to(self, device: str) -> BoostedTrees:
        """Stay on the processor."""
        if device != "cpu":
            raise InputError("boosted trees are at home on the processor", field="device", found=device, expected="cpu")
        return self

    def state(self) -> bytes:
        """Return the trees as text."""
        learned, facts = self._require_learned()
        return json.dumps(facts | {"trees": learned.model_to_string()}).encode()

    def restore(self, state: bytes) -> None:
        """Take over the trees."""
        facts = json.loads(state)
        self._learned = lightgbm.Booster(model_str=facts.pop("trees")), facts

    def _require_same(self, facts: dict[str, Any], graph: Graph) -> None:
        if graph.edges.tolist() != facts["edges"]:
            raise InputError("the model has learned on another graph", field="graph")


class _Watch:
    """Follows the boosting: reports, remembers the best, and ends it."""

    before_iteration = False
    order = 30

    def __init__(self, limits: Limits, progress: Progress | None) -> None:
        self._limits, self._progress, self._began = limits, progress, time.perf_counter()
        self.number, self.best, self.validation, self.seconds, self.ended = 0, 0, float("inf"), 0.0, "epochs"

    def __call__(self, now: Any) -> None:
        losses = {name: float(value) for name, _, value, *_ in now.evaluation_result_list}
        self.number, self.seconds = self.number + 1, time.perf_counter() - self._began
        if losses["validation"] < self.validation:
            self.best, self.validation = self.number, losses["validation"]
        limits = self._limits
        left = self.seconds / self.number * (limits.epochs - self.number)
        if limits.seconds is not None:
            left = min(left, max(limits.seconds - self.seconds, 0.0))
        if self._progress is not None:
            self._progress(Epoch(self.number, limits.epochs, losses["training"], self.validation, self.seconds, left))
        if self.number - self.best >= limits.patience:
            self.ended = "patience"
        elif limits.seconds is not None and self.seconds >= limits.seconds:
            self.ended = "seconds"
        else:
            return
        raise lightgbm.callback.EarlyStopException(self.best - 1, now.evaluation_result_list)


def _data(examples: Examples, usual: Floats) -> Any:
    return lightgbm.Dataset(_features(examples.graph, usual), (examples.target - usual).reshape(-1), free_raw_data=True)


def _features(graph: Graph, usual: Floats) -> NDArray[np.float32]:
    """Return plain features of each edge of each graph, ``[n e, features]``."""
    (tail, head), n, nodes = graph.edges, len(graph), graph.node_features.shape[1]
    sent = np.broadcast_to(graph.node_features, (n, *graph.node_features.shape[1:]))
    out, into = sent.sum(axis=2), np.zeros((n, nodes), dtype=np.float32)
    into[:, graph.terminals] = sent.sum(axis=1)
    edge = graph.edge_features
    leaves, enters = (_sums(edge, ends, nodes) for ends in (tail, head))
    columns = [
        *np.moveaxis(edge, 2, 0),
        *(np.moveaxis(sums[:, ends], 2, 0) for sums in (leaves, enters) for ends in (tail, head)),
        *(trips[:, ends] for trips in (out, into) for ends in (tail, head)),
        np.broadcast_to(usual.astype(np.float32), edge.shape[:2]),
        np.broadcast_to(out.sum(axis=1, keepdims=True), edge.shape[:2]),
    ]
    flat = [column.reshape(-1, n, edge.shape[1]) if column.ndim == 3 else column[None] for column in columns]
    found: NDArray[np.float32] = np.concatenate(flat).transpose(1, 2, 0).reshape(n * edge.shape[1], -1)
    return found


def _sums(edge: NDArray[np.float32], ends: NDArray[np.int64], nodes: int) -> NDArray[np.float32]:
    """Return the sums of edge features over the edges with one end at each node, ``[n, v, q]``."""
    sums = np.zeros((nodes, len(edge), edge.shape[2]), dtype=np.float32)
    np.add.at(sums, ends, edge.transpose(1, 0, 2))
    found: NDArray[np.float32] = sums.transpose(1, 0, 2)
    return found
