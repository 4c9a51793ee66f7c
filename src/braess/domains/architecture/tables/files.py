"""Where the measured tables of architectures lie: most beside this file, larger ones in the folder ``BRAESS_DATA`` names."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.data_folder import data_roots, where_to_look
from braess.errors import InputError

Ints = NDArray[np.int64]

SHIPPED = Path(__file__).with_name("data")


def read_arrays(name: str, fields: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """Read the arrays of a file ``name.npz``.

    Raises
    ------
    InputError
        The file is nowhere, cannot be read, or lacks one of the fields.
    """
    path = _find(f"{name}.npz")
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {field: data[field] for field in data.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot read the file: {error}", file=path) from None
    missing = [field for field in fields if field not in arrays]
    if missing:
        raise InputError("the file lacks arrays", file=path, found=sorted(arrays), expected=f"also {', '.join(missing)}")
    return arrays


def every_row(options: int, size: int) -> Ints:
    """Return all designs of ``size`` decisions with as many options each, ``[options ** size, size]``, the last fastest."""
    rows: Ints = np.indices((options,) * size).reshape(size, -1).T
    return rows


def place_of(designs: NDArray[Any], options: int) -> Ints:
    """Return the places of designs ``[n, size]`` among `every_row`, ``[n]``."""
    size = designs.shape[1]
    return np.asarray(designs.astype(np.int64) @ options ** np.arange(size - 1, -1, -1, dtype=np.int64))


def _find(file: str) -> Path:
    for root in data_roots(SHIPPED):
        for path in (root / file, root / "nas" / file):
            if path.is_file():
                return path
    raise InputError("this table is not shipped", found=file, expected=f"nas/{file}; {where_to_look()}")
