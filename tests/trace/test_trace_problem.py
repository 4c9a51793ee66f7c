"""Workflows as problems: conformance, study files, files that are not what they should be."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from braess.cli import main
from braess.domains.workflow import load
from braess.domains.workflow.settings import FileProblem
from braess.errors import InputError
from braess.problem import Constraint, Objective, Traced, capability
from braess.search.cma_es import CMAES
from braess.search.traced import Traced as TracedSearch
from braess.space import Binary, Categorical, Integer, Permutation, Real
from braess.study import Budget, Study
from braess.study.file import read_study
from braess.testing import Flaky, ProblemConformance
from braess.trace import Code, Parameter, Workflow, WorkflowProblem, bundle


@bundle
def lookup(table, key):
    """Look a key up."""
    return table[key]


def mixed(x, y, n, b, c, p, offset, rule):
    """Use parameters of every kind, and two that no search decides."""
    far = lookup({"near": 0.5, "far": 2.0}, c)
    cost = np.sum(x**2) * far + rule(y) + n * b[0] + sum(k * p[k] for k in range(3)) + offset
    return {"cost": cost, "gain": y * far, "room": x[0] + y - 2.0}


def tripled(y):
    return 3.0 * y


MIXED = WorkflowProblem(
    Workflow(
        mixed,
        {
            "x": Parameter([0.5, 1.0], Real(low=-1.0, high=2.0, size=2)),
            "y": Parameter(0.1, Real(low=0.01, high=10.0, log=True)),
            "n": Parameter(3, Integer(low=-2, high=7)),
            "b": Parameter([1, 0], Binary(size=2)),
            "c": Parameter("near", Categorical(options=("near", "far"))),
            "p": Parameter([2, 0, 1], Permutation(size=3)),
            "offset": Parameter(10.0),
            "rule": Parameter(Code.of(tripled)),
        },
        (Objective("cost", unit="EUR"), Objective("gain", "max")),
        (Constraint("room"),),
        name="mixed",
    )
)


class TestMixedConformance(ProblemConformance):
    problem = MIXED


FILE = '''
"""A workflow in a file."""

from dataclasses import dataclass

from braess.space import Real
from braess.trace import Parameter, Workflow, bundle


@dataclass
class Bowl:
    centre: float


@bundle
def height(x, bowl):
    return (x - bowl.centre) ** 2


def run(x, y):
    return height(x, Bowl(0.25)) + y**2


PARAMETERS = {"x": Parameter(0.9, Real(low=0.0, high=1.0)), "y": Parameter(1.0, Real(low=-1.0, high=1.0))}
workflow = Workflow(run, PARAMETERS, name="bowl")


def other():
    return Workflow(lambda x, y: x, PARAMETERS)


def wrong():
    return 3
'''

STUDY = """
seed = 3

[problem]
kind = "workflow"
file = "bowl.py"
{more}

[search]
method = "{method}"

[budget]
evaluations = 80
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bowl.py").write_text(FILE)
    return tmp_path


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


class TestFileConformance(ProblemConformance):
    @pytest.fixture(autouse=True)
    def _made(self, folder: Path) -> None:
        self.problem = FileProblem(folder / "bowl.py")


