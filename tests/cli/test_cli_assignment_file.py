"""`braess assign FILE.toml`: files and facts of classes and elastic demand, and what bad options are answered with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from braess.cli import main
from braess.domains.road import load, path_flows, read_assignment, select_link, skims
from braess.domains.road.formats import read_csv_demand, read_matrix

CLASSES = """network = "sioux-falls"
toll_factor = 1.0
preload = "buses.csv"
[[user_class]]
name = "car"
share = 0.9
[[user_class]]
name = "truck"
share = 0.1
passenger_car_units = 2.0
toll_per_length = 0.3
"""
ELASTIC = 'network = "sioux-falls"\ntoll_factor = 1.0\ntoll = "tolls.csv"\n[elastic]\nelasticity = 0.5\n'


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Inputs in a folder of their own, away from where the command runs and writes."""
    for name, text in {
        "classes.toml": CLASSES,
        "elastic.toml": ELASTIC,
        "plain.toml": 'network = "sioux-falls"\n',
        "study.toml": '[problem]\nkind = "lane-addition"\nnetwork = "sioux-falls"\nbudget_share = 0.5\n'
        '[search]\nmethod = "random"\n[budget]\nevaluations = 5\n',
        "buses.csv": "init_node,term_node,flow\n6,8,1000\n",
        "tolls.csv": "init_node,term_node,toll\n6,8,3\n",
    }.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text(text)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    return tmp_path / "in"


def test_classes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of one class must hold what Python reads off that class; the table of links has all classes."""
    path = str(folder / "classes.toml")
    options = ["--class", "truck", "--skims", "s.csv", "--paths", "p.csv", "--select-link", "6->8", "--select-output", "t.csv"]
    assert leave(["assign", path, "--json", "-o", "flows.csv", "--map", "flows.png", *options]) == 0
    facts = json.loads(capsys.readouterr().out)
    found = read_assignment(path).build().solve()
    links = pd.read_csv("flows.csv")
    for name in ("flow", "time", "preload", "flow_car", "cost_car", "flow_truck", "cost_truck"):
        np.testing.assert_allclose(links[name], found.columns[name], atol=1e-9)
    np.testing.assert_allclose(links["flow"], links["flow_car"] + 2 * links["flow_truck"])
    assert links["preload"].sum() == 1000
    assert facts["trips_truck"] == pytest.approx(36_060)
    assert facts["total_cost"] == pytest.approx(found.facts["total_cost"])
    trucks = found.read("truck")
    np.testing.assert_allclose(read_matrix("s.csv", "cost", np.arange(1, 25)), skims(*trucks).cost)
    assert len(pd.read_csv("p.csv")) == len(path_flows(*trucks)) == facts["paths"]
    selected = select_link(*trucks, ["6->8"])
    np.testing.assert_allclose(read_csv_demand("t.csv", 24).matrix, selected.trips)
    np.testing.assert_allclose(links["selected_flow"], selected.flow)
    assert Path("flows.png").read_bytes().startswith(b"\x89PNG")


def test_elastic(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The trips made go to a file as any demand, from which a fixed assignment gives the same flows."""
    pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    path = str(folder / "elastic.toml")
    written = ["--trips-made", "made.csv", "-o", "flows.csv", "--skims", "s.csv"]
    assert leave(["assign", path, "--json", *written]) == 0
    facts = json.loads(capsys.readouterr().out)
    found = read_assignment(path).build().solve()
    for name in ("reference_trips", "trips_made", "surplus", "total_cost"):
        assert facts[name] == pytest.approx(found.facts[name])
    assert facts["surplus"] < 0
    np.testing.assert_allclose(read_csv_demand("made.csv", 24).matrix, found.trips_made.matrix)
    assert leave(["assign", path, "-q", "--trips-made", "made.omx"]) == 0
    (folder / "fixed.toml").write_text(ELASTIC.partition("[elastic]")[0] + f'demand = "{Path("made.csv").resolve()}"\n')
    assert leave(["assign", str(folder / "fixed.toml"), "--json"]) == 0
    np.testing.assert_allclose(json.loads(capsys.readouterr().out)["flow"], pd.read_csv("flows.csv")["flow"], rtol=1e-3, atol=2)
    elastic = found.solved
    off = ~np.eye(24, dtype=np.bool_)
    cost = read_matrix("s.csv", "cost", np.arange(1, 25))[off]  # of used paths; the trip cost is that of the shortest
    np.testing.assert_allclose(cost, elastic.trip_cost[off], rtol=1e-5)


