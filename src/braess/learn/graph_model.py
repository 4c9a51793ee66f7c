"""What models share that are a PyTorch network on a graph: scaled tensors in, one answer for each edge out."""

from __future__ import annotations

import io
import json
from abc import abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from braess.errors import InputError

try:
    import torch
    from torch import nn
except ImportError as error:
    raise ImportError("graph models need the package torch: pip install 'braess[learn]'") from error

from braess.learn._fitting import Schedule, device_of, digest_of, fit_module
from braess.learn.examples import Examples
from braess.learn.model import Fit, Floats, Limits, Model, Progress
from braess.problem import Graph

_Self = TypeVar("_Self", bound="GraphModel")

# Edges of all graphs that a processor predicts at a time, so that what is computed stays in its cache, and fewest graphs.
_AT_ONCE, _FEWEST = 32_000, 16


class Tensors(NamedTuple):
    """Graphs as a network reads them, nodes and edges first, scaled to about 1."""

    nodes: torch.Tensor
    """``[v, n, p]``, or ``[v, 1, p]`` where they are the same in all graphs"""
    features: torch.Tensor
    """``[e, n, q]``"""
    weight: torch.Tensor
    """``[e, n, 1]``"""


@dataclass(frozen=True)
class Frame:
    """What all graphs have in common that a network is made for, and the scales of their features.

    Parameters
    ----------
    edges, terminals
        As in `Graph`.
    nodes, features
        Number of nodes, and of features of an edge.
    node_scale, edge_mean, edge_scale, weight_scale, target_scale
        What features, weights and answers are divided by, those of edges after taking off the mean.
    usual_features, usual_target
        ``[e, q]`` and ``[e]`` means of each edge over all examples, scaled.
    """

    edges: list[list[int]]
    terminals: list[int]
    nodes: int
    features: int
    node_scale: float
    edge_mean: list[float]
    edge_scale: list[float]
    weight_scale: float
    target_scale: float
    usual_features: list[list[float]]
    usual_target: list[float]

    @classmethod
    def of(cls, examples: Examples) -> Frame:
        """Return the frame of some examples."""
        graph = examples.graph
        columns = graph.edge_features.reshape(-1, graph.edge_features.shape[2])
        mean = columns.mean(axis=0, dtype=np.float64)
        spread = np.array([_some(float(value)) for value in columns.std(axis=0, dtype=np.float64)])
        target_scale = _size(examples.target)
        return cls(
            edges=graph.edges.tolist(),
            terminals=graph.terminals.tolist(),
            nodes=graph.node_features.shape[1],
            features=columns.shape[1],
            node_scale=_size(graph.node_features),
            edge_mean=mean.tolist(),
            edge_scale=spread.tolist(),
            weight_scale=_size(graph.weight),
            target_scale=target_scale,
            usual_features=((graph.edge_features.mean(axis=0, dtype=np.float64) - mean) / spread).tolist(),
            usual_target=(examples.target.mean(axis=0) / target_scale).tolist(),
        )

    def require(self, graph: Graph) -> None:
        """Refuse a graph that is another one."""
        shape = (self.nodes, len(self.terminals), self.features)
        found = (*graph.node_features.shape[1:], graph.edge_features.shape[2])
        if shape != found or graph.edges.tolist() != self.edges or graph.terminals.tolist() != self.terminals:
            raise InputError("the model has learned on another graph", field="graph")


def _size(values: Any) -> float:
    """Return the root of the mean square, to divide by."""
    return _some(float(np.sqrt(np.square(values, dtype=np.float64).mean())))


def _some(value: float) -> float:
    return value if np.isfinite(value) and value > 0.0 else 1.0


@dataclass
class GraphModel(Model):
    """A model that is a network on one graph.

    Parameters
    ----------
    batch
        Examples in a step of learning.
    rate
        Learning rate of Adam at first; it falls to nine tenths after ten epochs without a better validation loss.
    """

    batch: int = 64
    rate: float = 1e-3

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        self._learned: tuple[nn.Module, Frame] | None = None
        self._device = torch.device("cpu")

    @abstractmethod
    def network(self, frame: Frame) -> nn.Module:
        """Return a network of `Tensors` to scaled answers ``[e, n]``, its weights at random."""

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
        """Learn from examples by the mean squared error, as `Model.fit` says."""
        frame = Frame.of(training)
        frame.require(validation.graph)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = self.network(frame).to(self._device)
            losses = [self._loss(module, part, frame) for part in (training, validation)]
            fit = fit_module(
                module,
                (len(training), losses[0]),
                (len(validation), losses[1]),
                schedule=Schedule(self.batch, self.rate),
                seed=seed,
                limits=limits,
                progress=progress,
                checkpoint=checkpoint,
                facts={"model": self.name, "settings": self.settings(), "examples": _digest(training, validation)},
            )
        self._learned = module, frame
        return fit

    def predict(self, graph: Graph) -> Floats:
        """Predict the answers ``[n, e]``."""
        module, frame = cast("tuple[nn.Module, Frame]", self._require_learned())
        frame.require(graph)
        found = np.empty((len(graph), graph.edges.shape[1]))
        with torch.no_grad():
            most = max(_FEWEST, _AT_ONCE // found.shape[1]) if self._device.type == "cpu" else self.batch
            for start in range(0, len(graph), most):
                rows = slice(start, start + most)
                found[rows] = module(self._tensors(graph.take(rows), frame)).T.cpu().numpy() * frame.target_scale
        return found

    def to(self: _Self, device: str) -> _Self:
        """Move the network to a device."""
        self._device = device_of(device)
        if self._learned is not None:
            self._learned[0].to(self._device)
        return self

    def state(self) -> bytes:
        """Return weights and frame."""
        (module, frame), file = self._require_learned(), io.BytesIO()
        torch.save({"frame": json.dumps(asdict(frame)), "weights": module.state_dict()}, file)
        return file.getvalue()

    def restore(self, state: bytes) -> None:
        """Take over weights and frame."""
        kept = torch.load(io.BytesIO(state), weights_only=True, map_location=self._device)
        frame = Frame(**json.loads(kept["frame"]))
        module = self.network(frame).to(self._device)
        module.load_state_dict(kept["weights"])
        self._learned = module.eval(), frame

    def _loss(self, module: nn.Module, examples: Examples, frame: Frame) -> Any:
        """Return the function of rows to the mean squared error of scaled answers."""
        target = torch.from_numpy((examples.target / frame.target_scale).astype(np.float32))

        def loss(rows: torch.Tensor) -> torch.Tensor:
            tensors = self._tensors(examples.graph.take(rows.numpy()), frame)
            return nn.functional.mse_loss(module(tensors).T, target[rows].to(self._device))

        return loss

    def _tensors(self, graph: Graph, frame: Frame) -> Tensors:
        nodes, features, weight = (
            torch.from_numpy(np.array(array)).to(self._device).transpose(0, 1)
            for array in (graph.node_features, graph.edge_features, graph.weight[:, :, None])
        )
        mean, spread = (torch.tensor(values, device=self._device) for values in (frame.edge_mean, frame.edge_scale))
        return Tensors(
            nodes / frame.node_scale,
            (features - mean) / spread,
            weight / frame.weight_scale,
        )


def _digest(*parts: Examples) -> str:
    """Return what tells these examples from others."""
    graphs = ((part.graph, part.target) for part in parts)
    return digest_of(
        array
        for graph, target in graphs
        for array in (graph.edges, graph.node_features, graph.edge_features, graph.weight, target)
    )
