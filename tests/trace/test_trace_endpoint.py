"""The proposer behind an endpoint, against a scripted server: good, malformed, late and failing answers, memory, code."""

from __future__ import annotations

import json
import pickle

import pytest
from scripted_server import serve

from braess.errors import InputError
from braess.problem import Objective
from braess.space import Real
from braess.trace import Code, Endpoint, EndpointError, LanguageModel, Parameter, Sandbox, Workflow, improve, parse
from braess.trace.proposers._answers import suggested


def square(x):
    """Square."""
    return x**2


WORKFLOW = Workflow(
    lambda x, prompt, rule: rule(x - 3.0) + len(prompt),
    {"x": Parameter(0.0, Real(low=-5.0, high=5.0)), "prompt": Parameter("Say it\ntwice."), "rule": Parameter(Code.of(square))},
    (Objective("cost"),),
    context="A bowl.",
)


def answer(suggestion, **more):
    return json.dumps({"reasoning": "It goes down.", "answer": "", "suggestion": suggestion, **more})


def model(url: str, *, retries: int = 0, timeout: float = 5.0, **options) -> LanguageModel:
    return LanguageModel(Endpoint(url, "scripted", retries=retries, timeout=timeout, pause=0.001), **options)


@pytest.mark.filterwarnings("ignore::braess.trace.TraceWarning")
def test_good_answers_improve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report goes there, what comes back is run, and TERMINATE ends it; the key is a header and nothing else."""
    monkeypatch.setenv("SOME_KEY", "secret")
    with serve([answer({"x": 2.0}), answer({"x": 3, "prompt": "Hm"}), "TERMINATE"]) as script:
        proposer = LanguageModel(Endpoint(script.url, "scripted", key="SOME_KEY", schema=True))
        found = improve(WORKFLOW, proposer, runs=10)
    assert [score for _, score in found.ranks] == [9.0 + 13, 1.0 + 13, 0.0 + 2]
    assert (proposer.asked, proposer.rejected) == (3, [])
    first = script.asked[0]
    assert (first["path"], first["model"]) == ("/v1/chat/completions", "scripted")
    assert first["response_format"]["json_schema"]["schema"]["required"] == ["reasoning", "answer", "suggestion"]
    assert parse(first["messages"][1]["content"]).feedback.startswith("cost")
    assert all(headers["Authorization"] == "Bearer secret" for headers in script.headers)
    assert "secret" not in json.dumps(script.asked)


@pytest.mark.parametrize(
    "text",
    [
        answer({"x": 1.0}),
        "```json\n" + answer({"x": 1.0}) + "\n```",
        "Let me think {about it}. Here: " + answer({"x": 1.0}) + " I hope {this} helps.",
        '{"reasoning": "a \\"brace\\" } in text", "suggestion": {"x": 1.0,},}',
        "{'reasoning': 'quotes of Python', 'answer': '', 'suggestion': {'x': 1.0}}",
        '{"reasoning": "two\nlines", "suggestion": {"x": 1.0}}',
    ],
)
def test_tolerant_of_form(text: str) -> None:
    assert suggested(text) == {"x": 1.0}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "[1, 2]",
        '{"x": 1.0}',
        '{"suggestion": [1]}',
        '{"suggestion": {"x": 1.0}, "run": "rm"}',
        '{"suggestion": {"x": 1.0}',
        "{" * 5000,
    ],
)
def test_strict_about_content(text: str) -> None:
    """What is not a suggestion must not be guessed at."""
    with pytest.raises(ValueError, match=r"no JSON|unknown keys|no object"):
        suggested(text)


def test_no_change() -> None:
    assert suggested("TERMINATE") == suggested("`TERMINATE`.") == suggested('{"suggestion": "TERMINATE"}') == {}
    assert suggested('{"reasoning": "r", "suggestion": {}}') == {}


def test_wrong_items_change_nothing() -> None:
    """Unknown names, wrong types, values out of range and code: rejected one by one, the rest is taken, all is counted."""
    wrong = {"y": 1.0, "x": 9.0, "rule": "def square(x):\n    return 0.0\n", "prompt": "Short."}
    with serve([answer(wrong), answer({"x": "high"})]) as script:
        proposer = model(script.url)
        found = proposer.propose(WORKFLOW.run())
        again = proposer.propose(WORKFLOW.run())
    assert dict(found.values) == {"prompt": "Short."}
    assert [text.partition(":")[0] for text in found.rejected] == ["y", "x", "rule"]
    assert dict(again.values) == {}
    assert len(proposer.rejected) == 4


def test_code_is_taken_only_where_it_was_allowed() -> None:
    """With a sandbox given on purpose, the code runs apart."""
    source = "def square(x):\n    return abs(x)\n"
    with serve([answer({"rule": source})]) as script:
        found = model(script.url, sandbox=Sandbox(seconds=60, network=True)).propose(WORKFLOW.run())
    assert found.values["rule"].function is None
    assert WORKFLOW.run(found.values).score == 3.0 + 13


def test_malformed_answers_are_asked_again_and_counted() -> None:
    with serve(["no idea", b"<html>", answer({"x": 1.0})]) as script:
        proposer = model(script.url, retries=2)
        found = proposer.propose(WORKFLOW.run())
    assert dict(found.values) == {"x": 1.0}
    assert proposer.asked == 3
    assert proposer.rejected == ["answer 1: no JSON object in the answer"]


def test_only_malformed_answers_change_nothing() -> None:
    with serve(["no idea", "still none"]) as script:
        proposer = model(script.url, retries=1)
        found = proposer.propose(WORKFLOW.run())
    assert dict(found.values) == {}
    assert found.rejected == ("answer 2: no JSON object in the answer",)


def test_late_answers_are_not_waited_for() -> None:
    with serve([("slow", 1.0), answer({"x": 1.0})]) as script:
        proposer = model(script.url, retries=1, timeout=0.2)
        assert dict(proposer.propose(WORKFLOW.run()).values) == {"x": 1.0}
    with serve([("slow", 1.0)]) as script, pytest.raises(EndpointError, match="timed out"):
        model(script.url, timeout=0.2).propose(WORKFLOW.run())


def test_failures_of_the_server() -> None:
    """Those that pass are tried again, refusals are not, and both say what the server said."""
    with serve([503, 429, answer({"x": 1.0})]) as script:
        assert dict(model(script.url, retries=2).propose(WORKFLOW.run()).values) == {"x": 1.0}
    with serve([401, answer({"x": 1.0})]) as script, pytest.raises(EndpointError, match="401 Unauthorized"):
        model(script.url, retries=2).propose(WORKFLOW.run())
    with serve([500, 500]) as script, pytest.raises(EndpointError, match="500 Internal Server Error"):
        model(script.url, retries=1).propose(WORKFLOW.run())
    with serve([b'{"choices": []}']) as script, pytest.raises(EndpointError, match="none of the protocol"):
        model(script.url).propose(WORKFLOW.run())
    with pytest.raises(EndpointError, match="refused") as raised:
        model(script.url).propose(WORKFLOW.run())
    assert pickle.loads(pickle.dumps(raised.value)).again


def test_memory() -> None:
    """The last pairs of variables and feedback are told, oldest first, and no more than asked for."""
    with serve([answer({})] * 3) as script:
        proposer = model(script.url, memory=2)
        for x in (0.0, 1.0, 2.0):
            proposer.propose(WORKFLOW.run({"x": x}))
    texts = [asked["messages"][1]["content"] for asked in script.asked]
    assert [text.count("An earlier run") for text in texts] == [0, 1, 2]
    assert texts[2].index("x = 0.0") < texts[2].index("x = 1.0") < texts[2].index("x = 2.0")


def test_without_the_trace() -> None:
    """Variables and feedback only, for comparisons: neither code nor values between."""
    with serve([answer({})]) as script:
        model(script.url, trace=False).propose(WORKFLOW.run())
    text = script.asked[0]["messages"][1]["content"]
    assert "x = 0.0" in text
    assert "cost" in text
    assert "# Code" not in text
    assert "subtract_0 =" not in text


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says where and what, unless it is said here; nonsense is refused."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1/")
    monkeypatch.setenv("OPENAI_MODEL", "small")
    found = Endpoint()
    assert (found.url, found.model) == ("http://127.0.0.1:1/v1", "small")
    for wrong, field in (
        ({"url": "file:///etc"}, "url"),
        ({"timeout": 0.0}, "timeout"),
        ({"retries": -1}, "retries"),
        ({"tokens": 0}, "tokens"),
    ):
        with pytest.raises(InputError, match=field):
            Endpoint(**wrong)
    with pytest.raises(InputError, match="memory"):
        LanguageModel(found, memory=-1)
    monkeypatch.delenv("OPENAI_MODEL")
    with pytest.raises(InputError, match="model"):
        Endpoint()
