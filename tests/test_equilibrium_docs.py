"""The equilibrium benchmark: what it writes, and the tables and figures that the documentation makes of it."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT / "docs", ROOT / "benchmarks", ROOT / "benchmarks" / "equilibrium")
PARTS = ("cold", "threads", "curves", "warm", "batch", "scale")


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts of documentation and benchmark import each other by name."""
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(str(folder))


def module(name: str) -> Any:
    return importlib.import_module(name)


def committed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / "equilibrium" / "result.json").read_text(encoding="utf-8"))
    return found


def made() -> dict[str, Any]:
    """A result with every part, and numbers that are easy to divide."""
    stamp = {"measured": "2020-01-01", "processor": "abacus", "cores": 2, "packages": {"numpy": "2", "numba": "0"}}
    city = {"nodes": 100, "links": 200, "zones": 10, "origins": 10, "peak_bytes": 3e8, "peak_bytes_before": 2e8}
    cold = {
        "network": "town",
        "zones": 10,
        "origins": 10,
        "nodes": 50,
        "links": 200,
        "relative_gap": 1e-11,
        "iterations": 4,
        "total_travel_time": 1234.5,
        "seconds": 0.08,
        "tap_b_seconds": 0.4,
        "tap_b_ratio": 5.0,
        "state_bytes": 50_000,
        "pass_seconds": 1e-3,
        "least_gap": 1e-15,
        "largest_difference": 0.01,
        "largest_relative_difference": 1e-6,
    }
    peer = {
        "network": "town",
        "gap_asked": 1e-6,
        "aequilibrae_cpu_seconds": 1.5,
        "aequilibrae_gap": 9e-7,
        "seconds": 0.05,
        "gap": 4e-7,
        "ratio": 30.0,
    }
    curve = {
        "network": "town",
        "braess": [{"gap": gap, "reached": gap / 2, "seconds": 0.01 * at} for at, gap in enumerate((1e-3, 1e-6, 1e-12), 1)],
        "tap_b": [{"gap": 1e-6, "seconds": 0.3}],
        "aequilibrae": [
            {"gap": 1e-3, "reached": 7e-4, "own_gap": 9e-4, "cpu_seconds": 0.2, "seconds": 0.9},
            {"gap": 1e-4, "reached": 5e-4, "own_gap": 4e-4, "cpu_seconds": 50.0, "seconds": 60.0},
        ],
    }
    threads = {
        "network": "town",
        "origins": 10,
        "links": 200,
        "relative_gap": 1e-10,
        "seconds_one_thread": 0.08,
        "seconds_two_threads": 0.05,
        "ratio": 1.6,
    }
    warm = {"network": "town", "change": "closed", "links": 200, "warm_seconds": 0.01, "cold_seconds": 0.08, "ratio": 0.125}
    batch = {
        "network": "town",
        "relative_gap": 1e-6,
        "designs": 16,
        "designs_per_second_one_thread": 12_345.0,
        "designs_per_second_two_threads": 23_456.0,
    }
    scale = [{**city, "relative_gap": gap, "seconds": 4e-4, "state_bytes": 60_000} for gap in (1e-4, 1e-6)]
    rows = {"cold": [cold], "threads": [threads], "curves": [curve], "warm": [warm], "batch": [batch], "scale": scale}
    parts: dict[str, Any] = {name: {**stamp, "rows": rows[name]} for name in PARTS}
    parts["cold"] |= {"bytes_per_second": 1e9, "aequilibrae": [peer]}
    return {"parts": parts}


def everything(result: dict[str, Any]) -> str:
    """Write all tables, and make both figures."""
    figures, tables = module("equilibrium_figures"), module("equilibrium_tables")
    assert len(figures.figures(result)) == 2
    return "\n".join([*tables.blocks(result).values(), tables.engine_table(result)])


