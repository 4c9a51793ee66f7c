"""OMX matrices are read as demand; what is missing is named."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from braess.domains.road.formats import check_file, read_omx
from braess.errors import InputError

openmatrix = pytest.importorskip("openmatrix", reason="the extra omx is not installed")


@pytest.fixture
def path(tmp_path):
    """A file with two matrices: car trips, and costs that no demand can be."""
    target = tmp_path / "trips.omx"
    with openmatrix.open_file(str(target), "w") as file:
        file["car"] = np.array([[0.0, 1.5], [2.5, 0.0]])
        file["cost"] = np.array([[0.0, np.nan], [1.0, 0.0]])
    return target


def test_matrix_by_name(path):
    """Because a file usually holds one matrix for each mode."""
    assert read_omx(path, "car").matrix.tolist() == [[0, 1.5], [2.5, 0]]


def test_single_matrix_needs_no_name(tmp_path):
    """Because there is nothing to choose."""
    target = tmp_path / "one.omx"
    with openmatrix.open_file(str(target), "w") as file:
        file["all"] = np.eye(3)
    assert read_omx(target).total == 3


def test_names_are_listed(path):
    """Because a user cannot look into the file."""
    with pytest.raises(InputError, match="several matrices or none: name one") as caught:
        read_omx(path)
    assert caught.value.expected == "car, cost"
    with pytest.raises(InputError, match=r"there is no such matrix; did you mean 'car'\?.*one of car, cost"):
        read_omx(path, "cars")


def test_impossible_trips_are_located(path):
    """Because costs are easily taken for trips."""
    with pytest.raises(InputError, match="1 zone pairs have impossible demand") as caught:
        read_omx(path, "cost")
    assert (caught.value.file, caught.value.field) == (str(path), "cost")


def test_check_lists_the_matrices(path):
    """Because a matrix of costs is no defect of the file."""
    report = check_file(path)
    assert report.kind == "OMX"
    assert report.summary == {"matrices": ["car", "cost"], "total_trips": {"car": 4.0, "cost": None}}
    assert report.ok
    assert "cost cannot be demand" in report.warnings[0]


@pytest.mark.parametrize("data", [b"no HDF5 at all", b"\x89HDF\r\n\x1a\nbut nothing more"])
def test_other_files_are_refused(tmp_path, data):
    """Because a wrong or truncated file must not surface as an error of a library."""
    target = tmp_path / "x.omx"
    target.write_bytes(data)
    with pytest.raises(InputError, match="OMX file"):
        read_omx(target)


def test_hdf5_without_matrices_is_refused(tmp_path):
    """Because HDF5 is the container of many other formats."""
    tables = pytest.importorskip("tables")
    target = tmp_path / "x.omx"
    tables.open_file(str(target), "w").close()
    with pytest.raises(InputError, match="no group /data"):
        read_omx(target)


def test_missing_package_says_how_to_install(path, monkeypatch):
    """Because the package is optional."""
    monkeypatch.setitem(sys.modules, "openmatrix", None)
    with pytest.raises(InputError, match=r"needs the package openmatrix.*pip install 'braess\[omx\]'"):
        read_omx(path, "car")
