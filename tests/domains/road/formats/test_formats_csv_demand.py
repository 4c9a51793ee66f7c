"""Demand lists are read by their header, and every defect is reported where it is."""

from __future__ import annotations

import pytest

from braess.domains.road.formats import read_csv_demand
from braess.errors import InputError

GOOD = "origin,destination,volume\n1,2,1.5\n3,1,2.5\n"


def write(tmp_path, text):
    path = tmp_path / "trips.csv"
    path.write_text(text)
    return path


VARIANTS = {
    "as is": GOOD,
    "GMNS": GOOD.replace("origin", "o_zone_id").replace("destination", "d_zone_id"),
    "capital letters and further columns": "Mode,Volume,Origin,Destination\ncar,1.5,1,2\ncar,2.5,3,1\n",
    "spaces and blank lines": GOOD.replace(",", " , ").replace("\n", "\n\n"),
    "whole numbers as floats": GOOD.replace("1,2,", "1.0,2.0,"),
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS.keys())
def test_variants_of_the_format(tmp_path, text):
    """Because each tool writes its own header."""
    assert read_csv_demand(write(tmp_path, text)).matrix.tolist() == [[0, 1.5, 0], [0, 0, 0], [2.5, 0, 0]]


def test_labels_and_number_of_zones(tmp_path):
    """Because a zone without trips would otherwise be lost, and labels need not be consecutive."""
    assert read_csv_demand(write(tmp_path, GOOD), 5).matrix.shape == (5, 5)
    assert read_csv_demand(write(tmp_path, GOOD), [3, 2, 1]).matrix.tolist() == [[0, 0, 2.5], [0, 0, 0], [0, 1.5, 0]]


DEFECTS = {
    "negative": (GOOD.replace("2.5", "-2.5"), 3, "volume", "negative trips"),
    "NaN": (GOOD.replace("2.5", "nan"), 3, "volume", "not a number"),
    "missing": (GOOD.replace("2.5", ""), 3, "volume", "the value is missing"),
    "word": (GOOD.replace("3,1", "A,1"), 3, "origin", "not a number"),
    "fraction": (GOOD.replace("3,1", "2.5,1"), 3, "origin", "not a whole number"),
    "zone too large": (GOOD.replace("3,1", "9,1"), 3, "origin", "there is no such zone"),
    "zone zero": (GOOD.replace("3,1", "3,0"), 3, "destination", "there is no such zone"),
    "pair twice": (GOOD + "1,2,9\n", 4, "destination", "is given twice"),
    "column missing": (GOOD.replace("volume", "volum"), 1, "volume", "did you mean 'volum'"),
    "column twice": (GOOD.replace("volume", "origin"), 1, "origin", "names a column twice"),
    "row too long": (GOOD.replace("2.5", "2,5"), 3, None, "wrong number of values"),
}


@pytest.mark.parametrize(("text", "line", "field", "message"), DEFECTS.values(), ids=DEFECTS.keys())
def test_defects_are_located(tmp_path, text, line, field, message):
    """Because a user can repair a list only when told what is wrong and where."""
    with pytest.raises(InputError, match=message) as caught:
        read_csv_demand(write(tmp_path, text), 3)
    assert (caught.value.line, caught.value.field) == (line, field)


def test_labels_that_are_no_zone_numbers(tmp_path):
    """Because a matrix over postcodes would not fit into memory."""
    with pytest.raises(InputError, match="too many zones for a matrix"):
        read_csv_demand(write(tmp_path, GOOD.replace("3,1", "99999,1")))