@pytest.mark.parametrize("absent", ["", *PARTS])
def test_parts_may_be_missing(absent: str) -> None:
    """A part that was never measured leaves a sentence, not an error, and no number that nobody measured."""
    for result in (committed(), made()):
        result["parts"].pop(absent, None)
        text = everything(result).replace("braess None", "").replace("Python None", "")
        assert "None" not in text
        assert "nan" not in text


def test_numbers_may_be_missing() -> None:
    """Older results lack some keys: whatever is left out of any row leaves an empty cell."""
    sizes, times = ("origins", "iterations", "state_bytes"), ("seconds", "pass_seconds", "tap_b_seconds", "ratio")
    for key in (*sizes, *times, "largest_difference"):
        result = made()
        for name in ("cold", "scale", "warm"):
            for row in result["parts"][name]["rows"]:
                row.pop(key, None)
        everything(result)
    assert module("equilibrium_tables").blocks({})["cold"] == "Not measured yet."


def test_tables_say_what_was_measured() -> None:
    """Ratios, times by unit and what is divided must come out as worked out by hand."""
    tables = module("equilibrium_tables")
    blocks = tables.blocks(made())
    assert "| town | 10 | 50 | 200 | 80.0 ms | 400 ms (5.0 ×) | 1.50 s (30.0 ×; 9.0e-07, 4.0e-07) | 1e-02 |" in blocks["cold"]
    assert "town (10 origins, 200 links) to 1e-10: 80.0 ms on one thread, 50.0 ms on two (1.60 ×)." in blocks["threads"]
    assert "| town | 1e-06 | 16 | 12,300 | 23,500 |" in blocks["batch"]
    assert "| 100 | 200 | 10 | 2,000 | 400 µs | 200 ns | 300 MB (200 MB) | 60.0 kB |" in blocks["scale"]
    assert blocks["scale"].count("| 100 |") == 1, "only the smaller gap is shown"
    # 20 ms an iteration over 2,000 origins times links: 10,000 ns; 20 passes of 1 ms; 50 kB at 1 GB/s are 50 µs
    assert "| town | 4 | 20.0 ms | 5.00 kB | 10,000 | 500 | 20.0 | 400 |" in blocks["limit"]
    assert blocks["measured"].count("abacus") == 1
    assert "| town | 10 | 200 | 80.0 ms | 400 ms (5.0 ×) | 50.0 ms | 1.50 s (30.0 ×) |" in tables.engine_table(made())


def test_parts_measured_apart_say_so() -> None:
    """Figures of different days or machines must not look like one measurement."""
    result = made()
    result["parts"]["scale"]["processor"] = "slide rule"
    note = module("equilibrium_tables").measured_note(result)
    assert note.count("Measured") == 2
    assert note.endswith(": scale.")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0009999, "1.00 ms"), (7.44e-5, "74.4 µs"), (0.39, "390 ms"), (12.34, "12.3 s"), (999.6, "1,000 s")]
)
def test_durations(value: float, text: str) -> None:
    """Three digits, and a unit that does not jump at rounding."""
    assert module("markdown_tables").duration(value) == text


def test_figures_show_the_points_of_the_result() -> None:
    """Peers are drawn at the gap that was verified, ours at the gap asked for, nothing that ended before; sizes at 1e-6."""
    figures = module("equilibrium_figures")
    lines = figures.gap_points(made())["town"]
    assert lines["braess"] == [(1e-3, 0.01), (1e-6, 0.02), (1e-12, 0.03)]
    assert lines["aequilibrae"] == [(7e-4, 0.2)]
    assert figures.size_points(made()) == {"networks": {"town": (2000.0, 0.02)}, "cities": {"100 nodes": (2000.0, 4e-4)}}


