"""Fashion-MNIST at half its resolution, divided into pictures to learn from, to select by and to measure on."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from braess.data_folder import data_roots, where_to_look
from braess.domains.architecture.sparse.perceptron import Ints
from braess.errors import InputError

_FOLDER = "images/fashion-mnist"
_UNSIGNED_BYTES = 8  # what a file of bytes says of their type


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures with what they show: ``pixels [n, d]`` of mean 0 and variance 1 over all, ``labels [n]``."""

    pixels: NDArray[np.float32]
    labels: Ints

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> Pictures:
        """Return some of them."""
        return Pictures(self.pixels[rows], self.labels[rows])


@dataclass(frozen=True, eq=False)
class Division:
    """Disjoint pictures to train with, to select by before training, and to measure on."""

    training: Pictures
    selection: Pictures
    test: Pictures


def divide(training: int, selection: int, test: int, rng: np.random.Generator) -> Division:
    """Draw pictures of Fashion-MNIST at 14 x 14 pixels, means of four each.

    The first two parts come from the 60,000 pictures meant to learn from, the third from the 10,000 meant to test with.

    Raises
    ------
    InputError
        The pictures are not in the folder that ``BRAESS_DATA`` names, or there are not as many.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    arXiv:1708.07747.
    """
    given, held = _halved("train"), _halved("t10k")
    if training + selection > len(given) or test > len(held) or min(training, selection, test) < 1:
        found = (training, selection, test)
        expected = f"at least 1 each, at most {len(given)} for the first two and {len(held)} for the third"
        raise InputError("not so many pictures", field="training, selection, test", found=found, expected=expected)
    drawn = rng.permutation(len(given))[: training + selection]
    return Division(given.take(drawn[:training]), given.take(drawn[training:]), held.take(rng.permutation(len(held))[:test]))


@cache
def _halved(part: str) -> Pictures:
    whole = read_idx(_find(f"{part}-images-idx3-ubyte.gz"))
    n, height, width = whole.shape
    small = whole.reshape(n, height // 2, 2, width // 2, 2).mean(axis=(2, 4), dtype=np.float32).reshape(n, -1)
    labels = read_idx(_find(f"{part}-labels-idx1-ubyte.gz")).astype(np.int64)
    return Pictures((small - small.mean()) / small.std(), labels)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a compressed IDX file of bytes.

    Raises
    ------
    InputError
        The file cannot be read or is no such file.
    """
    try:
        data = gzip.decompress(path.read_bytes())
        _, kind, axes = struct.unpack(">HBB", data[:4])
        shape = struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes])
        values = np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)
    except (OSError, EOFError, struct.error, ValueError) as error:
        raise InputError(f"cannot read the file: {error}", file=path) from None
    if kind != _UNSIGNED_BYTES:
        raise InputError("no file of bytes", file=path, field="type", found=kind, expected=str(_UNSIGNED_BYTES))
    return values


def _find(file: str) -> Path:
    for root in data_roots(Path(__file__).with_name("data")):
        for path in (root / file, root / _FOLDER / file):
            if path.is_file():
                return path
    raise InputError("these pictures are not shipped", found=file, expected=f"{_FOLDER}/{file}; {where_to_look()}")
