"""`braess pretrain`, as a user types it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from braess.cli import main
from braess.learn.prior_fitted import pretraining
from braess.learn.prior_fitted.network import Shape
from braess.learn.prior_fitted.pretraining import read_network


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder, on networks and steps small enough for a test."""
    monkeypatch.chdir(tmp_path)
    for name, kind in pretraining.KINDS.items():
        shape = Shape(width=8, heads=2, layers=2, asking=1, hidden=8, outputs=kind.shape.outputs)
        small = replace(kind, shape=shape, recipe=replace(kind.recipe, rows=200, most=10, queries=8, coordinates=3))
        monkeypatch.setitem(pretraining.KINDS, name, small)


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.mark.parametrize("network", ["values", "labels"])
def test_a_network_is_fitted_and_reports(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(["pretrain", network, "--steps", "3"]) == 0
    printed = capsys.readouterr().out
    assert f"{network}.net" in printed
    assert "nats" in printed
    assert read_network(Path(f"{network}.net"))[1]["recipe"]["steps"] == 3
    assert not Path(f"{network}.net.checkpoint").exists()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(["pretrain", "labels", "--steps", "2", "--seed", "5", "--output", "mine.net", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["file"] == "mine.net"
    assert said["recipe"]["seed"] == 5
    assert len(said["report"]["labels"]) == 3


def test_an_unknown_network_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(["pretrain", "classes"]) == 2
    assert "values or labels" in capsys.readouterr().err


@pytest.mark.parametrize(("steps", "said"), [(0, "begins again"), (3, "goes on")])
def test_an_interruption_says_what_comes_next(
    steps: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is a checkpoint the command goes on from it, else it begins again, and it must say which."""
    monkeypatch.setattr(pretraining, "_CHECKPOINT", 0.0)
    drawn = pretraining.tasks_of

    def interrupt(kind: pretraining.Kind, recipe: pretraining.Recipe, number: int) -> pretraining.Tasks:
        if number == steps:
            raise KeyboardInterrupt
        return drawn(kind, recipe, number)

    monkeypatch.setattr(pretraining, "tasks_of", interrupt)
    assert leave(["pretrain", "values", "--steps", "5"]) == 130
    assert said in capsys.readouterr().out
