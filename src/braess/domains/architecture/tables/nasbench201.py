"""NAS-Bench-201: every cell of six edges with five operations, trained on three data sets, timed on 27 devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from braess.domains.architecture.tables.files import Ints, every_row, place_of, read_arrays
from braess.errors import InputError
from braess.problem.evaluations import Floats

OPERATIONS: Final = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES: Final = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # from node, to node; 0 is the input, 3 the output
DATASETS: Final = ("cifar10", "cifar100", "imagenet16-120")

_NONE, _SKIP, _CONV1, _CONV3 = range(4)
_CELLS = len(OPERATIONS) ** len(EDGES)
_WIDTHS = (16, 32, 64)  # channels of the three stages, at 32, 16 and 8 pixels
_PIXELS = (32 * 32, 16 * 16, 8 * 8)
_REPEATS = 5  # cells in a stage
_CLASSES = 10


@dataclass(frozen=True, eq=False)
class CellTable:
    """All 15,625 cells in the order of their operations, the last edge fastest.

    Parameters
    ----------
    designs
        ``[15625, 6]`` operation on each of `EDGES`, as a place in `OPERATIONS`.
    accuracy
        ``[15625, 3]`` test accuracy in % on each of `DATASETS` after 200 epochs, mean over seeds; NaN where not read.
    latency
        ``[15625, 27]`` milliseconds on each device.
    devices
        Names of the devices; the number after some is the batch.
    flops
        ``[15625]`` multiply-adds of the network for one picture of CIFAR-10 (the field calls them FLOPs).
    parameters
        ``[15625]`` weights of that network.
    isomorphism_class
        ``[15625]`` place of the cell that stands for all that compute the same function; see `isomorphism_classes`.
    """

    designs: Ints
    accuracy: Floats
    latency: Floats
    devices: tuple[str, ...]
    flops: Ints
    parameters: Ints
    isomorphism_class: Ints


@cache
def load(*, accuracy: bool = True) -> CellTable:
    """Return the table; do not write into its arrays.

    Parameters
    ----------
    accuracy
        Whether accuracies are wanted: they are not shipped but read from ``nas/nasbench201.npz`` in the folder that
        ``BRAESS_DATA`` names (arrays ``design [15625, 6]`` and ``test_accuracy [15625, 3]`` in any order of rows).

    Raises
    ------
    InputError
        The file of accuracies is not there or is no such file.

    References
    ----------
    Dong and Yang (2020), "NAS-Bench-201", arXiv:2001.00326. Latencies: Lee, Lee, Chong and Hwang (2021), "HELP",
    arXiv:2106.08630, https://github.com/HayeonLee/HELP.
    """
    timed = read_arrays("nasbench201_latency")
    designs = every_row(len(OPERATIONS), len(EDGES))
    return CellTable(
        designs=designs,
        accuracy=_accuracy() if accuracy else np.full((_CELLS, len(DATASETS)), np.nan),
        latency=timed["latency_ms"].T.astype(np.float64),
        devices=tuple(map(str, timed["devices"])),
        flops=multiply_adds(designs),
        parameters=parameters(designs),
        isomorphism_class=isomorphism_classes(),
    )


def multiply_adds(designs: NDArray[np.integer]) -> Ints:
    """Count the multiply-adds of the CIFAR-10 networks of cells ``[n, 6]``, ``[n]``.

    Stem, three stages of five cells with two residual blocks between, and a classifier (Dong and Yang 2020, section 3);
    convolutions on edges that reach nothing are counted, as the authors do.
    """
    squares = sum(width * width * pixels for width, pixels in zip(_WIDTHS, _PIXELS, strict=True)) * _REPEATS
    fixed = 3 * 9 * _WIDTHS[0] * _PIXELS[0] + _WIDTHS[-1] * _CLASSES + _CLASSES
    for (before, after), pixels in zip(pairwise(_WIDTHS), _PIXELS[1:], strict=True):
        fixed += (9 * before * after + 9 * after * after + before * after) * pixels
    return np.asarray(fixed + squares * _area(designs))


def parameters(designs: NDArray[np.integer]) -> Ints:
    """Count the weights of the CIFAR-10 networks of cells ``[n, 6]``, ``[n]``; see `multiply_adds`."""
    squares = sum(width * width for width in _WIDTHS) * _REPEATS
    norms = sum(2 * width for width in _WIDTHS) * _REPEATS
    fixed = 3 * 9 * _WIDTHS[0] + 2 * _WIDTHS[0] + 2 * _WIDTHS[-1] + _WIDTHS[-1] * _CLASSES + _CLASSES
    for before, after in pairwise(_WIDTHS):
        fixed += 9 * before * after + 9 * after * after + before * after + 4 * after
    convolutions = np.isin(designs, (_CONV1, _CONV3)).sum(axis=1)
    return np.asarray(fixed + squares * _area(designs) + norms * convolutions)


@cache
def isomorphism_classes() -> Ints:
    """Return for each cell the place of the one that stands for its class, ``[15625]``: of fewest multiply-adds, then first.

    Cells of a class compute the same function of their input and weights. Zeros vanish from sums, an identity passes on what
    comes to it, and sums do not care for order: two cells are the same when the terms summed at the output are, each an
    operation on a node that is itself a sum of terms; of nothing comes nothing, as the benchmark has it (the constant that a
    normalisation may learn there is left out). There are 4,930 classes. The benchmark counts 6,466, each within one of
    these: its texts of cells keep zeros, and sums that come through an identity stay apart.
    """
    designs = every_row(len(OPERATIONS), len(EDGES))
    terms: dict[tuple[object, ...], int] = {}
    outputs: dict[tuple[int, ...], int] = {}
    classes = np.array([outputs.setdefault(_output(row, terms), len(outputs)) for row in designs.tolist()])
    order = np.lexsort((np.arange(_CELLS), _area(designs), classes))
    _, first = np.unique(classes[order], return_index=True)
    return np.asarray(order[first][classes])


def _output(cell: Sequence[int], terms: dict[tuple[object, ...], int]) -> tuple[int, ...]:
    """Return the terms summed at the output of a cell, sorted; each term has a number in ``terms``."""
    nodes: list[tuple[int, ...]] = [(terms.setdefault(("input",), 0),), (), (), ()]
    for operation, (source, target) in zip(cell, EDGES, strict=True):
        if operation == _SKIP:
            nodes[target] += nodes[source]
        elif operation != _NONE and nodes[source]:
            nodes[target] += (terms.setdefault((operation, *sorted(nodes[source])), len(terms)),)
    return tuple(sorted(nodes[-1]))


def _area(designs: NDArray[np.integer]) -> Ints:
    """Return the summed kernel areas of the convolutions of cells ``[n, 6]``, ``[n]``."""
    return np.asarray((designs == _CONV1).sum(axis=1) + 9 * (designs == _CONV3).sum(axis=1))


def _accuracy() -> Floats:
    found = read_arrays("nasbench201", ("design", "test_accuracy"))
    designs, accuracy = found["design"], found["test_accuracy"]
    shapes = (designs.shape, accuracy.shape)
    if shapes != ((_CELLS, len(EDGES)), (_CELLS, len(DATASETS))):
        raise InputError("arrays of other shapes", file="nasbench201.npz", found=shapes, expected="[15625, 6], [15625, 3]")
    order = np.argsort(place_of(designs, len(OPERATIONS)))
    if not np.array_equal(designs[order], every_row(len(OPERATIONS), len(EDGES))):
        raise InputError("not every cell once", file="nasbench201.npz", field="design")
    return np.asarray(accuracy[order], dtype=np.float64)
