"""The commands besides studies: list, check, assign; and what bad input is answered with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from braess.cli import main


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_list_names_everything_installed(capsys: pytest.CaptureFixture[str]) -> None:
    """A user must find every problem and search by the name a study file wants."""
    assert leave(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    problems = {row["name"] for row in found["problems"]}
    searches = {row["name"] for row in found["searches"]}
    assert {"lane-addition", "lane-swap", "link-addition", "capacity-expansion", "toll-design"} <= problems
    assert {"random", "local", "genetic", "nsga2", "nsga3", "cma-es", "differential-evolution"} <= searches
    for what in ("problems", "searches", "domains", "networks", "models"):
        assert leave(["list", what]) == 0
    assert "sioux-falls" in capsys.readouterr().out


def test_assign_writes_flows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Assignment from the command line must give the published total and files other programs read."""
    csv, geojson, picture = tmp_path / "flows.csv", tmp_path / "flows.geojson", tmp_path / "flows.png"
    assert leave(["assign", "sioux-falls", "--json", "-o", str(csv), "--map", str(picture)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["total_travel_time"] == pytest.approx(7_480_225.3, abs=0.1)
    assert len(facts["flow"]) == 76
    assert len(csv.read_text().splitlines()) == 77
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert leave(["assign", "sioux-falls", "--principle", "system-optimum", "-o", str(geojson), "-q"]) == 0
    assert len(json.loads(geojson.read_text())["features"]) == 76
    capsys.readouterr()


def test_assign_writes_first_best_tolls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The optimum comes with the tolls that bring it about: 4 times the delay (power 4) over the toll factor."""
    for factor in ([], ["--toll-factor", "0.5"]):
        assert leave(["assign", "sioux-falls", "--principle", "system-optimum", "--json", *factor]) == 0
        facts = json.loads(capsys.readouterr().out)
        csv = tmp_path / "flows.csv"
        assert leave(["assign", "sioux-falls", "--principle", "system-optimum", "-q", "-o", str(csv), *factor]) == 0
        header, first, *_ = csv.read_text().splitlines()
        row = dict(zip(header.split(","), map(float, first.split(",")), strict=True))
        delay = row["time"] - row["free_flow_time"]
        assert row["marginal_cost_toll"] == pytest.approx(4 * delay / (0.5 if factor else 1.0))
        assert facts["marginal_cost_toll"][0] == pytest.approx(row["marginal_cost_toll"])
    assert leave(["assign", "sioux-falls", "--json"]) == 0
    assert "marginal_cost_toll" not in json.loads(capsys.readouterr().out)


def test_assign_reads_files(capsys: pytest.CaptureFixture[str]) -> None:
    """NET and TRIPS as paths must give what the name gives."""
    from braess.domains.road.catalogue import SHIPPED

    folder = SHIPPED / "tntp" / "sioux-falls"
    assert leave(["assign", str(folder / "SiouxFalls_net.tntp"), str(folder / "SiouxFalls_trips.tntp"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total_travel_time"] == pytest.approx(7_480_225.3, abs=0.1)


def test_check_tells_good_from_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file gets its verdict, and one bad file makes the exit code 2."""
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("origin,destination,volume\n1,2,3.5\n")
    bad.write_text("origin,destination,volume\n1,2,-3.5\n")
    assert leave(["check", str(good)]) == 0
    assert leave(["check", str(good), str(bad)]) == 2
    out = capsys.readouterr().out
    assert "fine" in out
    assert "bad.csv:2" in out


BASE = """[problem]
kind = "lane-addition"
network = "sioux-falls"
budget_share = 0.5
[search]
method = "random"
[budget]
evaluations = 5
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("budget_share", "budgetshare", 4, "did you mean 'budget_share'"),
        ('"lane-addition"', '"lane-adition"', 2, "did you mean 'lane-addition'"),
        ('"random"', '"randm"', 6, "did you mean 'random'"),
        ('"sioux-falls"', '"sioux-fals"', 3, "did you mean 'sioux-falls'"),
        ("0.5", '"half"', 4, "budget_share"),
        ("0.5", "1.5", 4, "between 0 and 1"),
        ("evaluations = 5", "evaluation = 5", 8, "did you mean 'evaluations'"),
        ("evaluations = 5", "evaluations = 0", 8, "greater than or equal to 1"),
        ("[budget]", "[budge]", 7, "did you mean 'budget'"),
        ("[search]", "[search", 5, "not TOML"),
        ("evaluations = 5", "", 7, "never end"),
        ('method = "random"', "", 5, "a name is needed"),
    ],
)
def test_mistakes_in_a_study_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int, words: str
) -> None:
    """Every mistake must be answered in one line with the file, the line and what is right, and exit code 2."""
    path = tmp_path / "wrong.toml"
    path.write_text(BASE.replace(old, new))
    code = leave(["run", str(path)])
    message = capsys.readouterr().err
    assert code == 2
    assert words in message
    assert f"wrong.toml:{line}" in message
    assert len(message.strip().splitlines()) == 1


def test_unfit_search_names_the_fit_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A search for several objectives on one must be refused with those that can."""
    path = tmp_path / "unfit.toml"
    path.write_text(BASE.replace('"random"', '"nsga2"'))
    assert leave(["run", str(path)]) == 2
    message = capsys.readouterr().err
    assert "nsga2" in message
    assert "genetic" in message
    assert not (tmp_path / "runs" / "unfit" / "record.sqlite").exists()


def test_usage_errors_are_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown commands and options must leave with 2 like all bad input."""
    assert leave(["rum"]) == 2
    assert leave(["run", "x.toml", "--nonsense"]) == 2
    assert leave(["run", "/does/not/exist.toml"]) == 2
    capsys.readouterr()


def test_import_is_light() -> None:
    """Importing braess must be fast and bring neither torch nor pandas nor matplotlib."""
    code = "import time; t = time.perf_counter(); import braess; import sys; s = time.perf_counter() - t; "
    code += "heavy = {'torch', 'pandas', 'matplotlib', 'numba', 'sqlalchemy', 'pymoo'} & set(sys.modules); print(s, heavy); "
    code += "sys.exit(bool(heavy) or s > 0.3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version is what a bug report starts with."""
    assert leave(["--version"]) == 0
    assert capsys.readouterr().out.startswith("braess 0.")
