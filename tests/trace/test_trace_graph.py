"""Recording: names, levels, operators on nodes, containers, functions of NumPy, what leaves the trace, errors."""

from __future__ import annotations

import pickle
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import Recipe, graph_of

from braess.errors import InputError
from braess.trace import Node, TraceWarning, bundle, node, record


@bundle
def spread(values, *, by=2.0):
    """Scale and shift."""
    return {"low": min(values) / by, "high": max(values) * by}


@bundle
def fragile(x):
    """Fail below zero."""
    if x < 0:
        raise ValueError("negative")
    return x**0.5


def test_operators_give_the_value_and_are_recorded() -> None:
    """Each operator on nodes must give what Python gives on values, from either side, and name its step."""
    with record() as trace:
        a, b = node(7.0, "a"), node(2.0, "b")
        found = [a + b, a - b, a * b, a / b, a // b, a % b, a**b, -a, +a, abs(-a), a < b, a <= b, a > b, a >= b, a == b, a != b]
        swapped = [3 + b, 3 - b, 3 * b, 3 / b, 3 // b, 3 % b, 3**b]
        m = np.arange(4.0).reshape(2, 2)
        product = m @ node(np.array([1.0, 2.0])), node(m) @ m
    x, y = 7.0, 2.0
    expected = [x + y, x - y, x * y, x / y, x // y, x % y, x**y, -x, +x, x, False, False, True, True, False, True]
    assert [one.value for one in found] == expected
    assert [one.value for one in swapped] == [3 + y, 3 - y, 3 * y, 3 / y, 3 // y, 3 % y, 3**y]
    assert np.array_equal(product[0].value, m @ [1.0, 2.0])
    assert np.array_equal(product[1].value, m @ m)
    assert len({entry.name for entry in trace.entries}) == len(trace)
    assert trace["add_0"].parents[0].name == "a"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 15))
def test_levels_and_roots(seed: int, parameters: int, steps: int) -> None:
    """A level is the longest way from a root, and a node's parameters are its ancestors: both by networkx."""
    import networkx as nx

    trace = Recipe(np.random.default_rng(seed), parameters, steps).workflow().run().trace
    graph = graph_of(trace)
    for index, entry in enumerate(trace.entries):
        above = nx.ancestors(graph, index) | {index}
        longest = nx.dag_longest_path_length(graph.subgraph(above))
        assert entry.level == longest
        assert trace.roots[index] == sum(1 << k for k, root in enumerate(trace.parameters) if root in above)
        assert set(np.flatnonzero(trace.ancestors(index))) == above


def test_containers_are_looked_through() -> None:
    """A node in a list, tuple or dictionary must not become a constant unseen."""
    with record() as trace:
        a, b = node(4.0, "a", trainable=True), node(1.0, "b", trainable=True)
        found = spread([a, 2.0, b], by=b)
        total = found["high"] + np.sum(np.stack([a, b])) + sum([a, b])
    assert total.value == 4.0 + 5.0 + 5.0
    assert {parent.name for parent in found.parents} == {"a", "b"}
    assert trace.unreached(total.index) == {}
    assert spread([4.0, 1.0]) == {"low": 0.5, "high": 8.0}


def test_tuples_are_unpacked() -> None:
    """A function that returns several things gives nodes when unpacked."""
    halves = bundle(lambda x: (x / 2, -x), name="halves")
    with record():
        first, second = halves(node(6.0))
    assert (first.value, second.value) == (3.0, -6.0)
    assert first.parents[0].name == "halves_0"


def test_what_leaves_the_trace_is_noted() -> None:
    """Conversions, formatting and conditions end the trace: each is noted, and a parameter lost that way is warned of."""
    with record() as trace:
        x, y = node(2.5, "x", trainable=True), node(3.0, "y", trainable=True)
        lost = float(x) + int(x) + len(f"{x:.1f}") + np.asarray(x).sum()
        branch = y * 1.0 if x > 1 else y
        out = branch + lost
    assert [read.how for read in trace.reads] == ["float", "int", "format", "array", "bool"]
    with pytest.warns(TraceWarning, match="the parameter 'x': its value left the trace by array, bool, float, format, int"):
        trace.warn_unreached(out.index)
    assert trace.unreached(out.index).keys() == {"x"}


def test_equality_is_recorded_and_identity_is_by_node() -> None:
    """Nodes with equal values are different nodes, in sets and dictionaries too."""
    with record():
        a, b = node(1.0, "a"), node(1.0, "b")
        same = a == b
        assert isinstance(same, Node)
        assert same.value is True
    assert len({hash(a), hash(b)}) == 2
    assert {a: 1}[a] == 1


def test_errors_are_nodes() -> None:
    """A run that fails must say where, and which parameters lead there."""
    with suppress(ValueError), record() as trace:
        x, y = node(1.0, "x", trainable=True), node(5.0, "y", trainable=True)
        fragile(y)
        fragile(x - 2.0)
    assert trace.error is not None
    assert (trace.entries[trace.error].name, str(trace.values[trace.error])) == ("fragile_1", "negative")
    assert trace.roots[trace.error] == 1  # x alone


def test_errors_of_plain_python_are_nodes() -> None:
    """What no operator raised is put below what was read: the condition that led there."""
    with suppress(RuntimeError), record() as trace:
        x, y = node(1.0, "x", trainable=True), node(5.0, "y", trainable=True)
        y + 1.0
        if x > 0.5:
            raise RuntimeError("no way")
    assert trace.error is not None
    assert [trace.entries[parent].name for parent in trace.entries[trace.error].parents] == ["greater_0"]
    assert trace.roots[trace.error] == 1


def test_caught_errors_do_not_end_a_run() -> None:
    """A workflow may try and do otherwise."""
    with record() as trace:
        x = node(-1.0, "x")
        try:
            y = fragile(x)
        except ValueError:
            y = x * 0.0
    assert trace.error is None
    assert y.value == 0.0


def test_mistakes_are_refused() -> None:
    with pytest.raises(InputError, match="nothing is being recorded"):
        node(1.0)
    with record() as trace:
        x = node(1.0, "x")
        for name in ("x", "two words", "class"):
            with pytest.raises(InputError, match="name"):
                node(2.0, name)
        with pytest.raises(TypeError, match="in place"):
            x[0] = 3.0
        with pytest.raises(InputError, match="no such node"):
            trace["y"]
    with record(), pytest.raises(InputError, match="another run"):
        node(1.0) + x


def test_recordings_nest() -> None:
    """A run within a run is another trace."""
    with record() as outer:
        node(1.0, "a")
        with record() as inner:
            node(2.0, "a")
        node(3.0, "b")
    assert (len(outer), len(inner)) == (2, 1)


def test_bundles_pickle_by_name() -> None:
    """Workers in other processes need them; those without a name of their own go as what they were made from."""
    assert pickle.loads(pickle.dumps(fragile)) is fragile
    other = bundle(np.tanh, name="other")
    assert pickle.loads(pickle.dumps(other)).operator.name == "other"
