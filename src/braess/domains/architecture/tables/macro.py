"""NAS-Bench-Macro: every chain of eight layers with three blocks each, trained three times on CIFAR-10."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from braess.domains.architecture.tables.files import Ints, every_row, read_arrays
from braess.problem.evaluations import Floats

BLOCKS: Final = ("identity", "k3_e3", "k5_e6")  # inverted residuals: kernel, expansion
LAYERS: Final = 8


@dataclass(frozen=True, eq=False)
class ChainTable:
    """All 6,561 networks in the order of their blocks, the last layer fastest.

    Parameters
    ----------
    designs
        ``[6561, 8]`` block of each layer, as a place in `BLOCKS`.
    accuracy
        ``[6561, 3]`` test accuracy in % of three trainings.
    parameters
        ``[6561]`` weights.
    flops
        ``[6561]`` multiply-adds for one picture.
    """

    designs: Ints
    accuracy: Floats
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
    return ChainTable(
        designs=every_row(len(BLOCKS), LAYERS),
        accuracy=found["correct"] / 100,  # of 10,000 pictures
        parameters=found["parameters"].astype(np.int64),
        flops=found["flops"].astype(np.int64),
    )
