"""`braess profile` writes a table that a study file can name, and says how far times add up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from braess.cli import main

pytest.importorskip("torch", reason="networks need the extra learn")

STUDY = """
name = "{name}"
[problem]
{problem}
[search]
method = "random"
[budget]
evaluations = 2
"""
CHAIN = """
kind = "chain"
images = "stripes"
training_images = 64
validation_images = 32
pooled = 1
stages = [[4, 1, 1], [8, 1, 2]]
stem = 4
head = 8
objectives = ["latency"]
{more}
[problem.timing]
warm = 1
repeats = 2
"""


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def write(folder: Path, name: str, problem: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(STUDY.format(name=name, problem=problem))
    return path


def test_profile_writes_a_table_for_a_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = write(tmp_path, "phone", CHAIN.format(more=""))
    assert leave(["profile", str(study), "--designs", "3"]) == 0
    shown = capsys.readouterr().out
    assert "k5_e6 to 8/2" in shown
    assert "R2 of the sums" in shown
    table = json.loads((tmp_path / "phone-latency.json").read_text())
    assert len(table["milliseconds"]) == 3 + 2 * 3
    with_table = write(tmp_path, "later", CHAIN.format(more='latency_table = "phone-latency.json"'))
    assert leave(["run", str(with_table), "--quiet"]) == 0


def test_profile_speaks_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study, target = write(tmp_path, "phone", CHAIN.format(more="")), tmp_path / "table.json"
    assert leave(["profile", str(study), "--designs", "3", "--json", "-o", str(target)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == str(target)
    assert found["designs"] == 3
    assert {"r2", "error", "bias", "spearman", "machine"} <= found.keys()


def test_what_has_no_blocks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write(tmp_path, "beam", 'kind = "engineering"\nname = "welded-beam"')
    assert leave(["profile", str(study)]) != 0
    assert "trained" in capsys.readouterr().err
