"""What of the machine a training uses: PyTorch's global generators, put back afterwards, and memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_RSS_UNIT = 1.0 if sys.platform == "darwin" else 1024.0  # of what the system calls the largest resident set, in bytes


@contextmanager
def drawing_from(generator: torch.Generator, device: torch.device | None = None) -> Iterator[None]:
    """Let PyTorch's global generators (dropout and the like) be one of our own for a while; they are put back as they were.

    Parameters
    ----------
    generator
        Goes on where what is drawn inside ends.
    device
        An accelerator whose generator is seeded from ours.
    """
    cuda = [device] if device is not None and device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        if cuda:
            torch.cuda.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        torch.default_generator.set_state(generator.get_state())
        try:
            yield
        finally:
            generator.set_state(torch.default_generator.get_state())


def forget_peak(device: torch.device) -> None:
    """Forget how much memory of an accelerator was in use."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak(device: torch.device) -> float:
    """Return the most bytes in use: on an accelerator since last forgotten, else in this process at any time."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # not on Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
