"""A check tells the kind of a file by its content and collects all that is wrong with it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.data_folder import VARIABLE
from braess.domains.road.catalogue import SHIPPED
from braess.domains.road.formats import check_file
from braess.errors import InputError

NET = (
    "<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 2\n<NUMBER OF LINKS> 3\n<END OF METADATA>\n"
    "~ init_node term_node capacity length free_flow_time b power speed toll link_type ;\n"
)
KINDS = {
    "TNTP net": NET + "1 2 0 1 1 0 4 0 0 1;\n2 2 5 1 1 0.1 4 0 0 1;\n2 1 5 1 1 0.1 4 0 0 1;\n",
    "TNTP trips": "<NUMBER OF ZONES> 2\n<END OF METADATA>\nOrigin 1\n2 : 3;\n",
    "TNTP node": "node X Y ;\n1 2 3 ;\n",
    "TNTP flow": "From To Volume Cost\n1 2 3 4\n",
    "network design instance": NET.replace("link_type", "link_type cost").replace("LINKS> 3", "LINKS> 1")
    + "1 2 5 1 1 0.1 4 0 0 1 9;\n",
    "GMNS node": "node_id,x_coord,y_coord\n1,2,3\n",
    "GMNS link": "link_id,from_node_id,to_node_id,capacity,free_flow_time,directed\n1,1,2,5,1,1\n",
    "origin-destination list": "origin,destination,volume\n1,2,3\n",
    "GeoJSON": '{"type": "FeatureCollection", "features": ['
    '{"properties": {"id": 1}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
    "lane swap pairs": "[[1, 2]]",
}


@pytest.mark.parametrize(("kind", "text"), KINDS.items(), ids=KINDS.keys())
def test_kinds_are_told_by_content(tmp_path, kind, text):
    """Because names and suffixes in the wild say little."""
    path = tmp_path / "file.dat"
    path.write_text(text)
    report = check_file(path)
    assert report.kind == kind
    assert report.problems == []
    assert report.ok
    assert report.summary


def test_several_problems_at_once(tmp_path):
    """Because repairing a file one error at a time is tedious."""
    path = tmp_path / "bad.tntp"
    path.write_text(NET + "1 5 -4 1 1 0.1 4 0 0 1;\n2 1 x 1 -1 0.1 4 0 0 1;\n")
    report = check_file(path)
    found = {(problem.line, problem.field) for problem in report.problems}
    assert found == {(6, "term_node"), (6, "capacity"), (7, "capacity"), (3, "<NUMBER OF LINKS>")}
    assert not report.ok
    assert report.summary == {}


def test_oddities_are_warnings(tmp_path):
    """Because they may be meant: zero capacity at constant cost, a loop, no first through node."""
    path = tmp_path / "odd.tntp"
    path.write_text(KINDS["TNTP net"])
    warnings = "\n".join(check_file(path).warnings)
    assert "1 links of constant cost have capacity 0, taken as 1" in warnings
    assert "1 links start and end at the same node, the first on line 7" in warnings
    assert "<FIRST THRU NODE> is missing" in warnings


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (bytes(range(256)) * 9, "is not a text file"),
        (b"hello world\n", "is of no kind that braess knows"),
        (b'{"type": "Point"}', "not GeoJSON"),
        (b"[[1]]", "not a pair of nodes"),
        (b"[[1", "not JSON"),
        (b"\x89HDF\r\n\x1a\n", "OMX"),
    ],
)
def test_unusable_files_are_reports(tmp_path, content, message):
    """Because a check of many files must not stop at the first bad one."""
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    report = check_file(path)
    assert message in str(report.problems[0])
    assert len(report.problems) == 1


def test_folders(tmp_path):
    """Because GMNS is a folder, and any other folder is a mistake."""
    assert "is a folder" in str(check_file(tmp_path).problems[0])
    (tmp_path / "link.csv").write_text(KINDS["GMNS link"])
    assert "node.csv: there is no such file" in str(check_file(tmp_path).problems[0])
    (tmp_path / "node.csv").write_text("node_id,x_coord,y_coord,zone_id\n1,2,3,1\n2,3,4,2\n")
    (tmp_path / "demand.csv").write_text("o_zone_id,d_zone_id,volume\n1,2,7\n")
    report = check_file(tmp_path)
    assert report.kind == "GMNS folder"
    assert report.ok
    assert (report.summary["links"], report.summary["total_trips"]) == (1, 7.0)
    (tmp_path / "link.csv").write_text(KINDS["GMNS link"].replace("1,1,2,5", "1,1,9,-5"))
    assert {problem.field for problem in check_file(tmp_path).problems} == {"to_node_id", "capacity"}


def test_problems_are_limited(tmp_path):
    """Because a file in the wrong format has a defect on each of a million lines."""
    path = tmp_path / "bad.csv"
    path.write_text("origin,destination,volume\n" + "1,2,x\n" * 5000)
    assert len(check_file(path).problems) == 100


def data_files():
    """Every network file that is shipped, and every one below BRAESS_DATA."""
    roots = [SHIPPED, *([Path(os.environ[VARIABLE])] if os.environ.get(VARIABLE) else [])]
    patterns = ("tntp/**/*.tntp", "tntp/**/*.geojson", "dndp/**/*.txt", "published/*/*.csv", "published/*/*.json")
    return [path for root in roots for pattern in patterns for path in sorted(root.glob(pattern))]


@pytest.mark.parametrize("path", data_files(), ids=lambda path: path.name)
def test_real_files_are_clean(path):
    """Because published data must pass without a problem or a warning."""
    report = check_file(path)
    assert report.kind != "unknown"
    assert [str(problem) for problem in report.problems] == []
    assert report.warnings == []


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_damage_never_escapes_as_another_error(kind, data):
    """Because whatever happened to a file, a user must get a report: any other exception or warning is ours."""
    text = KINDS[kind]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    snippets = ["", "\n", "\t", *';,:~<>"-0{[', "nan", "inf", "1e999", "-1", "1e17", "٣", "null"]
    text = text[:start] + data.draw(st.sampled_from(snippets) | st.text(max_size=5)) + text[end:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        report = check_file(path)
    assert report.ok or all(isinstance(problem, InputError) and str(problem) for problem in report.problems)
