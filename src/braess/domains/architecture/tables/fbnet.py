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


@dataclass(frozen=True, eq=False)
class FBNetLatency:
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
def load() -> FBNetLatency:
    """Return the table; do not write into its arrays.

    References
    ----------
    Wu et al. (2019), "FBNet", arXiv:1812.03443, for the space; Li et al. (2021), "HW-NAS-Bench", arXiv:2103.10584, and Lee,
    Lee, Chong and Hwang (2021), "HELP", arXiv:2106.08630, https://github.com/HayeonLee/HELP (MIT), for the latencies.
    """
    found = read_arrays("fbnet_latency")
    return FBNetLatency(
        designs=found["design"].astype(np.int64),
        latency=found["latency_ms"].T.astype(np.float64),
        devices=tuple(map(str, found["devices"])),
    )