@pytest.mark.parametrize("method", ["traced", "cma-es", "random"])
def test_study_files_run(method: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By traces, and as a black box; the trace leads to the optimum within the budget."""
    study = folder / "study.toml"
    study.write_text(STUDY.format(method=method, more=""))
    assert leave(["check", str(study)]) == 0
    capsys.readouterr()
    assert leave(["run", str(study), "--json", "--no-report", "--workers", "1"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["evaluations"] == 80
    if method == "traced":
        assert facts["best"] < 1e-9


def test_studies_of_workflows_resume(folder: Path) -> None:
    """An interrupted study goes on where it was: the search runs its traces again."""
    problem = FileProblem(folder / "bowl.py")
    whole = Study(problem, TracedSearch(starts=2), budget=Budget(evaluations=40), seed=1, progress="off").run()
    store = folder / "record.sqlite"
    Study(problem, TracedSearch(starts=2), budget=Budget(evaluations=17), seed=1, store=store, progress="off").run()
    again, budget = FileProblem(folder / "bowl.py"), Budget(evaluations=40)
    resumed = Study(again, TracedSearch(starts=2), budget=budget, seed=1, store=store, progress="off").resume()
    assert resumed.designs.hashes() == whole.designs.hashes()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('workflow = "works"', "no workflow of this name"),
        ('workflow = "wrong"', "no workflow of this name"),
        ('file_name = "bowl.py"', "unknown key"),
        ("workflow = 3", "valid string"),
    ],
)
def test_wrong_tables_are_located(more: str, expected: str, folder: Path) -> None:
    study = folder / "study.toml"
    study.write_text(STUDY.format(method="traced", more=more))
    with pytest.raises(InputError, match=expected) as raised:
        read_study(study).build_problem()
    assert raised.value.file == str(study)
    assert raised.value.line == 6 or raised.value.line == 7


@pytest.mark.parametrize(
    ("text", "expected"), [("1 / 0", "ZeroDivisionError"), ("def x(:", "SyntaxError"), (None, "no such Python file")]
)
def test_files_that_do_not_run(text: str | None, expected: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "broken.py").write_text(text)
    with pytest.raises(InputError, match=expected):
        load(tmp_path / "broken.py")


def test_a_function_may_return_the_workflow(folder: Path) -> None:
    assert load(folder / "bowl.py", "other").run().score == 0.9


def test_another_text_is_another_problem(folder: Path) -> None:
    """A record must not be continued with a file that was changed."""
    before = FileProblem(folder / "bowl.py").describe()
    (folder / "bowl.py").write_text(FILE.replace("Bowl(0.25)", "Bowl(0.5)"))
    assert FileProblem(folder / "bowl.py").describe() != before


def test_problems_of_files_pickle_into_another_process(folder: Path) -> None:
    """The other process does not know the module: it is made from the file."""
    problem = FileProblem(folder / "bowl.py")
    code = "import pickle, sys; p = pickle.load(sys.stdin.buffer); print(p.evaluate(p.first()).objectives[0, 0])"
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(problem), capture_output=True, check=True)
    assert float(done.stdout) == problem.evaluate(problem.first()).objectives[0, 0]


def test_failures_are_recorded_and_traced() -> None:
    """An evaluation that raises is an error in the record; the trace of the same design says where."""

    @bundle
    def rooted(x):
        if x < 0:
            raise ValueError("negative")
        return x**0.5

    problem = WorkflowProblem(Workflow(rooted, {"x": Parameter(1.0, Real(low=-1.0, high=1.0))}))
    designs = problem.space.designs({"x": np.array([0.25, -0.5])})
    found = problem.evaluate(designs)
    assert found.errors == (None, "ValueError: negative")
    assert found.objectives[0, 0] == 0.5
    assert problem.traced(designs.take([1])).blamed() == ["x"]
    assert problem.check(designs).errors == found.errors


def test_outputs_must_be_numbers_with_the_right_names() -> None:
    """What a workflow returns by mistake must be said, with the parameters behind it."""
    parameters = {"x": Parameter(1.0)}
    for function, expected in (
        (lambda x: {"cost": x}, "returns something else"),
        (lambda x: "much", "no finite number"),
        (lambda x: np.array([1.0, 2.0]) * x, "no finite number"),
        (lambda x: x * np.nan, "no finite number"),
        (lambda x: None, "no finite number"),
    ):
        assert expected in str(Workflow(function, parameters).run().error)
    assert Workflow(lambda x: x * np.nan, parameters).run().blamed() == ["x"]
    assert Workflow(lambda x: x > 0, parameters).run().score == 1.0
    assert Workflow(lambda x: 4, parameters).run().score == 4.0


def test_the_trace_is_seen_through_wrappers() -> None:
    assert capability(Flaky(MIXED), Traced) is MIXED  # type: ignore[type-abstract]
    assert isinstance(MIXED, Traced)
    with pytest.raises(InputError, match="variable"):
        WorkflowProblem(Workflow(lambda x: x, {"x": Parameter(1.0)}))


def test_masked_search() -> None:
    """Any search decides a workflow by its values alone."""
    problem = WorkflowProblem(Workflow(lambda x: (x - 0.3) ** 2, {"x": Parameter(1.0, Real(low=-1.0, high=1.0))}))
    result = Study(problem, CMAES(), budget=Budget(evaluations=200), seed=0, progress="off").run()
    assert result.best_design.rows()[0]["x"] == pytest.approx(0.3, abs=1e-4)
