"""Proposers by themselves: Adam as PyTorch has it, line search, blocks, repair, and what of a suggestion is accepted."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import Recipe

from braess.errors import InputError
from braess.problem import Constraint, Objective
from braess.space import Binary, Categorical, Integer, Real
from braess.trace import (
    Adjoint,
    Code,
    Parameter,
    Proposer,
    Repair,
    ReplayDifference,
    Sandbox,
    Structure,
    Suggestion,
    TraceWarning,
    Workflow,
    accepted,
    blocks,
    bundle,
    improve,
)


@pytest.mark.slow  # PyTorch imports its compiler with the optimiser
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(5, 12))
@pytest.mark.filterwarnings("ignore::braess.trace.TraceWarning")
def test_adam_is_that_of_pytorch(seed: int, parameters: int, steps: int) -> None:
    """The same graph, the same step size: the same values after each of 20 runs."""
    torch = pytest.importorskip("torch", reason="needs the extra learn")
    recipe = Recipe(np.random.default_rng(seed), parameters, steps)
    found = improve(recipe.workflow(), Adjoint(recipe.workflow(), step=0.05), runs=20)
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in recipe.first]
    theirs, optimiser = [], torch.optim.Adam(leaves, lr=0.05)
    for _ in range(len(found.ranks)):
        optimiser.zero_grad()
        out = recipe.nodes(leaves, lambda name, *values: getattr(torch, name)(*values))[-1]
        theirs.append(float(out.detach()))
        if out.requires_grad:
            out.backward()
            optimiser.step()
    np.testing.assert_allclose([score for _, score in found.ranks], theirs, rtol=1e-8, atol=1e-8)


def rosenbrock(x, y):
    return 100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2


@pytest.mark.parametrize("proposer", [Adjoint, ReplayDifference])
def test_line_search_goes_down(proposer: Any) -> None:
    """A curved valley whose minimum is 0 at (1, 1); every accepted run is better than the one before."""
    workflow = Workflow(
        rosenbrock, {"x": Parameter(-1.2, Real(low=-2.0, high=2.0)), "y": Parameter(1.0, Real(low=-2.0, high=2.0))}
    )
    found = improve(workflow, proposer(workflow, rule="line-search"), runs=400)
    assert found.best.score < 1e-3
    assert found.calls[-1] > len(found.ranks) * workflow.run().calls


def test_bounds_are_kept() -> None:
    """The minimum lies outside the range, at which the descent must end by itself."""
    workflow = Workflow(lambda x: (x - 5.0) ** 2, {"x": Parameter(1.0, Real(low=0.5, high=2.0, log=True))})
    found = improve(workflow, Adjoint(workflow, rule="line-search"), runs=50)
    assert found.best.values["x"] == 2.0
    assert len(found.ranks) < 50


def test_objectives_to_make_large() -> None:
    workflow = Workflow(lambda x: x * (10.0 - x), {"x": Parameter(1.0)}, (Objective("revenue", "max"),))
    assert improve(workflow, Adjoint(workflow, rule="line-search"), runs=20).best.objectives[0] == pytest.approx(25.0)


def split(**given):
    """Return three parts that share nothing, the first of two parameters."""
    return {
        "cost": quad(given["a"], given["b"]) + (quad(given["c"], 0.0) - -(quad(given["d"], given["d"]))),
        "room": given["c"] - 0.9,
    }


@bundle
def quad(x, y):
    """Return a bowl."""
    return (x - 0.3) ** 2 + (y - 0.6) ** 2 + 0.5 * x * y


SPLIT = Workflow(
    split,
    {name: Parameter(0.0, Real(low=-1.0, high=1.0)) for name in "abcde"},
    (Objective("cost"),),
    (Constraint("room"),),
)


def test_blocks() -> None:
    """Parameters that share no term are apart; sums, differences and signs are looked through; unused ones are in none."""
    found = blocks(SPLIT.run())
    assert [block.parameters for block in found] == [("a", "b"), ("c",), ("d",)]
    assert [len(block.constraints) for block in found] == [0, 1, 0]
    run = SPLIT.run({"a": 0.1, "d": 0.7, "c": 0.95})
    parts = [block.rank(run) for block in found]
    assert sum(part for _, part in parts) == pytest.approx(run.score)
    assert sum(violation for violation, _ in parts) == pytest.approx(run.violation)


def test_sums_of_sums_are_looked_through_once() -> None:
    """Sixty doublings are one term of weight 2^60, not as many terms."""

    def doubled(x, y):
        for _ in range(60):
            x = x + x
        return x - y

    found = blocks(Workflow(doubled, {"x": Parameter(1.0), "y": Parameter(1.0)}).run())
    assert [block.terms for block in found] == [((0, 2.0**60),), ((1, -1.0),)]


@pytest.mark.filterwarnings("ignore::braess.trace.TraceWarning")
def test_blocks_are_improved_together() -> None:
    """With the trace, three blocks cost the runs of the largest; joined by one product, the same function costs more."""

    def joined(**given):
        return bundle(lambda *x: split(**dict(zip("abcde", x, strict=True)))["cost"], name="joined")(*given.values())

    whole = Workflow(joined, SPLIT.parameters)
    apart, together = (improve(one, Structure(one), runs=400) for one in (SPLIT, whole))
    least = apart.best.score
    assert together.best.score == pytest.approx(least, abs=1e-6)
    needed = [next(i for i, (_, score) in enumerate(found.ranks) if score < least + 1e-4) for found in (apart, together)]
    assert needed[0] < 0.6 * needed[1]
    a, b = np.linalg.solve([[2.0, 0.5], [0.5, 2.0]], [0.6, 1.2])
    known = split(a=a, b=b, c=0.3, d=1.8 / 5.0)["cost"]
    assert apart.best.score == pytest.approx(known, abs=1e-9), "what was kept of several runs must have been run together"


def test_absent_parameters_are_skipped() -> None:
    """What the run did not use is not moved, and a warning says that it was not used."""
    with pytest.warns(TraceWarning, match="'e'"):
        found = improve(SPLIT, Structure(SPLIT), runs=30)
    assert found.best.values["e"] == 0.0


def test_structure_moves_every_kind() -> None:
    """The best of all designs, which brute force knows, of a workflow with discrete parameters."""
    table = {"a": 3.0, "b": 0.0, "c": 2.0}
    value = bundle(lambda key: table[key], name="value")
    workflow = Workflow(
        lambda n, flags, c: (n - 4) ** 2 + abs(np.sum(flags) - 1) + value(c[0]) * value(c[1]) + value(c[0]) + value(c[1]),
        {
            "n": Parameter(-5, Integer(low=-5, high=20)),
            "flags": Parameter([1, 1, 1], Binary(size=3)),
            "c": Parameter(["a", "a"], Categorical(options=("a", "b", "c"), size=2)),
        },
    )
    found = improve(workflow, Structure(workflow), runs=100)
    assert found.best.score == 0.0
    assert found.best.values["c"] == ["b", "b"]
    assert len(found.ranks) < 100


def test_structure_meets_another_branch() -> None:
    """Where a move changes the graph, the run counts as a whole: what is kept is never worse than what was run."""
    workflow = Workflow(
        lambda x, y: (x - 1.0) ** 2 + (y - 1.0) ** 2 if x > 0.4 else 2.0 + x * 1.0 + y,
        {"x": Parameter(0.0, Real(low=0.0, high=2.0)), "y": Parameter(2.0, Real(low=0.0, high=2.0))},
    )
    found = improve(workflow, Structure(workflow), runs=200)
    assert found.best.score < 1e-9


def test_an_output_of_nothing_ends_it() -> None:
    """Where no parameter is behind the output there is nothing to move."""
    workflow = Workflow(lambda x: 3.0, {"x": Parameter(1.0)})
    for proposer in (Structure(workflow), Adjoint(workflow), ReplayDifference(workflow, rule="line-search")):
        assert proposer.propose(workflow.run()).values == {}


def test_structure_returns_from_where_moves_lead_together() -> None:
    """Two moves that gain each by itself may lead into another branch together: the best run is not lost, and it ends."""

    def split_by_both(x, y):
        near = bundle(lambda a, b: a + b < 1.5, name="near")(x, y)
        return (x - 1.0) ** 2 + (y - 1.0) ** 2 if near else 10.0 + (x - 1.0) ** 2 + (y - 1.0) ** 2

    ranges = {name: Parameter(0.7, Real(low=0.0, high=1.0)) for name in "xy"}
    workflow = Workflow(split_by_both, ranges)
    found = improve(workflow, Structure(workflow, step=0.1), runs=1000)
    assert len(found.ranks) < 1000
    assert 0.125 <= found.best.score < 0.18 - 1e-3


def test_repair_moves_what_is_behind_the_trouble() -> None:
    """Back halfway to what last went well, and only the parameters of the violated constraint; drawn anew before that."""
    repair = Repair(SPLIT, np.random.default_rng(0))
    bad = SPLIT.run({"a": 0.5, "c": 1.0})
    assert bad.blamed() == ["c"]
    drawn = repair.propose(bad)
    assert set(drawn.values) == {"c"}
    assert -1.0 <= drawn.values["c"] <= 1.0
    assert repair.propose(SPLIT.run({"a": 0.5, "c": 0.5})).values == {}
    assert repair.propose(bad).values == {"c": pytest.approx(0.75)}


def test_repair_leads_out_of_errors() -> None:
    """An exception leads to the parameter that caused it, and bisection back to where there was none."""

    @bundle
    def rooted(x):
        if x < 0:
            raise ValueError("negative")
        return x**0.5

    workflow = Workflow(lambda x, y: rooted(x) + y, {"x": Parameter(1.0), "y": Parameter(0.0)})
    repair = Repair(workflow, np.random.default_rng(0))
    repair.propose(workflow.run())
    run = workflow.run({"x": -3.0, "y": 7.0})
    for _ in range(5):
        suggestion = repair.propose(run)
        if not suggestion.values:
            break
        assert set(suggestion.values) == {"x"}
        run = workflow.run(run.values | dict(suggestion.values))
    assert not run.failed
    assert run.values["y"] == 7.0


def test_proposers_pickle_and_share_a_protocol() -> None:
    """A study may end between any two runs."""
    workflow = Workflow(rosenbrock, {"x": Parameter(-1.0), "y": Parameter(1.0)})
    for proposer in (Adjoint(workflow), Adjoint(workflow, rule="line-search"), ReplayDifference(workflow), Structure(workflow)):
        assert isinstance(proposer, Proposer)
        run = workflow.run()
        for _ in range(3):
            run = workflow.run(run.values | dict(proposer.propose(run).values))
        copy = pickle.loads(pickle.dumps(proposer))
        assert dict(copy.propose(run).values) == dict(proposer.propose(run).values)


def double(x):
    """Double."""
    return 2.0 * x


PARAMETERS = {
    "number": Parameter(1.0, Real(low=0.0, high=2.0)),
    "free": Parameter(1.0),
    "count": Parameter(3, Integer(low=0, high=9)),
    "flag": Parameter(True),
    "word": Parameter("left", Categorical(options=("left", "right"))),
    "prompt": Parameter("Say it."),
    "array": Parameter(np.zeros(2), Real(low=-1.0, high=1.0, size=2)),
    "whole": Parameter(np.array([1, 2])),
    "rule": Parameter(Code.of(double)),
}


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("number", 1.5, 1.5),
        ("number", "1.5", 1.5),
        ("number", 2, 2.0),
        ("count", 4.0, 4),
        ("count", "4", 4),
        ("flag", "False", False),
        ("word", "right", "right"),
        ("prompt", "Say it twice.", "Say it twice."),
        ("array", [0.5, 1], np.array([0.5, 1.0])),
        ("whole", [3.0, 4.0], np.array([3, 4])),
    ],
)
def test_right_values_are_accepted(name: str, given: Any, expected: Any) -> None:
    """With the type of the old value, whatever they were written as."""
    found = accepted(PARAMETERS, {name: given})
    assert found.rejected == ()
    assert type(found.values[name]) is type(expected)
    assert np.array_equal(found.values[name], expected)


NO_NUMBERS = [None, "x", [], {}, [1.0], float("nan"), "nan", "1e999", float("inf"), [[1.0, 2.0]], b"1"]
OTHERWISE = [
    ("number", 2.5),
    ("number", True),
    ("count", 3.5),
    ("count", 10),
    ("count", -1),
    ("flag", 1),
    ("flag", "yes"),
    ("word", "up"),
    ("array", [0.0, 2.0]),
    ("array", "ab"),
    ("whole", [1.5, 2.0]),
    ("rule", "def double(x):\n    return x\n"),
    ("Number", 1.0),
]
WRONG = st.one_of(
    st.tuples(st.sampled_from(["number", "free", "count", "flag", "array", "whole"]), st.sampled_from(NO_NUMBERS)),
    st.tuples(st.sampled_from(["word", "prompt"]), st.sampled_from([None, 1, 1.0, [], {}, True])),
    st.tuples(st.text().filter(lambda name: name not in PARAMETERS), st.integers()),
    st.sampled_from(OTHERWISE),
)


@settings(max_examples=200, deadline=None)
@given(WRONG)
def test_wrong_names_and_types_change_nothing(wrong: tuple[str, Any]) -> None:
    """Whatever is suggested beside it, a wrong item changes no parameter and is named."""
    name, value = wrong
    found = accepted(PARAMETERS, {name: value, "prompt" if name != "prompt" else "free": "ok" if name != "prompt" else 2.0})
    assert name not in found.values
    assert len(found.values) == 1
    assert len(found.rejected) == 1
    assert found.rejected[0].startswith(f"{name}: ")


@pytest.mark.parametrize(
    "source",
    [
        "def double(x, y):\n    return x\n",
        "def other(x):\n    return x\n",
        "import os\ndef double(x):\n    return x\n",
        "@staticmethod\ndef double(x):\n    return x\n",
        "double = lambda x: x",
        "def double(x) return x",
        "def double(x):\n    return '\0'",
        7,
    ],
)
def test_code_must_keep_name_and_signature(source: Any) -> None:
    """And nothing of it is run to find out."""
    assert accepted(PARAMETERS, {"rule": source}, sandbox=Sandbox()).values == {}


def test_code_runs_apart_and_only_where_allowed() -> None:
    """Without a sandbox it is rejected; with one it runs in another process, without network, files and much time."""
    import os

    source = "def double(x):\n    import os\n    return [x * 2, os.getpid(), dict(os.environ).get('HOME')]\n"
    assert "not accepted" in accepted(PARAMETERS, {"rule": source}).rejected[0]
    code = accepted(PARAMETERS, {"rule": source}, sandbox=Sandbox(seconds=60, network=True)).values["rule"]
    value, process, home = code(np.arange(3.0))
    assert np.array_equal(value, [0.0, 2.0, 4.0])
    assert process != os.getpid()
    assert home is None
    workflow = Workflow(lambda x, rule: rule(x), {"x": Parameter(3.0), "rule": Parameter(Code.of(double))})
    assert workflow.run().score == 6.0
    text = "def double(x):\n    return 3.0 * x\n"
    assert workflow.run({"rule": Code.of(double).revised(text, Sandbox(seconds=60, network=True))}).score == 9.0
    assert "no sandbox" in str(workflow.run({"rule": Code(text)}).error)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("while True: pass", "more than 1 seconds"),
        ("return [0] * 10**10", "MemoryError"),
        ("return object()", "no plain data"),
        ("raise KeyError('gone')", "KeyError: 'gone'"),
        ("import os; os._exit(3)", "exit code 3"),
        ("f = open('x', 'w'); f.write('a' * 10); f.flush()", "File too large"),
    ],
)
def test_code_that_misbehaves_is_an_error_of_the_run(body: str, why: str) -> None:
    """It must end, say why, and lead to the parameter that holds it."""
    source = f"def double(x):\n    {body}\n"
    code = Code.of(double).revised(source, Sandbox(seconds=1 if "while" in body else 60, network=True))
    run = Workflow(lambda x, rule: rule(x), {"x": Parameter(3.0), "rule": Parameter(Code.of(double))}).run({"rule": code})
    assert why in str(run.error)
    assert "rule" in run.blamed()


def test_the_network_is_cut_off_or_nothing_runs() -> None:
    source = "def double(x):\n    import socket\n    return socket.create_connection(('127.0.0.1', 9), 1) is None\n"
    with pytest.raises(Exception, match=r"Network is unreachable|cannot be cut off|refused"):
        Code.of(double).revised(source, Sandbox(seconds=60))(1.0)
    with pytest.raises(InputError, match="plain data"):
        Code.of(double).revised(source, Sandbox(seconds=60))(object())


def test_mistakes_are_refused() -> None:
    free = Workflow(lambda x: x, {"x": Parameter("text")})
    for make, field in (
        (lambda: Adjoint(free), "no real parameter"),
        (lambda: Structure(free), "no parameter to move"),
        (lambda: Adjoint(SPLIT, rule="sgd"), "rule"),
        (lambda: Adjoint(SPLIT, step=0.0), "step"),
        (lambda: ReplayDifference(SPLIT, difference=2.0), "difference"),
        (lambda: Structure(SPLIT, step=0.1, smallest=0.2), "smallest"),
        (lambda: improve(SPLIT, Structure(SPLIT), runs=0), "runs"),
        (lambda: Parameter(3.0, Real(low=0.0, high=1.0)), "impossible value"),
        (lambda: Workflow(lambda: 1.0, {}), "nothing to change"),
        (lambda: Workflow(lambda **_: 1.0, {"two words": Parameter(1.0)}), "not a name"),
        (lambda: SPLIT.run({"A": 1.0}), "no such parameter"),
        (lambda: Sandbox(seconds=0.0), "seconds"),
        (lambda: Code.of(len), "source cannot be read"),
    ):
        with pytest.raises(InputError, match=field):
            make()


def test_nothing_suggested_ends_it() -> None:
    class Silent:
        def propose(self, run: Any) -> Suggestion:
            return Suggestion({}, ("nothing to say",))

    found = improve(Workflow(rosenbrock, {"x": Parameter(0.0), "y": Parameter(0.0)}), Silent(), runs=10)
    assert (len(found.ranks), found.rejected) == (1, ("nothing to say",))
