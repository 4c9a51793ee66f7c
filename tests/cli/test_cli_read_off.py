"""What `braess assign` writes beside flows: skims, paths, selected trips; and what bad options are answered with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from braess.cli import main
from braess.domains.road import Assignment, load, path_flows, select_link, skims
from braess.domains.road.formats import read_csv_demand, read_omx


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.fixture(scope="module")
def solved():
    prepared = Assignment(*load("sioux-falls"))
    return prepared, prepared.solve()


def test_everything_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], solved) -> None:
    """All files of one call must hold what Python reads off the same equilibrium."""
    skim, path, trips, flows = (tmp_path / name for name in ("new/skims.csv", "paths.csv", "trips.csv", "flows.csv"))
    options = ["--skims", str(skim), "--paths", str(path), "--select-output", str(trips), "-o", str(flows)]
    assert leave(["assign", "sioux-falls", "--json", "--select-link", "6->8", "--select-link", "28", *options]) == 0
    facts = json.loads(capsys.readouterr().out)
    expected = skims(*solved)
    table = pd.read_csv(skim)
    assert list(table.columns) == ["origin", "destination", "time", "distance", "cost"]
    np.testing.assert_allclose(table["time"].to_numpy().reshape(24, 24), expected.time)
    paths = path_flows(*solved)
    table = pd.read_csv(path)
    assert len(table) == len(paths) == facts["paths"]
    np.testing.assert_allclose(table["flow"], paths.flow)
    assert table["nodes"].tolist() == paths.columns()["nodes"]
    selected = select_link(*solved, ["6->8", 28])
    assert facts["selected_trips"] == pytest.approx(selected.total)
    np.testing.assert_allclose(read_csv_demand(trips, 24).matrix, selected.trips)
    np.testing.assert_allclose(pd.read_csv(flows)["selected_flow"], selected.flow)


def test_open_matrices(tmp_path: Path, capsys: pytest.CaptureFixture[str], solved) -> None:
    """OMX files must read back with names and zone labels, as other programs find them."""
    openmatrix = pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    skim, trips = tmp_path / "new" / "skims.omx", tmp_path / "trips.omx"
    options = ["--skims", str(skim), "--skims-over", "used", "--select-link", "6->8", "--select-output", str(trips)]
    assert leave(["assign", "sioux-falls", *options]) == 0
    assert str(skim) in capsys.readouterr().out.replace("\n", "")
    expected = skims(*solved, over="used")
    with openmatrix.open_file(str(skim)) as file:
        assert sorted(file.list_matrices()) == ["cost", "distance", "time"]
        np.testing.assert_allclose(np.array(file["distance"]), expected.distance)
        assert file.mapping("zone") == {label: label - 1 for label in range(1, 25)}
    np.testing.assert_allclose(read_omx(trips).matrix, select_link(*solved, ["6->8"]).trips)


def test_thresholds_and_modes(tmp_path: Path, capsys: pytest.CaptureFixture[str], solved) -> None:
    """Options must reach the library."""
    path = tmp_path / "paths.csv"
    links = ["--select-link", "6->8", "--select-link", "8->16", "--select-mode", "ordered"]
    assert leave(["assign", "sioux-falls", "--json", "--paths", str(path), "--least-flow", "500", *links]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert pd.read_csv(path)["flow"].min() >= 500
    assert facts["trips_on_paths_left_out"] == pytest.approx(path_flows(*solved, least_flow=500).left_out)
    assert facts["selected_trips"] == pytest.approx(select_link(*solved, ["6->8", "8->16"], mode="ordered").total)
    assert leave(["assign", "sioux-falls", "-q", "--paths", str(path), "--paths-split", "few"]) == 0
    assert len(pd.read_csv(path)) == len(path_flows(*solved, split="few"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--skims", "skims.xlsx"], "--skims: unknown kind of file"),
        (["--paths", "paths.omx"], "--paths: unknown kind of file"),
        (["--select-link", "6->8", "--select-output", "trips.txt"], "--select-output: unknown kind of file"),
        (["--select-output", "trips.csv"], "no link is selected"),
        (["--select-link", "6->88"], "did you mean '6->8'"),
        (["--select-link", "99"], "0 to 75"),
        (["--select-link", "6->8", "--select-link", "6->8"], "twice"),
    ],
)
def test_bad_options_leave_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    """A mistake is answered before anything is solved or written, in one line."""
    monkeypatch.chdir(tmp_path)
    assert leave(["assign", "sioux-falls", *options]) == 2
    message = capsys.readouterr().err
    assert words in message
    assert len(message.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