def test_options_go_before_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Principle, gap and factors of the command line are those that count."""
    path = str(folder / "plain.toml")
    assert leave(["assign", path, "--json", "--principle", "system-optimum", "--gap", "1e-4", "--distance-factor", "0.5"]) == 0
    by_file = json.loads(capsys.readouterr().out)
    assert (
        leave(["assign", "sioux-falls", "--json", "--principle", "system-optimum", "--gap", "1e-4", "--distance-factor", "0.5"])
        == 0
    )
    by_name = json.loads(capsys.readouterr().out)
    assert by_file | {"seconds": 0} == by_name | {"seconds": 0}
    assert 1e-10 < by_file["relative_gap"] <= 1e-4


def test_what_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People read the same facts, in words."""
    assert leave(["assign", str(folder / "classes.toml")]) == 0
    out = capsys.readouterr().out
    assert "total travel time truck" in out
    assert "36,060" in out


def test_check_tells_assignment_files_from_studies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind of TOML file gets the check it needs, and one mistake makes the exit code 2."""
    assert leave(["check", *(str(folder / f"{name}.toml") for name in ("classes", "elastic", "plain", "study"))]) == 0
    out = capsys.readouterr().out
    assert out.count("assignment file, fine") == 3
    assert out.count("study file, fine") == 1
    assert "classes car, truck" in out
    (folder / "bad.toml").write_text(CLASSES.replace("toll_per_length", "toll_per_lenght"))
    assert leave(["check", str(folder / "bad.toml")]) == 2
    out = capsys.readouterr().out
    assert "bad.toml:11" in out
    assert "did you mean 'toll_per_length'" in out
    for text, words in (("[elastic", "not TOML"), ("nonsense = 1\n", "neither a problem nor a search")):
        (folder / "bad.toml").write_text(text)
        assert leave(["check", str(folder / "bad.toml")]) == 2
        assert words in capsys.readouterr().out


def test_a_study_is_no_assignment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who runs the wrong kind of file must learn that, not that its first key is unknown."""
    assert leave(["run", str(folder / "classes.toml")]) == 2
    assert "neither a problem nor a search" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("classes", ["--class", "truk", "--skims", "s.csv"], "--class: no such class; did you mean 'truck'"),
        ("classes", ["--class", "bus"], "one of car, truck"),
        ("classes", ["--skims", "s.csv"], "--class: which class is meant (expected one of car, truck)"),
        ("classes", ["--paths", "p.csv"], "--class: which class is meant"),
        ("classes", ["--select-link", "6->8"], "--class: which class is meant"),
        ("classes", ["--trips-made", "t.csv"], "--trips-made: demand is not elastic"),
        ("plain", ["--class", "truck"], "all users are alike"),
        ("elastic", ["--class", "truck"], "all users are alike"),
        ("elastic", ["--trips-made", "t.xlsx"], "--trips-made: unknown kind of file"),
        ("plain", ["trips.csv"], "TRIPS: the assignment file names the demand"),
        ("plain", ["-o", "flows.wrong"], "--output: unknown kind of file to write (found '.wrong'"),
        ("plain", ["--map", "flows.wrong"], "--map: unknown kind of file to write"),
        ("study", [], "is a study file"),
        ("nothing", [], "cannot read the file"),
    ],
)
def test_bad_options_leave_with_2_before_the_solve(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    options: list[str],
    words: str,
) -> None:
    """A mistake is answered in one line before anything is solved or written."""
    _forbid_solving(monkeypatch)
    assert leave(["assign", str(folder / f"{file}.toml"), *options]) == 2
    message = capsys.readouterr().err
    assert words in message
    assert len(message.strip().splitlines()) == 1
    assert not list(Path.cwd().iterdir())


