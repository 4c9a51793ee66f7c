"""Labelled designs from a file: what an export writes is read back, and what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from braess.errors import InputError
from braess.problem import Evaluations, Objective, Problem
from braess.report.export import export_csv
from braess.search._labelled import read_labelled
from braess.search.random import Random
from braess.space import Categorical, Space
from braess.study import Budget, Study
from braess.study.file import read_study
from braess.testing import Cells, Flaky, Knapsack, Mixed, Sphere

HEADER = "switches[0],switches[1],switches[2],count,material,length,share,misfit,count and share\n"
ROW = "1,0,True,4,steel,10,0.25,0,0\n"


@pytest.mark.parametrize("problem", [Mixed(), Cells(), Knapsack(8), Sphere(3)], ids=lambda problem: problem.name)
def test_exports_are_read_back(problem: Problem, tmp_path: Path) -> None:
    """A study must be able to begin with what another one found, failures among it."""
    flaky = Flaky(problem, 0.3)
    result = Study(flaky, Random(), budget=Budget(evaluations=40), seed=1, progress="off").run()
    designs, evaluations = read_labelled(export_csv(result, tmp_path / "all.csv"), problem)
    assert designs.pack() == list(dict.fromkeys(result.designs.pack()))
    again = flaky.evaluate(designs)
    assert evaluations.failed.tolist() == again.failed.tolist()
    assert np.allclose(evaluations.objectives, again.objectives, equal_nan=True)
    assert np.allclose(evaluations.constraints, again.constraints, equal_nan=True)


def test_words_and_repeated_designs(tmp_path: Path) -> None:
    """Binaries may be words, options are their names, other columns are not read, and a design counts once."""
    path = tmp_path / "train.csv"
    path.write_text("note," + HEADER + "first," + ROW + "again," + ROW + "\nother,0,1,0,-3,glass,0.1,1,9,1\n")
    designs, evaluations = read_labelled(path, Mixed())
    assert designs.rows()[0]["material"] == "steel"
    assert designs["switches"].tolist() == [[1, 0, 1], [0, 1, 0]]
    assert evaluations.objectives.tolist() == [[0.0], [9.0]]
    assert evaluations.feasible.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "no labelled designs"),
        ("", "no labelled designs"),
        (HEADER.replace("misfit", "misfits") + ROW, r"train.csv:1: misfit: no such column; did you mean 'misfits'"),
        (HEADER.replace("count,", "misfit,") + ROW, r":1: count: no such column"),
        (HEADER.replace("share,misfit", "misfit,misfit") + ROW, r":1: "),
        (
            HEADER + ROW + ROW.replace("steel", "stone"),
            r":3: material: impossible value \(found 'stone', expected an index",
        ),
        (
            HEADER + ROW.replace("4,", "4.5,"),
            r":2: count: impossible value \(found '4.5', expected a whole number from -3 to 9",
        ),
        (
            HEADER + ROW.replace("10", "2000"),
            r":2: length: impossible value \(found '2000', expected a number from 0.1 to 1000",
        ),
        (HEADER + ROW.replace("True", "2"), r":2: switches.*found '1, 0, 2', expected 0 or 1"),
        (HEADER + ROW.replace("0.25", ""), r":2: share: the value is missing"),
        (HEADER + ROW.replace("0.25,0,", "0.25,nan,"), r":2: misfit: impossible value \(found 'nan', expected a finite number"),
        (HEADER + ROW + "1,0\n", r":3: wrong number of values \(found 2, expected 9"),
        (HEADER + '"1', "not comma-separated text"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str, tmp_path: Path) -> None:
    """Each mistake must come back with file, line, column, what was found and what was expected."""
    path = tmp_path / "train.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_labelled(path, Mixed())


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text must be told apart from bad tables."""
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for name, message in (("none.csv", "No such file"), (".", "cannot be read"), ("bytes.csv", "not text")):
        with pytest.raises(InputError, match=message):
            read_labelled(tmp_path / name, Mixed())


class Options(Problem):
    """Categories that a spreadsheet would calculate."""

    name = "options"
    space = Space({"sign": Categorical(options=("+1", "-1", "plain"), size=2)})
    objectives = (Objective("value", "max"),)

    def evaluate(self, designs: Any) -> Evaluations:
        return Evaluations.of(designs["sign"].sum(axis=1, keepdims=True))

    check = evaluate


def test_texts_that_look_like_formulas_survive(tmp_path: Path) -> None:
    """An export puts an apostrophe before them, which is not theirs."""
    result = Study(Options(), Random(), budget=Budget(evaluations=9), seed=1, progress="off").run()
    designs, _ = read_labelled(export_csv(result, tmp_path / "all.csv"), Options())
    assert designs.pack() == result.designs.pack()


def test_paths_start_at_the_study_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A study must find its examples from any working directory, and `braess check` must say what is wrong with them."""
    pytest.importorskip("torch", reason="generative models need the extra learn")
    from braess.cli.files import check_study

    study = '[problem]\nkind = "engineering"\nname = "ackley-2"\n[search]\nmethod = "pgvae"\nexamples = "train.csv"\n'
    (tmp_path / "study.toml").write_text(study + "[budget]\nevaluations = 5\n")
    monkeypatch.chdir("/")
    assert "cannot be read" in str(check_study(tmp_path / "study.toml").problems[0])
    plan = read_study(tmp_path / "study.toml")
    problem = plan.build_problem()
    result = Study(problem, Random(), budget=Budget(evaluations=20), seed=1, progress="off").run()
    export_csv(result, tmp_path / "train.csv")
    assert check_study(tmp_path / "study.toml").problems == []
    running: Any = plan.build_search().start(problem, np.random.default_rng(0))
    assert len(running.points) == 20
