"""Open Matrix (OMX), an HDF5 layout: read as demand, written from any matrices.

Needs the package ``openmatrix`` (the extra ``omx``). Source of the format: https://github.com/osPlanning/omx.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._text import read_bytes
from braess.domains.road.network import Demand, Floats, Ints
from braess.errors import InputError, nearest

MAGIC = b"\x89HDF\r\n\x1a\n"


def read_omx(path: str | Path, matrix: str | None = None) -> Demand:
    """Read a matrix of an OMX file as demand.

    Parameters
    ----------
    path
        The file.
    matrix
        Name of the matrix; may be left out where the file has one only.

    Returns
    -------
    Demand whose zones are in the order of the file's rows, in its flow units.

    Raises
    ------
    InputError
        The package ``openmatrix`` is not installed, the file is not OMX, has no such matrix (its names are listed),
        or the matrix is no demand.
    """
    findings = Findings(path)
    name, values = _read(path, findings, matrix)
    try:
        return Demand(values)
    except InputError as error:
        findings.fail(error.message, field=name, found=error.found, expected=error.expected)


def read_omx_matrix(path: str | Path, matrix: str | None = None) -> Floats:
    """Read a matrix of an OMX file as it is; parameters and errors are those of `read_omx`."""
    return _read(path, Findings(path), matrix)[1]


def list_omx(path: str | Path, findings: Findings) -> list[str]:
    """Return the names of the matrices in an OMX file.

    Raises
    ------
    InputError
        The package is not installed or the file is not OMX.
    """
    if not read_bytes(path, findings).startswith(MAGIC):
        findings.fail("is not an OMX file", expected="HDF5 data")
    with _open(path, findings) as file:
        return sorted(file.list_matrices())


def write_omx(path: str | Path, matrices: Mapping[str, Floats], zones: Ints) -> None:
    """Write matrices to an OMX file, with the labels of the zones as the mapping ``zone``.

    Parameters
    ----------
    path
        Where to; folders are made as needed, a file in its place is replaced.
    matrices
        ``[zones, zones]`` each, by name.
    zones
        ``[zones]`` labels.

    Raises
    ------
    InputError
        The package ``openmatrix`` is not installed.
    """
    openmatrix = require_openmatrix(path)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with openmatrix.open_file(str(path), "w") as file:
        for name, matrix in matrices.items():
            file[name] = matrix
        file.create_mapping("zone", zones)


def require_openmatrix(path: str | Path) -> Any:
    """Return the package that reads and writes a file.

    Raises
    ------
    InputError
        It is not installed.
    """
    try:
        import openmatrix
    except ImportError:
        raise InputError("OMX needs the package openmatrix", file=path, expected="pip install 'braess[omx]'") from None
    return openmatrix


def _read(path: str | Path, findings: Findings, matrix: str | None) -> tuple[str, Floats]:
    names = list_omx(path, findings)
    if matrix is None and len(names) != 1:
        findings.fail("the file has several matrices or none: name one", field="matrix", expected=", ".join(names))
    name = names[0] if matrix is None else matrix
    if name not in names:
        message = "there is no such matrix" + nearest(name, names)
        findings.fail(message, field="matrix", found=name, expected="one of " + ", ".join(names))
    with _open(path, findings) as file:
        return name, np.array(file[name], dtype=np.float64)


def _open(path: str | Path, findings: Findings) -> Any:
    openmatrix = require_openmatrix(path)
    try:
        file = openmatrix.open_file(str(path), "r")
    except (OSError, RuntimeError, ValueError) as error:
        findings.fail("is not a readable OMX file: " + str(error).splitlines()[0])
    if "data" not in file.root:
        file.close()
        findings.fail("is HDF5 but not OMX: it has no group /data")
    return file
