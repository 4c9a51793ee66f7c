"""Time that a network takes, measured on this machine."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import nn

from braess.domains.architecture.training.fit import one_thread
from braess.errors import InputError

_LONG_ENOUGH = 1e-3  # seconds: what is shorter is run several times between two looks at the clock
_alone = threading.Lock()  # two measurements at once would measure each other


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How time is measured: on one core, after warming up, as the mean of repeated runs without the extremes.

    Parameters
    ----------
    batch
        Images scored at once.
    warm
        Runs before the clock is looked at.
    repeats
        Runs that are timed; one that takes less than a millisecond is several.
    trim
        Share of the shortest and of the longest runs that are left out of the mean.
    """

    batch: int = 1
    warm: int = 5
    repeats: int = 30
    trim: float = 0.2

    def __post_init__(self) -> None:
        """Check the numbers."""
        bounds = {
            "batch": (self.batch >= 1, "at least 1"),
            "warm": (self.warm >= 1, "at least 1"),
            "repeats": (self.repeats >= 1, "at least 1"),
            "trim": (0 <= self.trim < 0.5, "from 0 to below 0.5"),
        }
        for field, (right, expected) in bounds.items():
            if not right:
                raise InputError("impossible setting", field=field, found=getattr(self, field), expected=expected)


def latency(network: nn.Module, shape: tuple[int, ...], timing: Timing) -> float:
    """Measure how many milliseconds a network takes for a batch.

    The thread is kept on one core and torch on this thread; other measurements of the process wait. What else the machine does
    still shows, so leave it idle for figures that are to be compared.

    Parameters
    ----------
    network
        Is put into evaluation mode.
    shape
        Of one input, such as channels, height and width.
    timing
        How.
    """
    x = torch.zeros(timing.batch, *shape)
    network.eval()
    with _alone, one_thread(), _one_core(), torch.inference_mode():
        for _ in range(timing.warm):
            began = time.perf_counter()
            network(x)
            once = time.perf_counter() - began
        runs = max(1, math.ceil(_LONG_ENOUGH / max(once, 1e-9)))
        seconds = np.empty(timing.repeats)
        for i in range(timing.repeats):
            began = time.perf_counter()
            for _ in range(runs):
                network(x)
            seconds[i] = (time.perf_counter() - began) / runs
    return 1e3 * float(stats.trim_mean(seconds, timing.trim))


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep the calling thread on one of the cores that it may use, where the system knows how."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
