"""The commands that run a study and look at its record, as a user types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from braess.cli import main

STUDY = """
name = "small"
seed = 3

[problem]
kind = "link-addition"
instance = "SF_DNDP_10_1"
budget_share = 0.5

[search]
method = "{method}"

[budget]
{budget}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(STUDY.format(method="random", budget="evaluations = 40"))
    return path


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_run_writes_record_and_report(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The main job: one command must leave a result on the screen, a record and a report."""
    assert leave(["run", str(study), "--workers", "1"]) == 0
    out = capsys.readouterr().out
    folder = study.parent / "runs" / "small"
    assert "total travel time" in out
    assert str(folder / "report.html") in out
    assert (folder / "record.sqlite").exists()
    assert "<html" in (folder / "report.html").read_text()


def test_json_is_for_programs(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json standard output must be one JSON document and nothing else."""
    assert leave(["run", str(study), "--json"]) == 0
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert facts["evaluations"] == 40
    assert facts["best"] < 7_480_225
    assert captured.err == ""


def test_quiet_prints_nothing(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that asked for quiet must see no output at all."""
    assert leave(["run", str(study), "--quiet", "--no-report"]) == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_seed_and_workers(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The seed decides the designs, the number of workers does not."""
    found = []
    for i, extra in enumerate((["--seed", "5"], ["--seed", "5", "--workers", "2"], ["--seed", "6"])):
        text = study.read_text() + f'[record]\nfolder = "run{i}"\n'
        (tmp_path / f"s{i}.toml").write_text(text)
        leave(["run", str(tmp_path / f"s{i}.toml"), "--json", "--no-report", *extra])
        facts = json.loads(capsys.readouterr().out)
        found.append((facts["best"], facts["best_position"], facts["best_design"]))
    assert found[0] == found[1] != found[2]


def test_second_run_is_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Running onto a record must not mix two studies: it is refused with what to do instead."""
    assert leave(["run", str(study), "-q"]) == 0
    assert leave(["run", str(study), "-q"]) == 2
    assert "resume" in capsys.readouterr().err


def test_look_at_a_run(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Show, report and export must work from the record alone, with the study file gone."""
    leave(["run", str(study), "-q", "--no-report"])
    run = str(study.parent / "runs" / "small")
    study.unlink()
    for arguments in (["show", run], ["show", run, "--json"], ["report", run], ["export", run, "--csv"]):
        assert leave(arguments) == 0, arguments
    assert leave(["export", run, "--json"]) == 0
    assert leave(["export", run, "--geojson", "--output", str(study.parent / "map.geojson")]) == 0
    assert len((Path(run) / "result.csv").read_text().splitlines()) == 41
    assert json.loads((Path(run) / "result.json").read_text())["best"] is not None
    assert json.loads((study.parent / "map.geojson").read_text())["type"] == "FeatureCollection"
    capsys.readouterr()


def test_export_wants_one_format(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No format or two formats is bad input, not a guess."""
    leave(["run", str(study), "-q", "--no-report"])
    run = str(study.parent / "runs" / "small")
    assert leave(["export", run]) == 2
    assert leave(["export", run, "--csv", "--json"]) == 2
    capsys.readouterr()


def test_no_run_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong RUN must name the place that was looked at, and make no file there."""
    for command in ("show", "report", "resume"):
        assert leave([command, str(tmp_path)]) == 2
        assert "record.sqlite" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_two_objectives(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several objectives must end in a front on the screen and in the report."""
    text = study.read_text().replace(
        "budget_share = 0.5", 'budget_share = 0.5\nobjectives = ["total_travel_time", "construction_cost"]'
    )
    study.write_text(text.replace('"random"', '"nsga2"'))
    assert leave(["run", str(study)]) == 0
    assert "Pareto front" in capsys.readouterr().out


def test_resume_after_interrupt(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C must leave with 130 and a record that resume carries to the end an uninterrupted run has."""
    slow = STUDY.format(method="random", budget="evaluations = 600")
    slow = slow.replace('"link-addition"', '"lane-addition"').replace('instance = "SF_DNDP_10_1"', 'network = "anaheim"')
    for name in ("whole", "broken"):
        (tmp_path / f"{name}.toml").write_text(slow.replace('"small"', f'"{name}"'))
    assert leave(["run", str(tmp_path / "whole.toml"), "--json", "--no-report", "--workers", "1"]) == 0
    whole = json.loads(capsys.readouterr().out)
    command = [sys.executable, "-m", "braess", "run", str(tmp_path / "broken.toml"), "--no-report", "--workers", "1", "-q"]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONWARNINGS": "default"})
    _await_rows(tmp_path / "runs" / "broken" / "record.sqlite")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert leave(["resume", str(tmp_path / "runs" / "broken"), "--json", "--workers", "1"]) == 0
    resumed = json.loads(capsys.readouterr().out)
    assert (resumed["best"], resumed["best_position"]) == (whole["best"], whole["best_position"])
    assert resumed["evaluations"] == whole["evaluations"]


def _await_rows(record: Path) -> None:
    import sqlite3
    from contextlib import closing

    for _ in range(600):
        time.sleep(0.05)
        if record.exists():
            with closing(sqlite3.connect(record)) as connection:
                try:
                    if connection.execute("select count(*) from evaluation").fetchone()[0]:
                        return
                except sqlite3.OperationalError:
                    continue
    raise AssertionError("nothing was recorded")


@pytest.mark.slow
def test_demo_reaches_the_published_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demonstration must end at or below what a commercial solver reached in four hours."""
    assert leave(["demo", "--folder", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best"] <= 4_383_952 * (1 + 1e-4)


def test_resume_with_a_larger_budget(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finished run whose study file allows more must go on to where one with the larger budget would have ended."""
    assert leave(["run", str(study), "-q", "--no-report"]) == 0
    study.write_text(study.read_text().replace("evaluations = 40", "evaluations = 90"))
    run = str(tmp_path / "runs" / "small")
    assert leave(["resume", run, "--study", str(study), "--json"]) == 0
    longer = json.loads(capsys.readouterr().out)
    (tmp_path / "other.toml").write_text(study.read_text().replace('"small"', '"other"'))
    assert leave(["run", str(tmp_path / "other.toml"), "--json", "--no-report"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert longer["evaluations"] == whole["evaluations"] == 90
    assert (longer["best"], longer["best_position"]) == (whole["best"], whole["best_position"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('method = "linas"\npredictor = "graph"', "study.toml:8: search.predictor: 'graph' needs"),
        ('method = "nsga2"', "study.toml:6: search: 'nsga2' optimises several objectives"),
        ('method = "fbnet"\ncost = "budget"', "study.toml:8: search.cost: the problem has no cost"),
    ],
)
def test_a_search_that_does_not_fit_is_located(
    settings: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is found wrong before the first evaluation, or as the search begins, must lead to a line."""
    pytest.importorskip("torch", reason="two of the searches need the extra learn")
    study = tmp_path / "study.toml"
    problem = '[problem]\nkind = "nas-bench-macro"\nobjectives = ["accuracy"]\n'
    study.write_text(f'name = "wrong"\nseed = 1\n{problem}[search]\n{settings}\n[budget]\nevaluations = 10\n')
    assert leave(["run", str(study), "--workers", "1"]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "missing"), [("cell", "filelock"), ("proxied", "torch")])
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_problem_says_what_to_install(command: str, kind: str, missing: str, tmp_path: Path) -> None:
    """Where the extra is not installed, the user must be told which it is, with the line that needs it."""
    study = tmp_path / "study.toml"
    search = '[search]\nmethod = "random"\n[budget]\nevaluations = 3\n'
    study.write_text(f'name = "wanting"\nseed = 1\n[problem]\nkind = "{kind}"\n{search}')
    code = f"import sys; sys.modules[{missing!r}] = None; from braess.cli import main; main([{command!r}, {str(study)!r}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert f"study.toml:4: problem.kind: needs a package that is not installed: {missing}" in said
    assert "braess[learn]" in said
