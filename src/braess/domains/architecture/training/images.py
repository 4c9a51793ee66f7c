"""Images with labels, cut into parts to train on, to choose by and to test on at the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from braess.data_folder import VARIABLE, data_roots, where_to_look
from braess.domains.architecture.training.fashion_mnist import FOLDER, read_fashion_mnist
from braess.errors import InputError, nearest
from braess.learn.preparation import cache_folder

Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]
Raw = tuple[NDArray[np.uint8], Labels]  # [n, channels, height, width] from 0 to 255, and labels [n]

_CIFAR = Path("images", "cifar10", "cifar10_25k_jpeg.npz")
_SPLIT = 201_703  # seed of what goes where: the same for everybody, so that results can be compared


@dataclass(frozen=True, eq=False)
class Labelled:
    """Some images with labels.

    Parameters
    ----------
    pixels
        ``[n, channels, height, width]``, standardised by channel.
    labels
        ``[n]`` from 0 on.
    """

    pixels: Pixels
    labels: Labels

    def __len__(self) -> int:
        """Number of images."""
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Images:
    """Three sets of images without overlap.

    Parameters
    ----------
    name
        Where they come from.
    classes
        Number of classes.
    training, validation, test
        To fit weights to, to choose designs by, and to judge the choice by in the end, which nothing may look at before.
    """

    name: str
    classes: int
    training: Labelled
    validation: Labelled
    test: Labelled

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.training.pixels.shape[1:]
        return channels, height, width


def load_images(
    name: str, *, training: int | None = None, validation: int = 5_000, test: int | None = None, pooled: int = 1
) -> Images:
    """Load images known by name.

    Which images are for training and which for validation is drawn once for all: the same numbers give the same parts, and more
    for training adds to those there were.

    Parameters
    ----------
    name
        ``fashion-mnist`` (60,000 and 10,000 of 1 x 28 x 28), ``cifar-10`` (20,000 and 5,000 of 3 x 32 x 32, kept as JPEG, so
        accuracies differ a little from those of the original), or ``stripes``, which is made up and needs no file.
    training, validation
        So many of the images that are given for training; without ``training``, all that are left.
    test
        So many of those that are given for testing; all where left out.
    pooled
        Squares of so many pixels a side are averaged: 2 makes 14 x 14 of 28 x 28.

    Raises
    ------
    InputError
        There is no such name, the files are not there or not as they should be, or there are too few images.

    References
    ----------
    Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    arXiv:1708.07747; Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """
    if name not in _SOURCES:
        expected = f"one of {', '.join(_SOURCES)}"
        raise InputError(f"no such images{nearest(name, _SOURCES)}", field="images", found=name, expected=expected)
    (pixels, labels), (test_pixels, test_labels) = _SOURCES[name]()
    sizes = {"training": len(labels) - validation if training is None else training, "validation": validation}
    sizes["test"] = len(test_labels) if test is None else test
    for field, found in sizes.items():
        if found < 1:
            raise InputError("no images are left", field=field, found=found, expected="at least 1")
    if sizes["training"] + validation > len(labels) or sizes["test"] > len(test_labels):
        expected = f"{len(labels):,} for training and validation, {len(test_labels):,} for testing"
        raise InputError("there are not so many images", field="training, validation, test", found=sizes, expected=expected)
    order = np.random.default_rng(_SPLIT).permutation(len(labels))
    rows, held = order[validation : validation + sizes["training"]], order[:validation]
    fitted, chosen = (_averaged(pixels[some], pooled) for some in (rows, held))
    judged = _averaged(test_pixels[: sizes["test"]], pooled)
    mean, spread = fitted.mean(axis=(0, 2, 3), keepdims=True), fitted.std(axis=(0, 2, 3), keepdims=True)
    scaled = [((part - mean) / spread).astype(np.float32) for part in (fitted, chosen, judged)]
    parts = [labels[rows], labels[held], test_labels[: sizes["test"]]]
    sets = [Labelled(part, truth) for part, truth in zip(scaled, parts, strict=True)]
    return Images(name, int(labels.max()) + 1, *sets)


def _averaged(pixels: NDArray[np.uint8], side: int) -> Pixels:
    """Average squares of pixels: ``[n, c, h, w]`` to ``[n, c, h / side, w / side]``."""
    n, channels, height, width = pixels.shape
    if side < 1 or height % side or width % side:
        expected = f"a divisor of {height} and {width}"
        raise InputError("squares do not fill the images", field="pooled", found=side, expected=expected)
    cut = pixels.reshape(n, channels, height // side, side, width // side, side)
    averaged: Pixels = cut.mean(axis=(3, 5), dtype=np.float32)
    return averaged


def _fashion_mnist() -> tuple[Raw, Raw]:
    for root in data_roots(cache_folder()):
        if (root / FOLDER).is_dir():
            return read_fashion_mnist(root / FOLDER, "train"), read_fashion_mnist(root / FOLDER, "t10k")
    expected = (
        f"the folder {FOLDER.as_posix()} in that of {VARIABLE} or in the cache, "
        "where braess.domains.architecture.training.download_fashion_mnist() puts it"
    )
    raise InputError("these images are not shipped", field="images", found="fashion-mnist", expected=expected)


def _cifar() -> tuple[Raw, Raw]:
    for root in data_roots(cache_folder()):
        if (root / _CIFAR).is_file():
            return _decoded(root / _CIFAR, "train"), _decoded(root / _CIFAR, "test")
    expected = f"{_CIFAR.as_posix()}; {where_to_look()}"
    raise InputError("these images are not shipped", field="images", found="cifar-10", expected=expected)


def _decoded(path: Path, part: str) -> Raw:
    """Decode the JPEGs of one part of an npz: bytes one after another, where each begins and the last ends, and labels."""
    from PIL import Image

    try:
        with np.load(path) as data:
            data_bytes, offsets = data[f"{part}_jpeg"].tobytes(), data[f"{part}_offset"]
            labels = data[f"{part}_label"].astype(np.int64)
        pixels = np.empty((len(labels), 32, 32, 3), dtype=np.uint8)
        for i, (start, end) in enumerate(pairwise(offsets)):
            with Image.open(io.BytesIO(data_bytes[start:end])) as image:
                pixels[i] = np.asarray(image.convert("RGB"))
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"these are no images of CIFAR-10: {error}", file=path) from None
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), labels


def _stripes() -> tuple[Raw, Raw]:
    """Make 2,400 and 600 noisy images of 1 x 14 x 14: stripes in four directions, of any phase and one of two widths."""
    rng = np.random.default_rng(_SPLIT)
    labels = rng.integers(4, size=3_000)
    angle, phase = labels * (np.pi / 4), rng.uniform(0, 2 * np.pi, size=(3_000, 1, 1))
    frequency = rng.choice([0.9, 1.4], size=(3_000, 1, 1))
    y, x = np.mgrid[:14, :14]
    along = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    values = 128 + 60 * np.sin(frequency * along + phase) + rng.normal(scale=50, size=(3_000, 14, 14))
    pixels = np.clip(values, 0, 255).astype(np.uint8)[:, None]
    return (pixels[:2_400], labels[:2_400]), (pixels[2_400:], labels[2_400:])


_SOURCES: dict[str, Callable[[], tuple[Raw, Raw]]] = {
    "fashion-mnist": _fashion_mnist,
    "cifar-10": _cifar,
    "stripes": _stripes,
}
