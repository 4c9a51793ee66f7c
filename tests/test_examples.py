"""The examples: study and assignment files are right, scripts run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from braess.cli import main

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_files_are_right(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer who copies an example must not begin with an error."""
    with pytest.raises(SystemExit) as left:
        main(["check", str(path)])
    assert not left.value.code, capsys.readouterr().out
    assert "assignment file" in capsys.readouterr().out or "assignment" not in path.name


def test_own_problem_runs() -> None:
    """The template for a problem of one's own must run, and a search must beat random designs."""
    done = subprocess.run([sys.executable, str(EXAMPLES / "own_problem.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
    assert found["cma-es"] < found["random"]


def test_the_day_of_tolls_runs() -> None:
    """The template for a workflow of one's own must run, and end better than it began."""
    done = subprocess.run([sys.executable, str(EXAMPLES / "toll_workflow.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("welfare"))
    assert float(line.split()[1]) < float(line.split()[3])
