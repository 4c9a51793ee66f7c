"""Feedback goes back: smallest subgraphs by brute force, adjoints against PyTorch, passes that are retained or not."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import Recipe, graph_of

from braess.errors import InputError
from braess.trace import AdjointPropagator, Node, SubgraphPropagator, TraceWarning, backward, bundle, node, record, relevant
from braess.trace.backward import send_back


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 15))
def test_smallest_subgraph_by_brute_force(seed: int, parameters: int, steps: int) -> None:
    """Ancestors of the output that descend from the parameter, and the other parents of these: networkx and nothing of ours."""
    run = Recipe(np.random.default_rng(seed), parameters, steps).workflow().run()
    trace, output = run.trace, run.outputs["value"]
    graph = graph_of(trace)
    above = nx.ancestors(graph, output) | {output}
    found = send_back(Node(trace, output), "smaller", SubgraphPropagator())
    whole: set[int] = set()
    for k, root in enumerate(trace.parameters):
        name = trace.entries[root].name
        if root not in above:
            assert name not in found
            continue
        between = above & (nx.descendants(graph, root) | {root})
        expected = between | {parent for one in between for parent in graph.predecessors(one)}
        whole |= expected
        assert set(found[name].members()) == expected
        assert found[name].feedback == "smaller"
        assert set(np.flatnonzero(relevant(trace, output, parameters=1 << k))) == expected
    assert set(np.flatnonzero(relevant(trace, output))) == whole


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 12))
def test_adjoints_of_random_graphs(seed: int, parameters: int, steps: int) -> None:
    """PyTorch differentiates the same steps by itself."""
    torch = pytest.importorskip("torch", reason="needs the extra learn")
    recipe = Recipe(np.random.default_rng(seed), parameters, steps)
    run = recipe.workflow().run()
    found = send_back(Node(run.trace, run.outputs["value"]), 1.0, AdjointPropagator())
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in recipe.first]
    out = recipe.nodes(leaves, lambda name, *values: getattr(torch, name)(*values))[-1]
    assert float(out.detach()) == pytest.approx(run.objectives[0], rel=1e-12, abs=1e-12)
    grads = torch.autograd.grad(out, leaves, allow_unused=True) if out.requires_grad else [None] * len(leaves)
    for name, theirs in zip(recipe.names, grads, strict=True):
        ours, known = found.get(name, 0.0), 0.0 if theirs is None else float(theirs)
        assert ours == pytest.approx(known, rel=1e-10, abs=1e-10)


def _everything(np_, x, y, m, items):
    """Use each function that has a derivative here; ``np_`` is NumPy or what speaks like it."""
    a = np_.exp(0.1 * x) + np_.log(x) - np_.sqrt(x) * np_.sin(y) / np_.cos(0.1 * x) + np_.tanh(y) ** 2
    b = np_.expm1(0.1 * y) + np_.log1p(x) + np_.square(y) + np_.reciprocal(x) + np_.arctan(y) - abs(-x) + (+x) + x**y + 2.0**y
    c = np_.maximum(x, y) + np_.minimum(x, 1.5) + np_.clip(y, 0.5, 1.5) + np_.where(x > y, x * y, y) + x % 0.7
    d = m @ x + x @ m + (m @ m)[0] + np_.sum(m, axis=0) + np_.mean(m, axis=1) + (m * y)[1, 0] + items(np_, x, y)
    return np_.sum(a * b + c) + np_.mean(d) + (x @ y) + np_.sum(m[:, 1])


def test_adjoints_of_every_function() -> None:
    """All derivatives there are, broadcasting and indexing among them, in one expression."""
    torch = pytest.importorskip("torch", reason="needs the extra learn")
    rng = np.random.default_rng(0)
    x, y, m = rng.uniform(0.6, 2.0, 3), rng.uniform(0.2, 2.0, 3), rng.normal(size=(3, 3))
    with record():
        nodes = node(x, "x", trainable=True), node(y, "y", trainable=True), node(m, "m", trainable=True)
        items = lambda np_, x, y: np_.concatenate([x[:2], y[2:]]) * np_.stack([x[0], y[1], x[2]])  # noqa: E731
        out = _everything(np, *nodes, items)
    found = backward(out, 1.0, AdjointPropagator())
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, y, m)]

    class Torch:
        def __getattr__(self, name):
            return getattr(torch, name)

        def sum(self, x, axis=None):
            return torch.sum(x) if axis is None else torch.sum(x, dim=axis)

        def mean(self, x, axis=None):
            return torch.mean(x) if axis is None else torch.mean(x, dim=axis)

        def minimum(self, x, bound):
            return torch.minimum(x, torch.full_like(x, bound))

    theirs = _everything(Torch(), *leaves, items)
    assert out.value == pytest.approx(float(theirs.detach()), rel=1e-12)
    for name, leaf, grad in zip("xym", leaves, torch.autograd.grad(theirs, leaves), strict=True):
        del leaf
        np.testing.assert_allclose(found[name], grad.numpy(), rtol=1e-10, atol=1e-10)


def test_adjoints_of_own_functions() -> None:
    """A bundled function with several outputs, containers and a derivative of its own."""

    @bundle(vjp=lambda adjoint, output, pair, k: ([(adjoint[0] or 0.0) * k, (adjoint[1] or 0.0) * 2.0 * pair[1]], None))
    def both(pair, k):
        return pair[0] * k, pair[1] ** 2

    with record():
        a, b = node(3.0, "a", trainable=True), node(5.0, "b", trainable=True)
        scaled, squared = both([a, b], k=4.0)
        out = scaled * squared + {"b": squared}["b"]
    assert backward(out, 1.0, AdjointPropagator()) == {"a": 4.0 * 25.0, "b": (12.0 + 1.0) * 10.0}


def test_dictionaries_carry_adjoints() -> None:
    """A workflow passes results in dictionaries: adjoints go back part by part."""
    made = bundle(
        lambda x: {"once": x, "twice": 2.0 * x},
        name="made",
        vjp=lambda g, _, x: (g.get("once", 0.0) + 2.0 * g.get("twice", 0.0),),
    )
    with record():
        parts = made(node(3.0, "x", trainable=True))
        out = parts["once"] * parts["twice"]
    assert backward(out, 1.0, AdjointPropagator()) == {"x": 12.0}


def test_bounds_have_derivatives_where_they_hold() -> None:
    """What is clipped moves with the bound; a node in a keyword is refused, not taken as a constant."""
    with record():
        x, low = node(np.array([0.0, 2.0, 5.0]), "x", trainable=True), node(1.0, "low", trainable=True)
        out, keyword = np.sum(np.clip(x, low, 3.0)), np.sum(np.clip(x, min=low))
    found = backward(out, 1.0, AdjointPropagator(), retain=True)
    assert np.array_equal(found["x"], [0.0, 1.0, 0.0])
    assert found["low"] == 1.0
    with pytest.raises(InputError, match="positional"):
        backward(keyword, 1.0, AdjointPropagator())


def test_passes_are_retained_or_not() -> None:
    """A node is passed once, unless it was retained; feedback adds up until it is cleared."""
    with record() as trace:
        x = node(3.0, "x", trainable=True)
        y = x * x
        z = y + 1.0
    assert backward(z, 1.0, AdjointPropagator(), retain=True) == {"x": 6.0}
    assert backward(z, 2.0, AdjointPropagator()) == {"x": 12.0}
    assert trace.feedback == {x.index: [6.0, 12.0]}
    with pytest.raises(InputError, match="retain"):
        backward(y, 1.0, AdjointPropagator())
    trace.clear_feedback()
    assert trace.feedback == {}


def test_feedback_of_two_outputs_does_not_mix() -> None:
    """Subgraphs join only where they speak of the same feedback."""
    with record() as trace:
        x = node(1.0, "x", trainable=True)
        first, second = x + 1.0, x * 2.0
    propagator = SubgraphPropagator()
    found = [backward(out, said, propagator)["x"] for out, said in ((first, "more"), (second, "less"))]
    assert [(one.members(), one.feedback) for one in found] == [([0, 1], "more"), ([0, 2], "less")]
    assert len(trace.feedback[0]) == 2
    with pytest.raises(InputError, match="several outputs"):
        propagator.aggregate(found)


def test_what_has_no_derivative_is_named() -> None:
    with record():
        out = bundle(lambda x: x, name="opaque")(node(1.0, "x", trainable=True))
    with pytest.raises(InputError, match="opaque_0: an operator without a derivative"):
        backward(out, 1.0, AdjointPropagator())


def test_a_parameter_beside_the_output_is_warned_of() -> None:
    """Nothing can be learned of it, which a user must know."""
    with record():
        x, _ = node(1.0, "x", trainable=True), node(1.0, "unused", trainable=True)
        out = x * 2.0
    with pytest.warns(TraceWarning, match="'unused': it was not used"):
        backward(out, 1.0, AdjointPropagator())
