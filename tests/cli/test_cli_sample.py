"""`braess sample`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from braess.cli import main
from braess.learn import read_samples

STUDY = """
seed = 3

[problem]
kind = "lane-addition"
network = "sioux-falls"
budget_share = 0.5

[search]
method = "local"
"""


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lanes.toml").write_text(STUDY)
    return tmp_path / "lanes.toml"


def test_a_sample_is_drawn_and_grows(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(["sample", str(study), "--n", "40"]) == 0
    out = capsys.readouterr().out
    assert "examples             40, 40 of them now in" in out
    assert "lanes-samples.parquet" in out
    assert read_samples(study.with_name("lanes-samples.parquet")).facts["seed"] == 3
    assert leave(["sample", str(study), "--n", "50", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["examples"], facts["failed"], facts["solved"]) == (50, 0, 18)
    assert leave(["sample", str(study), "--n", "50"]) == 0
    assert "all there before" in capsys.readouterr().out


def test_options_reach_the_sample(study: Path) -> None:
    options = ["--output", "own.parquet", "--seed", "5", "--deviation", "0", "--gap", "1e-4", "--workers", "1", "--quiet"]
    assert leave(["sample", str(study), "--n", "10", *options]) == 0
    found = read_samples(study.with_name("own.parquet"))
    assert (found.facts["seed"], found.facts["deviation"], found.facts["relative_gap"]) == (5, 0.0, 1e-4)
    assert "trips" not in found.columns


def test_mistakes_are_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(["sample", str(study), "--n", "0"]) == 2
    assert leave(["sample", str(study)]) == 2
    assert leave(["sample", str(study), "--n", "5", "--gap", "2"]) == 2
    assert "relative_gap" in capsys.readouterr().err
    assert leave(["sample", str(study), "--n", "5", "--output", "none/own.parquet"]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert leave(["sample", "none.toml", "--n", "5"]) == 2


def test_an_interrupt_keeps_what_is_solved(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from braess.domains.road import LaneAddition

    solved, answer = [], LaneAddition.answer

    def interrupted(self: LaneAddition, *args: object, **options: object) -> object:
        solved.append(1)
        if len(solved) == 2:
            raise KeyboardInterrupt
        return answer(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(LaneAddition, "answer", interrupted)
    assert leave(["sample", str(study), "--n", "96", "--workers", "1"]) == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert leave(["sample", str(study), "--n", "96", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["solved"] in (32, 64)  # the part after it may have been under way
