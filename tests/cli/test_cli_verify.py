"""`braess verify`, as a user types it: a proof confirmed, one that was tampered with, and runs without any."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from braess.cli import main

STUDY = """
name = "small"

[problem]
kind = "link-addition"
instance = "SF_DNDP_10_1"
budget_share = 0.25

[search]
method = "{method}"
"""


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proven")
    (folder / "small.toml").write_text(STUDY.format(method="branch-and-bound"))
    assert leave(["run", str(folder / "small.toml"), "--quiet", "--no-report"]) == 0
    return folder / "runs" / "small"


def test_a_proof_is_confirmed(proven: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the study file too: the record keeps it."""
    assert leave(["verify", str(proven)]) == 0
    out = capsys.readouterr().out
    assert "certificate          confirmed" in out
    assert "all designs in" in out
    assert leave(["verify", str(proven), "--json", "--study", str(proven.parents[1] / "small.toml")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["confirmed"] is True
    assert facts["gap"] < 1e-6
    assert facts["exact"][0] <= facts["best"] <= facts["exact"][1]


def test_a_certificate_that_claims_more_is_not(proven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.sqlite"
    record.write_bytes((proven / "record.sqlite").read_bytes())
    with sqlite3.connect(record) as connection:
        (data,) = connection.execute("select data from artifact where name = 'certificate.json'").fetchone()
        facts = json.loads(data)
        claim = json.dumps(facts | {"bound": facts["best"] * 1.001, "gap": 0.0}).encode()
        connection.execute("update artifact set data = ? where name = 'certificate.json'", (claim,))
    assert leave(["verify", str(record)]) == 1
    assert "NOT CONFIRMED" in capsys.readouterr().out
    assert leave(["verify", str(record), "--quiet"]) == 1
    assert capsys.readouterr().out == ""


def test_a_run_without_a_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "small.toml"
    study.write_text(STUDY.format(method="random") + "\n[budget]\nevaluations = 5\n")
    assert leave(["run", str(study), "--quiet", "--no-report"]) == 0
    assert leave(["verify", str(tmp_path / "runs" / "small")]) == 2
    assert "proven nothing" in capsys.readouterr().err


def test_another_study_file(proven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.toml"
    other.write_text(STUDY.format(method="branch-and-bound").replace("0.25", "0.75"))
    assert leave(["verify", str(proven), "--study", str(other)]) == 2
    assert "another problem" in capsys.readouterr().err
