"""Matrices between zones as files: comma-separated text with a row for each pair, or Open Matrix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from braess.domains.road.formats._table import write_table
from braess.domains.road.formats.omx import require_openmatrix, write_omx
from braess.domains.road.network import Bools, Floats, Ints
from braess.errors import InputError

_KINDS = (".csv", ".omx")


def require_matrix_file(path: str | Path, field: str) -> None:
    """Refuse a path to which matrices cannot be written, before the work is done.

    Raises
    ------
    InputError
        The suffix is neither ``.csv`` nor ``.omx``, or ``.omx`` without the package ``openmatrix``.
    """
    suffix = Path(path).suffix
    if suffix not in _KINDS:
        raise InputError("unknown kind of file to write", field=field, found=suffix, expected=" or ".join(_KINDS))
    if suffix == ".omx":
        require_openmatrix(path)


def write_matrices(path: str | Path, matrices: Mapping[str, Floats], zones: Ints, *, listed: Bools | None = None) -> None:
    """Write matrices to one file, by its suffix as csv or OMX; numbers read back exactly.

    Parameters
    ----------
    path
        Where to; folders are made as needed.
    matrices
        ``[zones, zones]`` each, by name.
    zones
        ``[zones]`` labels.
    listed
        ``[zones, zones]`` pairs that a csv file lists; left out: those with a finite value. OMX holds all.

    Raises
    ------
    InputError
        As in `require_matrix_file`.
    """
    require_matrix_file(path, "path")
    if Path(path).suffix == ".omx":
        write_omx(path, matrices, zones)
        return
    if listed is None:
        listed = np.any([np.isfinite(matrix) for matrix in matrices.values()], axis=0)
    origin, destination = np.nonzero(listed)
    columns = {"origin": zones[origin].tolist(), "destination": zones[destination].tolist()}
    write_table(path, columns | {name: matrix[origin, destination].tolist() for name, matrix in matrices.items()})
