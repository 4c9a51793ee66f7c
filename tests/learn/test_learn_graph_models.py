"""Graph networks: they do not depend on how nodes and edges are numbered; flows are balanced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="graph models need the extra learn")
pytest.importorskip("torch_geometric", reason="graph models need the extra learn")

from braess.learn import Examples, Limits, find_model
from braess.learn.graph_model import Frame, GraphModel
from braess.learn.od_graph import ODGraph
from braess.problem import Graph
from braess.testing.currents import currents

NAMES = ("cgs", "gcn", "gin", "graphsage", "od-graph", "virtual-nodes")


def relabelled(examples: Examples, nodes: np.ndarray, edges: np.ndarray) -> Examples:
    """Node ``v`` becomes ``nodes[v]``, and edges come in another order."""
    graph = examples.graph
    features = np.empty_like(graph.node_features)
    features[:, nodes] = graph.node_features
    return Examples(
        Graph(
            nodes[graph.edges][:, edges],
            nodes[graph.terminals],
            features,
            graph.edge_features[:, edges],
            graph.weight[:, edges],
        ),
        examples.target[:, edges],
    )


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_numbering_does_not_matter(name: str, seed: int) -> None:
    """The same weights on the relabelled graph must give the relabelled answers, in learning and afterwards."""
    kind = find_model(name)
    assert issubclass(kind, GraphModel)
    model = kind(layers=2, width=8)
    rng = np.random.default_rng(seed)
    examples = currents(6, seed=seed)
    edges = rng.permutation(examples.graph.edges.shape[1])
    other = relabelled(examples, rng.permutation(8), edges)
    torch.manual_seed(seed)
    one = model.network(Frame.of(examples))
    for parameter in one.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    two = model.network(Frame.of(other))
    two.load_state_dict(one.state_dict())
    for training in (False, True):
        answers = [
            network.train(training)(model._tensors(part.graph, Frame.of(part))).detach()
            for network, part in ((one, examples), (two, other))
        ]
        scale = answers[0].abs().max() + 1e-3
        assert (answers[0][edges] - answers[1]).abs().max() <= 2e-4 * scale


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_flows_are_balanced(seed: int) -> None:
    """Whatever the network has learned: what leaves a node less what enters it is what it sends less what it gets."""
    examples = currents(60, seed=seed)
    model = ODGraph(layers=1, width=8, batch=16)
    model.fit(*examples.split(0.8, 0.2), seed=seed, limits=Limits(epochs=3))
    predicted, graph = model.predict(examples.graph), examples.graph
    assert predicted.min() >= 0
    left = np.zeros((60, 8))
    for edge, (tail, head) in enumerate(graph.edges.T):
        left[:, tail] += predicted[:, edge]
        left[:, head] -= predicted[:, edge]
    due = graph.node_features.sum(axis=2)
    due[:, graph.terminals] -= graph.node_features.sum(axis=1)
    assert np.abs(left - due).max() <= 1e-3 * due.max()


def test_ten_examples_are_learned_by_heart() -> None:
    """A network that cannot reproduce ten examples is wired wrongly."""
    examples = currents(10)
    model = find_model("gin")(layers=3, width=32, depth=2, batch=10, rate=2e-3)  # type: ignore[call-arg]
    model.fit(examples, examples, limits=Limits(epochs=500, patience=500))
    predicted = model.predict(examples.graph)
    assert np.abs(predicted - examples.target).mean() < 0.05 * examples.target.mean()


def test_what_learns_nothing_is_named() -> None:
    examples = currents(10)
    with pytest.raises(Exception, match="no numbers"):
        replace(examples, target=np.full_like(examples.target, np.nan))
    with pytest.raises(Exception, match="not one answer"):
        replace(examples, target=examples.target[:, :-1])
    with pytest.raises(Exception, match="impossible parts"):
        examples.split(0.5, 0.4)
    with pytest.raises(Exception, match="no such model"):
        find_model("gni")
