"""`braess compare`: tables, page, JSON, and mistakes answered with their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from braess.cli import main
from braess.cli.app import app

FILE = """
[problem]
kind = "lane-addition"
network = "braess"
budget_share = 0.5

[search]
method = "genetic"
population = 10

[[compare]]
method = "random"

[[compare]]
label = "small steps"
method = "local"

[budget]
evaluations = 20
"""


def invoke(path: Path, *arguments: str, text: str = FILE) -> Result:
    (path / "study.toml").write_text(text)
    return CliRunner().invoke(app, ["compare", str(path / "study.toml"), "--seeds", "3", "--processes", "1", *arguments])


def test_it_tells_and_writes(tmp_path: Path) -> None:
    done = invoke(tmp_path)
    assert done.exit_code == 0, done.output
    for text in ("genetic", "random", "small steps", "Nemenyi", "Friedman"):
        assert text in done.output
    folder = tmp_path / "comparisons" / "study"
    assert (folder / "comparison.html").is_file()
    assert len(list((folder / "runs").glob("*.sqlite"))) == 9


def test_it_tells_programs(tmp_path: Path) -> None:
    done = invoke(tmp_path, "--json", "--search", "cma-es", "--output", str(tmp_path / "there"))
    facts = json.loads(done.stdout)
    assert [row["search"] for row in facts["searches"]] == ["genetic", "random", "small steps", "cma-es"]
    assert facts["seeds"] == [0, 1, 2]
    assert Path(facts["report"]) == tmp_path / "there" / "comparison.html"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('method = "random"', 'method = "randon"', "12.*compare.0.*random"),
        ('label = "small steps"', "label = 3", "15.*compare.1.label"),
        ('label = "small steps"', 'label = "genetic"', "15.*compare.1.label.*another search"),
        ('method = "local"', 'method = "local"\npopulation = 3', "17.*compare.1.population.*unknown key"),
        ('method = "local"', 'method = "nsga2"', "several objectives"),
    ],
)
def test_mistakes_are_placed(tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, words: str) -> None:
    import re

    (tmp_path / "study.toml").write_text(FILE.replace(before, after))
    with pytest.raises(SystemExit) as left:
        main(["compare", str(tmp_path / "study.toml")])
    assert left.value.code == 2
    assert re.search(words, capsys.readouterr().err.replace("\n", " ")), words


def test_a_search_takes_part_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(FILE)
    with pytest.raises(SystemExit) as left:
        main(["compare", str(tmp_path / "study.toml"), "--search", "random"])
    assert left.value.code == 2
    assert "takes part already" in capsys.readouterr().err