def test_figures_are_reproducible_and_tell_their_points() -> None:
    """Generated twice they must be equal text; another number must show as stale, in the committed files too."""
    figures = module("equilibrium_figures")

    def written(result: dict[str, Any]) -> dict[str, str]:
        return {name: figures.svg(points, figure) for name, (points, figure) in figures.figures(result).items()}

    first, other = written(made()), made()
    assert first == written(made())
    assert "<dc:date>" not in "".join(first.values())
    assert all(figures.digest(text) for text in written({}).values()), "nothing measured is a figure that says so"
    other["parts"]["curves"]["rows"][0]["braess"][1]["seconds"] = 0.021
    for name, text in written(other).items():
        assert figures.digest(text) != figures.digest(first[name])
    for name, text in written(committed()).items():
        kept = (ROOT / "docs" / "images" / f"{name}.svg").read_text(encoding="utf-8")
        assert figures.digest(kept) == figures.digest(text)


def test_a_part_replaces_itself_alone(tmp_path: Path) -> None:
    """Measuring one part anew must keep the figures and dates of the others."""
    parts, path = module("parts"), tmp_path / "result.json"
    path.write_text(json.dumps(made()))
    parts.write_part(path, "batch", {"rows": []})
    document = json.loads(path.read_text())
    assert document["parts"]["batch"]["measured"] != "2020-01-01"
    assert document["parts"]["batch"]["rows"] == []
    for name in set(PARTS) - {"batch"}:
        assert document["parts"][name] == made()["parts"][name]
    assert document["methods"]["equilibrium"].endswith("5.0 to 5.0 times as fast as TAP-B on one thread")


def test_documentation_reads_what_the_benchmark_writes(tmp_path: Path) -> None:
    """Keys must agree: a network measured here fills every cell but those of peers and published flows."""
    parts, path = module("parts"), tmp_path / "result.json"
    row = module("cold").measure("braess", None)
    parts.write_part(path, "cold", {"bytes_per_second": 1e10, "rows": [row], "aequilibrae": []})
    parts.write_part(path, "curves", {"rows": [module("curves").measure_curve("braess", None)]})
    result = json.loads(path.read_text())
    blocks = module("equilibrium_tables").blocks(result)
    assert "|  |" not in blocks["limit"]
    assert blocks["cold"].splitlines()[-1].count("|  |") == 2, "TAP-B, AequilibraE and published flows"
    assert len(module("equilibrium_figures").gap_points(result)["braess"]["braess"]) == 10


def test_tap_b_is_asked_for_the_gap(tmp_path: Path) -> None:
    """Each point of its curve must be a solve to that gap; here a script that prints the gap as seconds stands for it."""
    (tmp_path / "run").mkdir()
    settings = tmp_path / "run" / "SiouxFalls.txt"
    settings.write_text("<NETWORK FILE> net\n<CONVERGENCE GAP> 1e-10\n")
    script = tmp_path / "tap"
    script.write_text("#!/bin/sh\nsed -n 's/<CONVERGENCE GAP>/SOLVER SECONDS/p' \"$1\" | sed 's/0.001/1000/'\n")
    script.chmod(0o755)
    peer = module("peer_tap_b")
    assert peer.tap_b_seconds(tmp_path, "sioux-falls", 1e-3) == 1000.0
    assert "1e-10" in settings.read_text(), "the file given stays as it is"
    settings.write_text("<NETWORK FILE> net\n")
    with pytest.raises(SystemExit, match="0 lines"):
        peer.tap_b_seconds(tmp_path, "sioux-falls", 1e-3)


def test_blocks_must_be_there() -> None:
    """A table whose place in a page was lost must be an error, not silently left out."""
    generate = module("generate")
    assert generate.filled("a\n<!-- x -->\nold\n<!-- end -->\nb", {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- end -->\nb"
    with pytest.raises(SystemExit, match="no block y"):
        generate.filled("a\n<!-- x -->\n<!-- end -->\n", {"y": "new"})


def test_unknown_parts_are_refused() -> None:
    """A misspelt part must not measure everything, or nothing."""
    run = module("run")
    assert run.parts_of("cold,batch") == ("cold", "batch")
    with pytest.raises(Exception, match="no parts worm; there are cold"):
        run.parts_of("worm")
