"""Replays: what a whole run gives, for the operators below what changed; other branches and failures run as a whole."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import Recipe, graph_of

from braess.errors import InputError
from braess.trace import Parameter, ReplayDifference, Workflow, bundle, replay
from braess.trace.replay import same


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 15), st.data())
def test_replay_is_the_run(seed: int, parameters: int, steps: int, data: st.DataObject) -> None:
    """Bit for bit the whole run, for at most the operators below the change and above the output (networkx counts them)."""
    workflow = Recipe(np.random.default_rng(seed), parameters, steps).workflow()
    run = workflow.run()
    changed = data.draw(st.sets(st.sampled_from(sorted(workflow.parameters)), min_size=1))
    changes = {name: 0.123 + 0.1 * i for i, name in enumerate(sorted(changed))}
    found, whole = replay(run, changes), workflow.run(changes)
    assert found.objectives.tolist() == whole.objectives.tolist()
    assert found.values == whole.values
    graph, output = graph_of(run.trace), run.outputs["value"]
    below = set().union(*(nx.descendants(graph, run.trace[name].index) for name in changed))
    assert found.calls <= len(below & (nx.ancestors(graph, output) | {output}))
    assert run.values == workflow.values(), "a replay must leave the run as it was"


def test_operators_called() -> None:
    """Three steps in a row and one beside them: the count must be that of the steps below the change, no more."""
    counted: list[str] = []

    def step(name):
        return bundle(lambda *x: counted.append(name) or sum(x) + 1.0, name=name)

    first, second, third, beside = map(step, ("first", "second", "third", "beside"))
    workflow = Workflow(lambda a, b, c: third(second(first(a), b), c) + beside(a), {name: Parameter(0.0) for name in "abc"})
    run = workflow.run()
    assert run.calls == 5
    for name, expected in (("a", ["first", "second", "third", "beside"]), ("b", ["second", "third"]), ("c", ["third"])):
        counted.clear()
        assert replay(run, {name: 2.0}).calls == len(expected) + 1  # and the sum
        assert sorted(counted) == sorted(expected)
    counted.clear()
    assert replay(run, {"a": 0.0}).calls == 0
    assert counted == []


def test_what_comes_out_the_same_ends_a_replay() -> None:
    """Where a step gives the same as before, what follows need not be repeated."""
    slow = bundle(lambda x: x * 10.0, name="slow")
    workflow = Workflow(lambda x: slow(np.maximum(x, 0.0)), {"x": Parameter(-1.0)})
    assert replay(workflow.run(), {"x": -2.0}).calls == 1
    assert replay(workflow.run(), {"x": 2.0}).calls == 2


def branching(x, y):
    """Use y on one side only."""
    if x > 0:
        return x * y
    return -x + 1.0


def test_another_branch_is_another_run() -> None:
    """The graph changes with the data: a replay must notice, and give the graph of the other branch."""
    workflow = Workflow(branching, {"x": Parameter(1.0), "y": Parameter(5.0)})
    run = workflow.run()
    kept, crossed = replay(run, {"x": 2.0}), replay(run, {"x": -2.0})
    assert (kept.score, kept.calls) == (10.0, 2)
    assert (crossed.score, crossed.calls) == (3.0, 1 + 3)
    assert crossed.behind(crossed.outputs["value"]) == ["x"]
    assert run.behind(run.outputs["value"]) == ["x", "y"]


def test_values_read_are_watched() -> None:
    """What left the trace is a constant in it: a replay that changes it must run the workflow."""
    workflow = Workflow(lambda x, y: y * 2.0 + float(x), {"x": Parameter(1.0), "y": Parameter(1.0)})
    run = workflow.run()
    assert replay(run, {"x": 5.0}).score == 7.0
    assert replay(run, {"y": 5.0}).calls == 2


def test_failures_run_as_a_whole() -> None:
    """An operator that raises in a replay must give the failed run, with its error node."""

    def rooted(x):
        if x < 0:
            raise ValueError("negative")
        return x**0.5

    workflow = Workflow(bundle(rooted), {"x": Parameter(4.0)})
    found = replay(workflow.run(), {"x": -1.0})
    assert (found.failed, found.blamed(), str(found.error)) == (True, ["x"], "negative")
    endless = Workflow(lambda x: np.log(x + 0.0 * x), {"x": Parameter(1.0)})
    with np.errstate(divide="ignore"):
        assert "no finite number" in str(replay(endless.run(), {"x": 0.0}).error)
    with pytest.raises(InputError, match="cannot be replayed"):
        replay(found, {"x": 1.0})
    with pytest.raises(InputError, match="no such parameter"):
        replay(workflow.run(), {"y": 1.0})


def test_differences_count_and_agree() -> None:
    """Of a chain of ten steps with a parameter each: half the calls of whole runs, and the derivative known in closed form."""

    def chain(**given):
        value = 0.0
        for one in given.values():
            value = np.tanh(value + one)
        return value

    workflow = Workflow(chain, {f"p{k}": Parameter(0.1 * k) for k in range(10)})
    run, value, slope = workflow.run(), 0.0, []
    for k in range(10):
        value = np.tanh(value + 0.1 * k)
        slope = [(1 - value**2) * one for one in [*slope, 1.0]]
    proposer = ReplayDifference(workflow, central=True)
    np.testing.assert_allclose(proposer.slopes(run), slope, rtol=1e-8, atol=1e-10)
    assert proposer.calls == 2 * sum(2 * (10 - k) for k in range(10))
    assert proposer.calls < 0.6 * 2 * 10 * run.calls


def test_same_is_careful() -> None:
    """What cannot be told to be the same counts as different."""
    assert same(1.0, 1.0)
    assert same(np.arange(3), np.arange(3))
    assert same({"a": [1, (2.0, "x")]}, {"a": [1, (2.0, "x")]})
    for a, b in (
        (1, 1.0),
        (True, 1),
        (np.arange(3), np.arange(3.0)),
        (object(), object()),
        ({"a": 1}, {"b": 1}),
        (np.nan, np.nan),
    ):
        assert not same(a, b) or a is b
