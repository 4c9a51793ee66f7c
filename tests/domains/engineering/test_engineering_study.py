"""The engineering problems by name: in study files, on the command line, from Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from braess.cli import main
from braess.domains.engineering import PROBLEMS, WeldedBeam, load
from braess.errors import InputError
from braess.study.domain import find_problem
from braess.study.file import parse_study

STUDY = """
seed = 1

[problem]
kind = "engineering"
{settings}

[search]
method = "{method}"

[budget]
evaluations = {evaluations}
"""


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def write(folder: Path, *, method: str = "random", evaluations: int = 30, settings: str = 'name = "welded-beam"') -> Path:
    path = folder / "beam.toml"
    path.write_text(STUDY.format(settings=settings, method=method, evaluations=evaluations))
    return path


@pytest.mark.parametrize("method", ["random", "cma-es", "gradient"])
def test_study_runs(method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A study file must lead to a result; the gradient, which the problem gives, to the optimum."""
    study = write(tmp_path, method=method, evaluations=150 if method == "gradient" else 30)
    assert leave(["check", str(study)]) == 0
    assert "welded-beam" in capsys.readouterr().out
    assert leave(["run", str(study), "--json", "--no-report", "--workers", "1"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["evaluations"] == 150 if method == "gradient" else 30
    if method == "gradient":
        assert facts["best"] == pytest.approx(2.38113425, rel=1e-4)


def test_list_names_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever lists the problems must see which names there are."""
    assert leave(["list", "problems", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["problems"]}
    listed = rows["engineering"]["summary"].partition(": ")[2].rstrip(".").split(", ")
    assert listed == list(PROBLEMS)
    assert f" {len(PROBLEMS)} " in rows["engineering"]["summary"]


def test_python_and_study_file_agree(tmp_path: Path) -> None:
    """A problem must be the same wherever it is named."""
    text = STUDY.format(settings='name = "welded-beam"\nvariant = "corrected"', method="random", evaluations=1)
    built = parse_study(text, tmp_path).build_problem()
    assert built.describe() == WeldedBeam("corrected").describe() == load("welded-beam", "corrected").describe()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('name = "weldedbeam"', "did you mean 'welded-beam'"),
        ('name = "welded-beam"\nvariant = "correct"', "did you mean 'corrected'"),
        ('variant = "corrected"', "name"),
        ('name = "welded-beam"\nvariants = "corrected"', "variant"),
        ("name = 3", "name"),
    ],
)
def test_bad_settings(settings: str, expected: str, tmp_path: Path) -> None:
    """A wrong name, variant or key must be answered with the place and the nearest right one."""
    study = write(tmp_path, settings=settings)
    with pytest.raises(InputError, match=expected) as raised:
        parse_study(study.read_text(), tmp_path, file=study).build_problem()
    assert raised.value.file == str(study)
    assert raised.value.line is not None


def test_bad_variant_from_python() -> None:
    """From Python too, and whatever the type."""
    for wrong in ("both", 3):
        with pytest.raises(InputError, match="variant"):
            WeldedBeam(wrong)  # type: ignore[arg-type]


def test_loads_without_the_compiler() -> None:
    """Formulas need numpy alone: the domain must not bring in what compiles, learns or draws."""
    program = "import sys, braess.domains.engineering; print(*({'numba', 'torch', 'matplotlib', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert find_problem("engineering").settings().__name__ == "EngineeringSettings"
