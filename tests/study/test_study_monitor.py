"""What a search watches of itself: kept with the record, told at the end, refused where damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from braess.cli.app import app
from braess.errors import StoreError
from braess.problem import Artifact
from braess.search.cbo import CBO
from braess.search.random import Random
from braess.study import Budget, Study, open_result
from braess.study.monitor import NAME, brief, read_monitor, write_monitor
from braess.testing import Knapsack, Sphere

FILE = """
[problem]
kind = "toll-design"
network = "braess"
largest = 5.0

[search]
method = "cbo"
particles = 10

[budget]
evaluations = 40
"""


def test_it_is_kept(tmp_path: Path) -> None:
    store = tmp_path / "record.sqlite"
    told = Study(Sphere(), CBO(particles=10), budget=Budget(evaluations=60), store=store, progress="off").run()
    read = open_result(store).monitor
    assert read.keys() == {"effective particles"}
    assert np.array_equal(read["effective particles"], told.monitor["effective particles"])
    assert len(read["effective particles"]) == 6
    assert told.summary()["monitor"] == brief(read)


def test_others_watch_nothing() -> None:
    result = Study(Knapsack(), Random(), budget=Budget(evaluations=20), progress="off").run()
    assert result.monitor == {}
    assert result.summary()["monitor"] == {}


@pytest.mark.parametrize("data", [b"\xff", b"[1, 2]", b'{"size": "large"}', b'{"size": [[1.0]]}', b'{"size": 1.0}'])
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        read_monitor({NAME: Artifact(NAME, "", data)})


def test_nothing_watched_yet_is_no_damage() -> None:
    kept = write_monitor({"size": np.empty(0)})
    assert brief(read_monitor({NAME: kept})) == {}


def test_the_command_tells(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(FILE)
    done = CliRunner().invoke(app, ["run", str(tmp_path / "study.toml"), "--no-report", "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "effective particles" in done.output
    done = CliRunner().invoke(app, ["show", str(tmp_path / "runs" / "study"), "--json"])
    assert json.loads(done.stdout)["monitor"]["effective particles"]["median"] > 0
