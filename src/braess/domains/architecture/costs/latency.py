"""Time that a network takes, measured on this machine."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from scipy import stats
from torch import nn

from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.training.fit import one_thread

_LONG_ENOUGH = 1e-3  # seconds: what is shorter is run several times between two looks at the clock
_alone = threading.Lock()  # two measurements at once would measure each other


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
