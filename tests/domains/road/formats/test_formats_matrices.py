"""Matrices go to csv and OMX and come back the same."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest

from braess.domains.road.formats import read_matrix, read_omx, require_matrix_file, write_matrices
from braess.errors import InputError

MATRICES = {"time": np.array([[0.0, 0.1 + 0.2], [np.inf, 0.0]]), "cost": np.array([[0.0, 1e-300], [np.inf, 0.0]])}
ZONES = np.array([7, 3])


def test_csv_lists_pairs_by_label(tmp_path):
    """Pairs without a path are no rows, and numbers read back to the last bit."""
    write_matrices(tmp_path / "new" / "skims.csv", MATRICES, ZONES)
    rows = list(csv.DictReader((tmp_path / "new" / "skims.csv").read_text().splitlines()))
    assert [(int(row["origin"]), int(row["destination"])) for row in rows] == [(7, 7), (7, 3), (3, 3)]
    assert [float(row["time"]) for row in rows] == [0.0, 0.1 + 0.2, 0.0]
    assert [float(row["cost"]) for row in rows] == [0.0, 1e-300, 0.0]


def test_csv_lists_what_is_asked_for(tmp_path):
    """Because a list of trips need not hold pairs without any."""
    write_matrices(tmp_path / "trips.csv", {"volume": np.eye(2)[::-1]}, ZONES, listed=np.eye(2)[::-1] > 0)
    assert (tmp_path / "trips.csv").read_text().splitlines() == ["origin,destination,volume", "7,3,1.0", "3,7,1.0"]


def test_omx_keeps_everything(tmp_path):
    """OMX has room for infinities and for the labels of zones, and an older file gives way."""
    openmatrix = pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    path = tmp_path / "new" / "skims.omx"
    for _ in range(2):
        write_matrices(path, MATRICES, ZONES)
    with openmatrix.open_file(str(path)) as file:
        for name, matrix in MATRICES.items():
            np.testing.assert_array_equal(np.array(file[name]), matrix)
        assert file.mapping("zone") == {7: 0, 3: 1}
    write_matrices(path, {"trips": np.eye(2)}, ZONES)
    np.testing.assert_array_equal(read_omx(path).matrix, np.eye(2))


def test_what_cannot_be_written_is_refused(tmp_path, monkeypatch):
    """Before a long solve, not after it."""
    with pytest.raises(InputError, match=r"--skims: .*\.csv or \.omx"):
        require_matrix_file("skims.xls", "--skims")
    monkeypatch.setitem(sys.modules, "openmatrix", None)
    with pytest.raises(InputError, match=r"needs the package openmatrix"):
        write_matrices(tmp_path / "skims.omx", MATRICES, ZONES)


@pytest.mark.parametrize("suffix", ["csv", "omx"])
def test_matrices_read_back_exactly(tmp_path, suffix):
    """Costs of one run are the reference of another: nothing may change on the way, unlisted pairs included."""
    if suffix == "omx":
        pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    path = tmp_path / f"skims.{suffix}"
    write_matrices(path, MATRICES, ZONES)
    for name, matrix in MATRICES.items():
        np.testing.assert_array_equal(read_matrix(path, name, ZONES), matrix)
    with pytest.raises(InputError, match="did you mean 'cost'"):
        read_matrix(path, "costs", ZONES)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("origin,destination,cost\n7,3,1\n7,4,1\n", 3, "no such zone"),
        ("origin,destination,cost\n7,3,1\n7,3,2\n", 3, "given twice"),
        ("origin,destination,cost\n7,3,x\n", 2, "not a number"),
        ("origin,end,cost\n7,3,1\n", 1, "column is missing"),
    ],
)
def test_bad_lists_are_refused_by_line(tmp_path, text, line, words):
    """A matrix with a hole that nobody noticed would make trips impossible."""
    path = tmp_path / "costs.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as found:
        read_matrix(path, "cost", ZONES)
    assert found.value.line == line


def test_a_matrix_of_other_zones_is_refused(tmp_path):
    """OMX files know no labels of ours: at least the number must fit."""
    pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    write_matrices(tmp_path / "skims.omx", MATRICES, ZONES)
    with pytest.raises(InputError, match="does not match the zones"):
        read_matrix(tmp_path / "skims.omx", "cost", np.arange(3))
