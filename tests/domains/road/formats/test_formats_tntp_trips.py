"""TNTP trip tables as found in the wild are read, and every defect is reported where it is."""

from __future__ import annotations

import time

import numpy as np
import pytest

from braess.domains.road.formats import check_file, read_tntp_trips
from braess.errors import InputError

GOOD = """<NUMBER OF ZONES> 3
<TOTAL OD FLOW> 15.5
<END OF METADATA>

Origin 1
    1 :    0.0;     2 :    1.5;     3 :    2.0;

Origin 3
    1 :    4.0;     2 :    8.0;
"""
MATRIX = [[0, 1.5, 2], [0, 0, 0], [4, 8, 0]]


def write(tmp_path, text):
    path = tmp_path / "small_trips.tntp"
    path.write_text(text)
    return path


VARIANTS = {
    "as is": GOOD,
    "CRLF": GOOD.replace("\n", "\r\n"),
    "tabs": GOOD.replace(" :", "\t:\t"),
    "no semicolon at the end": GOOD.replace("2.0;", "2.0").replace("8.0;", "8.0"),
    "no semicolons": GOOD.replace(";", " "),
    "one entry a line": GOOD.replace(";", ";\n"),
    "one word a line": GOOD.replace(":", "\n:\n").replace(";", "\n;\n"),
    "no spaces": GOOD.replace(" :    ", ":").replace("; ", ";"),
    "comments": GOOD.replace("Origin 3", "~ Origin 2\n~ 1 : 9\nOrigin 3 ~ last"),
    "entries on the line of the origin": GOOD.replace("Origin 1\n", "Origin 1 ").replace("Origin 3\n", "ORIGIN\t3\t"),
    "origins in another order": "\n".join(
        [*GOOD.splitlines()[:3], "Origin 3", "2:8;1:4", "Origin 1", "3:2", "Origin 1", "2:1.5", "Origin 2"]
    ),
    "exponents": GOOD.replace("4.0", "4e0").replace("8.0", ".8E+1"),
    "no total": GOOD.replace("<TOTAL OD FLOW> 15.5\n", ""),
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS.keys())
def test_variants_of_the_format(tmp_path, text):
    """Because published files differ in all these ways and mean the same."""
    demand = read_tntp_trips(write(tmp_path, text))
    np.testing.assert_array_equal(demand.matrix, MATRIX)


DEFECTS = {
    "negative trips": (GOOD.replace("1.5;", "-1.5;"), 6, "trips", "impossible trips"),
    "NaN": (GOOD.replace("1.5;", "nan;"), 6, "trips", "impossible trips"),
    "infinite": (GOOD.replace("8.0;", "1e999;"), 9, "trips", "impossible trips"),
    "word": (GOOD.replace("8.0;", "eight;"), 9, "trips", "not a number"),
    "Python number": (GOOD.replace("8.0;", "8_0;"), 9, "trips", "not a number"),
    "value missing": (GOOD.replace("1.5;", ";"), 6, "trips", "not an entry"),
    "colon missing": (GOOD.replace("2 :    1.5", "2  1.5"), 6, "trips", "not an entry"),
    "zone no number": (GOOD.replace("2 :    1.5", "B : 1.5"), 6, "destination", "not a zone"),
    "zone infinite": (GOOD.replace("2 :    1.5", "inf : 1.5"), 6, "destination", "not a zone"),
    "destination out of range": (GOOD.replace("2 :    1.5", "4 : 1.5"), 6, "destination", "no such zone"),
    "destination zero": (GOOD.replace("2 :    1.5", "0 : 1.5"), 6, "destination", "no such zone"),
    "origin out of range": (GOOD.replace("Origin 3", "Origin 4"), 8, "origin", "no such zone"),
    "origin no number": (GOOD.replace("Origin 3", "Origin C"), 8, "origin", "no such zone"),
    "origin infinite": (GOOD.replace("Origin 3", "Origin inf"), 8, "origin", "no such zone"),
    "pair twice": (GOOD.replace("2 :    8.0", "1 : 8"), 9, "trips", "given twice"),
    "entries without origin": (GOOD.replace("Origin 1\n", ""), 5, None, "before the first origin"),
    "cut in an entry": (GOOD.rstrip()[:-5], 9, "trips", "cut off"),
    "cut before an origin": (GOOD.replace("2.0;", ""), 6, "trips", "cut off"),
    "cut in the metadata": (GOOD[:20], None, "<END OF METADATA>", "truncated"),
    "zones missing": (GOOD.replace("<NUMBER OF ZONES> 3\n", ""), None, "<NUMBER OF ZONES>", "metadata is missing"),
    "zones absurd": (GOOD.replace("ZONES> 3", "ZONES> 1e12"), 1, "<NUMBER OF ZONES>", "not a count"),
    "metadata twice": ("<TOTAL OD FLOW> 1\n" + GOOD, 3, "<TOTAL OD FLOW>", "given twice"),
}


@pytest.mark.parametrize(("text", "line", "field", "message"), DEFECTS.values(), ids=DEFECTS.keys())
def test_defects_are_located(tmp_path, text, line, field, message):
    """Because a user can repair a file only when told what is wrong and where."""
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_tntp_trips(path)
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(path), line, field)


def test_total_is_compared_by_the_check_only(tmp_path):
    """Because published files disagree a little with their own total."""
    path = write(tmp_path, GOOD.replace("15.5", "16"))
    assert read_tntp_trips(path).total == 15.5
    report = check_file(path)
    assert report.ok
    assert report.warnings == ["the trips add up to 15.5, <TOTAL OD FLOW> says 16"]
    assert check_file(write(tmp_path, GOOD)).warnings == []


def test_large_table_is_read_quickly(tmp_path):
    """Because regional models have hundreds of zones: 387 of them should take about a second at most."""
    zones = 387
    lines = [f"<NUMBER OF ZONES> {zones}", "<END OF METADATA>"]
    row = "".join(f"{d:5d} : {d / 7:10.2f};" + ("\n" if d % 5 == 0 else " ") for d in range(1, zones + 1))
    for origin in range(1, zones + 1):
        lines += [f"Origin {origin}", row]
    path = write(tmp_path, "\n".join(lines))
    start = time.perf_counter()
    demand = read_tntp_trips(path)
    assert time.perf_counter() - start < 3
    assert demand.total == pytest.approx(sum(round(d / 7, 2) for d in range(1, zones + 1)) * zones)
