"""Matrices go to csv and OMX and come back the same."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest

from braess.domains.road.formats import read_omx, require_matrix_file, write_matrices
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