def test_output_is_refused_before_the_solve_of_a_network_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody should wait for a large network to learn that its flows cannot be written."""
    _forbid_solving(monkeypatch)
    assert leave(["assign", "sioux-falls", "--output", "x.wrong"]) == 2
    assert "--output: unknown kind of file to write" in capsys.readouterr().err


def _forbid_solving(monkeypatch: pytest.MonkeyPatch) -> None:
    from braess.domains.road import assignment_task

    def solve(self: object) -> None:
        raise AssertionError("solved what should have been refused")

    for name in ("PlainTask", "ClassTask", "ElasticTask"):
        monkeypatch.setattr(getattr(assignment_task, name), "solve", solve)


STUDY = """[problem]
kind = "toll-design"
network = "sioux-falls"
links = ["6->8", "16->10"]
largest = 5.0
preload = "buses.csv"
[problem.delay]
function = "conical"
steepness = 4.0
[search]
method = "random"
[budget]
evaluations = 2
"""


def test_studies_take_delays_and_preloads(folder: Path) -> None:
    """A design is judged on the very network that an assignment file of the same keys means."""
    from braess.study.file import read_study

    (folder / "case.toml").write_text(STUDY)
    problem = read_study(folder / "case.toml").build_problem()
    text = 'network = "sioux-falls"\npreload = "buses.csv"\n[delay]\nfunction = "conical"\nsteepness = 4.0\n'
    (folder / "same.toml").write_text(text)
    same = read_assignment(folder / "same.toml").build().solve()
    untolled = problem.space.unflatten(np.zeros((1, 2)))
    assert problem.evaluate(untolled).objectives[0, 0] == pytest.approx(same.facts["total_travel_time"])
    assert problem.check(untolled).objectives[0, 0] == pytest.approx(same.facts["total_travel_time"])
    assert same.facts["total_travel_time"] != pytest.approx(7_480_225.3, rel=0.01)
    assert load("sioux-falls")[0].preload.sum() == 0


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("steepness = 4.0", "steepnes = 4.0", "case.toml:9", "problem.delay.steepnes: unknown key; did you mean 'steepness'"),
        ("steepness = 4.0", "", "case.toml:7", "problem.delay.steepness: is needed for conical"),
        ('"conical"', '"akcelik"', "case.toml:9", "problem.delay.steepness: is no parameter of akcelik"),
        ("steepness = 4.0", "steepness = 0.5", "case.toml:9", "more than 1"),
        ('"conical"', '"connical"', "case.toml:8", "problem.delay.function"),
        ("buses.csv", "nothing.csv", "nothing.csv", "there is no such file"),
        ('"buses.csv"', "3", "case.toml:6", "problem.preload"),
    ],
)
def test_mistakes_in_a_study_are_answered_alike(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, where: str, words: str
) -> None:
    """The keys that both kinds of files share must have the same errors, with the section of the study."""
    (folder / "case.toml").write_text(STUDY.replace(old, new))
    assert leave(["run", str(folder / "case.toml")]) == 2
    message = capsys.readouterr().err
    assert where in message
    assert words in message


def test_threads_find_the_same_flows(capsys: pytest.CaptureFixture[str]) -> None:
    """However many threads share the origins, the totals printed are those of one."""
    totals = []
    for threads in ("1", "2"):
        assert leave(["assign", "sioux-falls", "--threads", threads, "--json"]) == 0
        totals.append(json.loads(capsys.readouterr().out)["total_travel_time"])
    assert totals[1] == pytest.approx(totals[0], rel=1e-9)
    assert leave(["assign", "sioux-falls", "--threads", "0"]) == 2
