"""Arrays as the bytes of an artifact, and back; nothing in them is executed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEDIA_TYPE = "application/vnd.braess.arrays+zip"


def pack(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Return named arrays as a compressed ``npz`` file."""
    file = io.BytesIO()
    np.savez_compressed(file, **{name: np.asarray(array) for name, array in arrays.items()})  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``npz`` file.

    Raises
    ------
    ValueError
        The bytes are no such file, or hold something else than numbers.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, EOFError, zipfile.BadZipFile, KeyError, AttributeError) as error:
        raise ValueError(f"no file of arrays: {error}") from error
