"""Latencies of 5,000 chains of the FBNet space, 22 layers of nine blocks, on 27 devices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from braess.domains.architecture.tables.files import Ints, read_arrays
from braess.problem.evaluations import Floats

BLOCKS: Final = ("k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip")
LAYERS: Final = 22
_STAGES = ((16, 1, 1), (24, 4, 2), (32, 4, 2), (64, 4, 2), (112, 4, 1), (184, 4, 2), (352, 1, 1))  # channels, layers, stride


@dataclass(frozen=True, eq=False)
class TimedChains:
    """The designs that were timed, a random part of the 9^22.

    Parameters
    ----------
    designs
        ``[5000, 22]`` block of each layer, as a place in `BLOCKS` (kernel, expansion, groups).
    latency
        ``[5000, 27]`` milliseconds on each device. Those on eyeriss, fpga, pixel3 and raspi4 are sums of timed blocks, not
        timings of whole networks: they are additive to the last digit.
    devices
        Names of the devices; the number after some is the batch.
    """

    designs: Ints
    latency: Floats
    devices: tuple[str, ...]


@cache
def load() -> TimedChains:
    """Return the table; do not write into its arrays.

    References
    ----------
    Wu et al. (2019), "FBNet", arXiv:1812.03443, for the space; Li et al. (2021), "HW-NAS-Bench", arXiv:2103.10584, and Lee,
    Lee, Chong and Hwang (2021), "HELP", arXiv:2106.08630, https://github.com/HayeonLee/HELP (MIT), for the latencies.
    """
    found = read_arrays("fbnet_latency")
    return TimedChains(
        designs=found["design"].astype(np.int64),
        latency=found["latency_ms"].T.astype(np.float64),
        devices=tuple(map(str, found["devices"])),
    )


@cache
def multiply_adds() -> Ints:
    """Return the multiply-adds of each block in each layer for a picture of 224 pixels a side, ``[22, 9]``.

    Of the searched layers alone, as in table 1 of the paper: seven stages after a stem that halves the picture. A skip costs
    nothing, but where the shape changes it is a 1×1 convolution.
    """
    counts = np.zeros((LAYERS, len(BLOCKS)), dtype=np.int64)
    for layer, (before, after, entering, leaving) in enumerate(shapes()):
        for place, block in enumerate(BLOCKS):
            if block == "skip":
                counts[layer, place] = (before != after or entering != leaving) * before * after * leaving**2
                continue
            kernel, expansion, groups = int(block[1]), int(block[4]), 2 if block.endswith("_g2") else 1
            middle = expansion * before
            pointwise = (before * middle * entering**2 + middle * after * leaving**2) // groups
            counts[layer, place] = pointwise + kernel**2 * middle * leaving**2
    return counts


def shapes() -> list[tuple[int, int, int, int]]:
    """Return the channels before and after and the side of the picture before and after each layer."""
    channels, side, found = 16, 112, []
    for width, repeats, stride in _STAGES:
        for repeat in range(repeats):
            leaving = side // stride if repeat == 0 else side
            found.append((channels, width, side, leaving))
            channels, side = width, leaving
    return found
