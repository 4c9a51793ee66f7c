"""Reports: text and JSON give back what they were made from, and say what is in the run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import Recipe

from braess.errors import InputError
from braess.problem import Constraint, Objective
from braess.space import Real
from braess.trace import Code, Item, Parameter, Report, Step, Workflow, bundle, parse, render, report

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z_0-9]{0,8}", fullmatch=True)
TEXTS = st.one_of(
    st.text(), st.lists(st.sampled_from(["# Code", "| bar", "", "a = b(c)", "(int) x = 1", "x: y", "\r"])).map("\n".join)
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(st.builds(Item, NAMES, NAMES, PLAIN), max_size=4).map(tuple)
REPORTS = st.builds(
    Report,
    instruction=TEXTS,
    code=st.lists(st.builds(Step, NAMES, NAMES, TEXTS), max_size=4).map(tuple),
    documentation=st.dictionaries(NAMES, TEXTS, max_size=3),
    variables=ITEMS,
    constraints=st.dictionaries(NAMES, TEXTS, max_size=3),
    inputs=ITEMS,
    others=ITEMS,
    outputs=ITEMS,
    feedback=TEXTS,
)


@settings(max_examples=300, deadline=None)
@given(REPORTS)
def test_round_trips(found: Report) -> None:
    """Whatever stands in it: reading what was written gives the same report."""
    assert parse(render(found)) == found
    assert Report.from_json(found.to_json()) == found


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 15))
def test_round_trips_of_runs(seed: int, parameters: int, steps: int) -> None:
    """Reports of random graphs, whose code gives the output when it is computed line by line."""
    run = Recipe(np.random.default_rng(seed), parameters, steps).workflow().run()
    found = report(run)
    assert parse(render(found)) == found
    values = {item.name: item.value for item in (*found.variables, *found.inputs)}
    for step in found.code:
        values[step.target] = getattr(np, step.operator)(*(values[name] for name in step.arguments.split(", ")))
    if found.outputs:
        assert values[found.outputs[0].name] == found.outputs[0].value == run.objectives[0]


@bundle
def settle(demand, tolls, *, levels):
    """Let drivers settle."""
    return demand * np.exp(-tolls.sum()) + levels["base"]


def priced(scale, tolls, rule):
    flow = settle(scale * 100.0, tolls, levels={"base": 1.0})
    return {"revenue": flow * tolls[0], "limit": rule(flow) - 50.0}


def limited(flow):
    return 0.5 * flow


WORKFLOW = Workflow(
    priced,
    {
        "scale": Parameter(1.0, Real(low=0.5, high=2.0)),
        "tolls": Parameter(np.full(20, 0.01), Real(low=0.0, high=1.0, size=20), constraint="tolls of neighbours are alike"),
        "rule": Parameter(Code.of(limited)),
    },
    (Objective("revenue", "max", "EUR"),),
    (Constraint("limit"),),
    context="Tolls on a road.",
)


def test_sections() -> None:
    """What a reader needs must be there: code, documentation, values, constraints, feedback."""
    found = report(WORKFLOW.run())
    assert found.instruction.startswith("Tolls on a road.\n")
    assert [(step.operator, step.arguments) for step in found.code][:3] == [
        ("multiply", "scale, 100.0"),
        ("item", "tolls, 0"),
        ("settle", "multiply_0, tolls, levels={'base': 1.0}"),
    ]
    assert found.documentation["settle"] == "Let drivers settle."
    assert found.constraints == {"scale": "a number from 0.5 to 2", "tolls": "tolls of neighbours are alike"}
    values = {item.name: item for item in found.variables}
    assert values["tolls"].value["shape"] == [20]
    assert values["rule"].type == "code"
    assert values["rule"].value == "def limited(flow):\n    return 0.5 * flow\n"
    assert {item.name for item in found.outputs} == {"multiply_1", "subtract_0"}
    assert found.feedback.split("\n")[0].endswith("EUR; it should be larger.")
    assert found.feedback.split("\n")[1].endswith(": kept.")
    assert parse(render(found)) == found


def test_a_failed_run_is_reported() -> None:
    """The error is the output, with what leads there, and the feedback names the parameters behind it."""
    run = WORKFLOW.run({"tolls": np.full(20, "x")})
    found = report(run)
    assert [item.name for item in found.outputs] == ["settle_0"]
    assert "UFuncTypeError" in found.feedback or "TypeError" in found.feedback
    assert "Parameters behind it: scale, tolls." in found.feedback
    assert parse(render(found)) == found


def test_what_the_output_does_not_need_is_left_out() -> None:
    """The smallest part of the trace: neither unused parameters nor steps beside the output."""

    def beside(x, y):
        y * 2.0
        return x + 1.0

    found = report(Workflow(beside, {"x": Parameter(1.0), "y": Parameter(1.0)}).run())
    assert [item.name for item in found.variables] == ["x"]
    assert [step.target for step in found.code] == ["add_0"]


def test_the_horizon_cuts() -> None:
    """Levels below the horizon become inputs; the variables stay."""

    def chain(x):
        for _ in range(6):
            x = np.tanh(x)
        return x

    found = report(Workflow(chain, {"x": Parameter(1.0)}).run(), horizon=2)
    assert [step.target for step in found.code] == ["tanh_4", "tanh_5"]
    assert [item.name for item in found.inputs] == ["tanh_3"]
    assert [item.name for item in found.variables] == ["x"]


def test_numbers_that_json_does_not_know() -> None:
    """Not-a-number and infinity are written in words, so that a report equals itself."""
    run = Workflow(lambda x: np.where(np.isnan(x), 1.0, x), {"x": Parameter(np.nan)}).run()
    found = report(run)
    assert found.variables[0].value == {"float": "nan"}
    assert parse(render(found)) == found == Report.from_json(found.to_json())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[2:],
        lambda text: text.replace("# Others\n", ""),
        lambda text: text.replace("(float) scale = 1.0", "scale is 1"),
    ],
)
def test_what_is_no_report_is_refused(change) -> None:
    text = render(report(WORKFLOW.run()))
    assert parse(text)
    with pytest.raises(InputError):
        parse(change(text))
    with pytest.raises(InputError, match="no report"):
        Report.from_json(report(WORKFLOW.run()).to_json()[:-2])
    with pytest.raises(InputError, match="no report"):
        Report.from_json("{}")


def test_reports_compare() -> None:
    """Equality must be able to fail."""
    found = report(WORKFLOW.run())
    assert dataclasses.replace(found, feedback="other") != found
    assert report(WORKFLOW.run({"scale": 1.5})) != found
