"""NAS-Bench-Macro: every chain of eight layers with three blocks each, trained three times on CIFAR-10."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from braess.domains.architecture.tables.files import Ints, every_row, place_of, read_arrays
from braess.problem.evaluations import Floats

BLOCKS: Final = ("identity", "k3_e3", "k5_e6")  # inverted residuals: kernel, expansion
LAYERS: Final = 8
STAGES: Final = (2, 3, 3)  # layers; the first of a stage changes the shape, whichever block it has


@dataclass(frozen=True, eq=False)
class ChainTable:
    """All 6,561 networks in the order of their blocks, the last layer fastest.

    Parameters
    ----------
    designs
        ``[6561, 8]`` block of each layer, as a place in `BLOCKS`.
    accuracy
        ``[6561, 3]`` test accuracy in % of three trainings.
    canonical
        ``[6561]`` row of the network in which the identities of each stage come last: the same one, and 3,969 differ.
    parameters
        ``[6561]`` weights.
    flops
        ``[6561]`` multiply-adds for one picture.
    """

    designs: Ints
    accuracy: Floats
    canonical: Ints
    parameters: Ints
    flops: Ints


@cache
def load() -> ChainTable:
    """Return the table; do not write into its arrays.

    References
    ----------
    Su, Huang, Li, You, Wang, Qian, Zhang and Xu (2021), "Prioritized architecture sampling with Monto-Carlo tree search",
    arXiv:2103.11922; `data/nas-bench-macro_cifar10.json` of https://github.com/xiusu/NAS-Bench-Macro (Apache-2.0).
    """
    found = read_arrays("nas_bench_macro")
    designs = every_row(len(BLOCKS), LAYERS)
    return ChainTable(
        designs=designs,
        accuracy=found["correct"] / 100,  # of 10,000 pictures
        canonical=place_of(identities_last(designs), len(BLOCKS)),
        parameters=found["parameters"].astype(np.int64),
        flops=found["flops"].astype(np.int64),
    )


def identities_last(designs: Ints) -> Ints:
    """Return the same networks ``[n, 8]``, written with the identities of each stage last, save that of its first layer."""
    parts, start = [], 0
    for layers in STAGES:
        first, others = designs[:, start : start + 1], designs[:, start + 1 : start + layers]
        order = np.argsort(others == 0, axis=1, kind="stable")
        parts += [first, np.take_along_axis(others, order, axis=1)]
        start += layers
    return np.hstack(parts)
