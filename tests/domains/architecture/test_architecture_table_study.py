"""The problems over measured tables by name: in study files and on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from braess.cli import main
from braess.domains.architecture.tables.problems import FBNetLatency, NASBench201, NASBenchMacro
from braess.errors import InputError
from braess.study.domain import find_problem
from braess.study.file import parse_study

STUDY = """
[problem]
kind = "{kind}"
{settings}

[search]
method = "{method}"

[budget]
evaluations = 60
"""


def text(kind: str, settings: str = "", method: str = "nsga2") -> str:
    return STUDY.format(kind=kind, settings=settings, method=method)


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.mark.parametrize(
    ("kind", "settings", "objectives", "limited"),
    [
        ("nas-bench-macro", "budgets = {flops = 60}", ["accuracy", "flops"], ["flops above budget"]),
        (
            "nas-bench-201",
            'objectives = ["flops", "latency-pixel3"]\nisomorphic = "merged"\n[problem.budgets]\n"latency-fpga" = 4.5',
            ["flops", "latency-pixel3"],
            ["latency-fpga above budget"],
        ),
        (
            "fbnet-latency",
            'objectives = ["multiply-adds", "latency-fpga"]\nbudgets = {multiply-adds = 100.0}',
            ["multiply-adds", "latency-fpga"],
            ["multiply-adds below budget"],
        ),
    ],
)
def test_study_files(
    kind: str, settings: str, objectives: list[str], limited: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study must run by the name of its problem, with its objectives and limits."""
    path = tmp_path / "study.toml"
    path.write_text(text(kind, settings))
    assert leave(["run", str(path), "--json", "--no-report", "--workers", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["evaluations"] == 60
    problem = parse_study(path.read_text(), tmp_path).build_problem()
    assert [one.name for one in problem.objectives] == objectives
    assert [one.name for one in problem.constraints] == limited


def test_python_and_study_file_agree(tmp_path: Path) -> None:
    """A problem must be the same wherever it is named."""
    for kind, problem in (
        ("nas-bench-macro", NASBenchMacro()),
        ("fbnet-latency", FBNetLatency()),
    ):
        assert parse_study(text(kind), tmp_path).build_problem().describe() == problem.describe()
    built = parse_study(text("nas-bench-201", 'objectives = ["flops"]', "random"), tmp_path).build_problem()
    assert built.describe() == NASBench201(("flops",)).describe()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('objectives = ["acuracy"]', "objectives: no such quantity; did you mean 'accuracy'"),
        ("budgets = {flop = 3}", "budgets: no such quantity; did you mean 'flops'"),
        ('budgets = {flops = "much"}', "valid number"),
        ("budget = {flops = 3}", "did you mean 'budgets'"),
    ],
)
def test_bad_settings(settings: str, message: str, tmp_path: Path) -> None:
    """A wrong name must be answered with its line and the nearest right one."""
    study = tmp_path / "study.toml"
    study.write_text(text("nas-bench-macro", settings))
    with pytest.raises(InputError, match=message) as raised:
        parse_study(study.read_text(), tmp_path, file=study).build_problem()
    assert (raised.value.file, raised.value.line) == (str(study), 4)


def test_tables_load_without_torch() -> None:
    """Tables are looked up: neither torch nor what draws may be loaded for them."""
    program = (
        "import sys; from braess.domains.architecture.tables.problems import NASBenchMacro; NASBenchMacro(); "
        "print(*({'torch', 'matplotlib', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert find_problem("nas-bench-macro").settings().__name__ == "NASBenchMacroSettings"


def test_the_page_on_measured_tables_is_right(tmp_path: Path) -> None:
    """Its study file must be accepted as it stands, and what it says of the problem be so."""
    page = Path(__file__).resolve().parents[3] / "docs" / "architecture.md"
    section = page.read_text(encoding="utf-8").partition("## Measured tables")[2]
    plan = parse_study(re.findall(r"```toml\n(.*?)```", section, flags=re.S)[0], tmp_path)
    problem = plan.build_problem()
    plan.build_search().require_fit(problem)
    assert isinstance(problem, NASBenchMacro)
    assert problem.budgets == {"parameters": 2.5}
    assert len(problem.front()) > 1
