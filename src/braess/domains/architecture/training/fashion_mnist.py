"""The files of Fashion-MNIST: read, and fetched where they are not there."""

from __future__ import annotations

import gzip
import hashlib
import os
import urllib.request
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.preparation import cache_folder

FOLDER = Path("images", "fashion-mnist")
URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
# SHA-256 of what is inside: how it is compressed differs from mirror to mirror.
_DIGESTS = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
_BYTES = 8  # type code of unsigned bytes in an idx file
_SECONDS = 60.0  # to wait for a server


def download_fashion_mnist(url: str = URL, *, folder: Path | None = None) -> Path:
    """Fetch the four files of Fashion-MNIST (31 MB) that are not there yet, and return their folder.

    Parameters
    ----------
    url
        What the names of the files are appended to.
    folder
        Where to; by default where `load_images` looks: ``images/fashion-mnist`` in the cache folder of braess.

    Raises
    ------
    InputError
        The server does not answer, or what it gives is not Fashion-MNIST; nothing is kept of it.
    """
    if not url.startswith(("https://", "http://")):
        raise InputError("not an address of a server", field="url", found=url, expected="https://... or http://...")
    there = folder or cache_folder() / FOLDER
    unfinished = there.with_name(f"{there.name}.unfinished")
    for name, digest in _DIGESTS.items():
        if (there / name).exists():
            continue
        try:
            with urllib.request.urlopen(url + name, timeout=_SECONDS) as answer:  # noqa: S310 -- checked above
                data = answer.read()
            found = hashlib.sha256(gzip.decompress(data)).hexdigest()
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"this cannot be fetched: {error}", field="url", found=url + name) from None
        if found != digest:
            raise InputError("this is not Fashion-MNIST", field="url", found=url + name, expected=f"SHA-256 {digest} inside")
        unfinished.mkdir(parents=True, exist_ok=True)
        (unfinished / name).write_bytes(data)
    if unfinished.exists():
        there.mkdir(exist_ok=True)
        for path in unfinished.iterdir():
            os.replace(path, there / path.name)
        unfinished.rmdir()
    return there


def read_fashion_mnist(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the part ``train`` or ``t10k``.

    Returns
    -------
    tuple
        Pixels ``[n, 1, 28, 28]`` and labels ``[n]``.

    Raises
    ------
    InputError
        A file is missing, or is not an idx file of bytes of the right shape.
    """
    pixels = read_idx(folder / f"{part}-images-idx3-ubyte.gz", 3)
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", 1)
    if len(pixels) != len(labels):
        expected = f"{len(pixels):,} as there are images"
        path = folder / f"{part}-labels-idx1-ubyte.gz"
        raise InputError("labels do not belong to these images", file=path, found=len(labels), expected=expected)
    return pixels[:, None], labels.astype(np.int64)


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read a compressed idx file of bytes with so many dimensions; anything else raises `InputError`."""
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"this cannot be read: {error}", file=path) from None
    start = 4 + 4 * dimensions
    shape = tuple(np.frombuffer(data[4:start], dtype=">u4").tolist()) if len(data) >= start else ()
    if data[:4] != bytes([0, 0, _BYTES, dimensions]) or len(data) - start != np.prod(shape, dtype=np.int64):
        raise InputError("this is no idx file", file=path, expected=f"bytes in {dimensions} dimensions, as many as it says")
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)
