"""Matrices between zones as files: comma-separated text with a row for each pair, or Open Matrix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._table import read_table, write_table
from braess.domains.road.formats._text import read_bytes
from braess.domains.road.formats.omx import MAGIC, read_omx_matrix, require_openmatrix, write_omx
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


def read_matrix(path: str | Path, name: str, zones: Ints) -> Floats:
    """Read one matrix of a file as `write_matrices` writes it.

    Parameters
    ----------
    path
        A csv list with the columns ``origin``, ``destination`` and the name, or OMX with zones in the order of the network.
    name
        The column, or the matrix.
    zones
        ``[zones]`` labels.

    Returns
    -------
    ``[zones, zones]`` in the units of the file; infinite between zones that a csv list leaves out.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, with file, line and field.
    """
    findings = Findings(path)
    if read_bytes(path, findings).startswith(MAGIC):
        matrix = read_omx_matrix(path, name)
        if matrix.shape != (zones.size, zones.size):
            findings.fail("the matrix does not match the zones", field=name, found=matrix.shape, expected=f"{zones.size} zones")
        return matrix
    table = read_table(path, findings)
    table.refuse_missing(["origin", "destination", name])
    if findings.problems:
        return findings.result(None)
    place = {label: at for at, label in enumerate(zones.tolist())}
    ends = []
    for column in ("origin", "destination"):
        labels = table.whole(column)
        ends.append(np.array([place.get(label, -1) for label in labels.tolist()], dtype=np.int64))
        table.refuse_where(column, ends[-1] < 0, "there is no such zone", "the label of a zone's node")
    values = table.numbers(name)
    table.refuse_repeated("destination", list(zip(*(end.tolist() for end in ends), strict=True)))
    result = np.full((zones.size, zones.size), np.inf)
    if not findings.problems:
        result[ends[0], ends[1]] = values
    return findings.result(result)
